"""What holds answers against the service model finds what is wrong with one."""

import copy
from typing import Any, TypeAlias

import pytest

from tests.clients.spans import ASSISTANT, FULL, FULL_SPAN
from tests.service_model import faults, operation_at

Json: TypeAlias = Any

ANSWER: Json = {"spans": [FULL_SPAN | {"assistantId": ASSISTANT, "sessionId": FULL}], "nextToken": "t"}


def _changed(path: str, value: Json) -> Json:
    answer = copy.deepcopy(ANSWER)
    at = answer["spans"][0]
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return answer


def test_what_the_model_allows_has_no_faults() -> None:
    """An answer with every member passes, an empty one too."""
    assert faults("ListSpans", 200, None, ANSWER) == []
    assert faults("ListSpans", 200, None, {"spans": []}) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("traceId", "1"),
        ("spanId", None),
        ("spanId", "33BF05A7-22C1-47FB-AAAE-54E6DE82CBA0"),
        ("status", "Ok"),
        ("statusDescription", "x" * 1025),
        ("startTimestamp", "2025-12-02T00:00:00Z"),
        ("startTimestamp", 1_764_700_000_123),
        ("attributes.temperature", 1.3),
        ("attributes.promptVersion", 1 << 31),
        ("attributes.promptVersion", 1.5),
        ("attributes.toolName", "x"),
        ("attributes.responseFinishReasons", ["x"] * 11),
        ("attributes.systemInstructions", []),
        ("attributes.systemInstructions", [{}]),
        ("attributes.systemInstructions", [{"text": {"value": "x"}, "reasoning": {"value": "x"}}]),
        ("attributes.systemInstructions", [{"text": {"value": ""}}]),
        ("attributes.inputMessages.0.participant", "USER"),
        ("attributes.inputMessages.3.values.0.toolResult.values.1.toolResult.values.0.toolResult.more", 1),
        ("attributes.guardrailAssessments.0.policies.0.policyType", "OTHER"),
    ],
)
def test_what_the_model_forbids_is_found(path: str, value: Json) -> None:
    """Unknown, missing and mistyped members, enumerations, patterns and bounds are found, in any depth."""
    [fault] = faults("ListSpans", 200, None, _changed(path, value))
    assert fault.startswith("ListSpans[")


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (201, None, ANSWER),
        (404, "ValidationException", {"message": "m"}),
        (404, "ResourceNotFoundException", {"message": "m", "resourceId": "x"}),
        (404, "NotFound", {"message": "m"}),
        (403, "UnknownOperationException", {"message": "m"}),
        (404, "UnknownOperationException", {"message": "m", "more": 1}),
        (404, "UnknownOperationException", []),
    ],
)
def test_a_wrong_answer_is_found(status: int, code: str | None, body: Json) -> None:
    """So are wrong statuses, errors that nobody knows, and members that an error does not have."""
    assert len(faults("ListSpans", status, code, body)) == 1


def test_requests_are_told_apart_by_their_path() -> None:
    """A label is one segment, and the method counts."""
    assert operation_at("GET", f"/assistants/{ASSISTANT}/sessions/{FULL}/spans") == "ListSpans"
    assert operation_at("GET", "/assistants/arn%3Aaws%2Fx/sessions/y/spans/") == "ListSpans"
    assert operation_at("GET", "/assistants/a/b/sessions/y/spans") is None
    assert operation_at("POST", f"/assistants/{ASSISTANT}/sessions/{FULL}/spans") is None
    assert operation_at("GET", f"/assistants/{ASSISTANT}") == "GetAssistant"
