"""What the service model demands of a value, and where it is violated."""

import copy
import json
import math
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from spanglass.model.constraints import (
    DEPTH_MAX,
    SHOWN_CHARS_MAX,
    VIOLATIONS_MAX,
    Violation,
    pruned,
    validation_message,
    violations,
)
from spanglass.model.shapes import DOCUMENT_DEPTH_MAX

ID = "6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11"
REQUEST = {"assistantId": ID, "sessionId": ID}
SPAN: dict[str, Any] = {
    "spanId": ID,
    "assistantId": ID,
    "sessionId": ID,
    "spanName": "inference",
    "spanType": "CLIENT",
    "startTimestamp": 1_700_000_000.123,
    "endTimestamp": 1_700_000_001,
    "status": "OK",
    "requestId": ID,
    "attributes": {
        "temperature": 0.5,
        "inputMessages": [
            {"messageId": ID, "participant": "CUSTOMER", "timestamp": 0, "values": [{"text": {"value": "Hello"}}]}
        ],
    },
}


def told(shape: str, value: object) -> str:
    return validation_message(violations(shape, value))


def tool_results(count: int, innermost: object) -> object:
    value = innermost
    for _ in range(count):
        value = {"toolResult": {"toolUseId": ID, "values": [value]}}
    return value


def test_sound_request_and_span() -> None:
    """What the service model allows violates nothing."""
    assert violations("ListSpansRequest", REQUEST | {"maxResults": 100, "nextToken": "x" * 2048}) == []
    assert violations("ListSpansResponse", {"spans": [SPAN], "nextToken": None}) == []


def test_message_of_one_violation() -> None:
    """One violation reads as AWS words it."""
    assert told("ListSpansRequest", REQUEST | {"maxResults": 101}) == (
        "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 100"
    )


def test_message_of_several_violations() -> None:
    """All violated constraints are told at once, counted and joined by semicolons."""
    request = {"assistantId": "x", "maxResults": 0, "nextToken": ""}
    uuid = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"
    assert told("ListSpansRequest", request) == (
        "4 validation errors detected: Value 'x' at 'assistantId' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {uuid}$|^arn:[a-z-]*?:wisdom:[a-z0-9-]*?:[0-9]{{12}}:"
        f"[a-z-]*?/{uuid}(?:/{uuid}){{0,2}}; "
        "Value null at 'sessionId' failed to satisfy constraint: Member must not be null; "
        "Value '' at 'nextToken' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value '0' at 'maxResults' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_paths_count_list_members_from_one() -> None:
    """A violation names its place as AWS does, from the place of the value itself on."""
    span = copy.deepcopy(SPAN)
    span["spanType"] = "PRODUCER"
    span["attributes"]["inputMessages"][0]["values"].append({"toolResult": {"toolUseId": "x", "values": []}})
    prefix = "spans.1.member.attributes.inputMessages.1.member.values.2.member.toolResult"
    assert [violation.path for violation in violations("SpanList", [span], "spans")] == [
        "spans.1.member.spanType",
        f"{prefix}.toolUseId",
        f"{prefix}.values",
    ]


@pytest.mark.parametrize("name", sorted(SPAN))
@pytest.mark.parametrize("null", [True, False])
def test_required_members(name: str, null: bool) -> None:  # noqa: FBT001 (a test's parameter)
    """A required member that is absent or null is named, composite ones too."""
    span = {key: value for key, value in SPAN.items() if key != name} | ({name: None} if null else {})
    assert violations("Span", span) == [Violation(name, "Member must not be null", "null")]


def test_arguments_may_be_null_but_not_absent() -> None:
    """A document's null is a value: a tool may take no arguments, but the member must be there."""
    use = {"toolUseId": ID, "name": "tool"}
    assert violations("SpanToolUseValue", use | {"arguments": None}) == []
    assert [str(violation) for violation in violations("SpanToolUseValue", use)] == [
        "Value at 'arguments' failed to satisfy constraint: Member must not be null"
    ]


def test_mistyped_values_are_marked_and_not_entered() -> None:
    """A value of another JSON type is one violation, whatever stands in it, and can be told from a broken bound."""
    assert violations("Span", SPAN | {"attributes": ["secret"]}) == [
        Violation("attributes", "Member must be an object", "", mistyped=True)
    ]
    (union,) = violations("SpanMessageValue", {"text": {}, "reasoning": {}})
    assert union.mistyped


def test_sensitive_values_are_not_shown() -> None:
    """What people and models said, and documents, never stand in a message."""
    found = violations("SpanTextValue", {"value": "secret" * 1000, "citations": [{"title": ["secret"]}]})
    found += violations("SpanToolUseValue", {"toolUseId": ID, "name": "tool", "arguments": {"secret": math.nan}})
    found += violations("SpanMessage", {"messageId": ["secret"], "participant": {"secret": 1}, "values": ["secret"]})
    assert len(found) == 7
    assert "secret" not in validation_message([one for one in found if "values" not in one.path])


def test_shown_values_are_bounded() -> None:
    """A message repeats a bounded piece of the value, and of numbers only those with a short form."""
    (long,) = violations("Uuid", "x" * 10_000)
    assert long.shown == f"'{'x' * SHOWN_CHARS_MAX}'"
    assert [violations("Uuid", value)[0].shown for value in (1.5, True, -1, 10**5000, math.inf, math.nan)] == [
        "'1.5'",
        "'true'",
        "'-1'",
        "",
        "",
        "",
    ]


def test_lone_surrogates_are_replaced() -> None:
    """A message can always be encoded."""
    assert told("Uuid", "\ud800").encode().startswith(b"1 validation error detected: Value '?'")


def test_violations_are_bounded() -> None:
    """A small body of many violations has a bounded answer."""
    assert len(violations("SpanCitationList", [1] * 1_000_000)) == VIOLATIONS_MAX


def test_endless_tool_results() -> None:
    """Tool results nested ten thousand levels deep are one violation, and no crash."""
    (violation,) = violations("SpanMessageValue", tool_results(10_000, {"text": {"value": "x"}}))
    assert violation.constraint == f"Member must have depth less than or equal to {DEPTH_MAX}"


def test_clients_read_the_deepest_span() -> None:
    """Whatever is not too deep here, boto3 reads."""
    document: object = {}
    for _ in range(DOCUMENT_DEPTH_MAX - 1):
        document = [document]
    use = {"toolUse": {"toolUseId": ID, "name": "tool", "arguments": document}}
    span = SPAN | {"attributes": {"systemInstructions": [tool_results(40, use)]}}
    body = {"spans": [span]}
    assert violations("ListSpansResponse", body) == []
    deeper = SPAN | {"attributes": {"systemInstructions": [tool_results(41, use)]}}
    assert violations("ListSpansResponse", {"spans": [deeper]}) != []
    shape = ServiceModel(Loader().load_service_model("qconnect", "service-2")).operation_model("ListSpans").output_shape
    response = {"body": json.dumps(body).encode(), "headers": {}, "status_code": 200}
    (read,) = create_parser("rest-json").parse(response, shape)["spans"]
    assert read["attributes"]["systemInstructions"] == span["attributes"]["systemInstructions"]


def test_a_map_is_judged_by_keys_and_values() -> None:
    """Keys and values of a map break the constraints of their shapes; their paths do not repeat the key."""
    assert violations("Tags", {"team": "blue"}) == []
    found = violations("Tags", {"": "x" * 257, "a": None}, "tags")
    assert [(violation.path, violation.constraint) for violation in found] == [
        ("tags.key", "Member must have length greater than or equal to 1"),
        ("tags.key", "Member must satisfy regular expression pattern: (?!aws:)[a-zA-Z+-=._:/]+"),
        ("tags.value", "Member must have length less than or equal to 256"),
        ("tags.value", "Member must not be null"),
    ]
    assert "Member must be an object" in told("Tags", ["team"])


def test_unknown_members_are_named_on_request() -> None:
    """The protocol passes over what a structure does not know; a strict walk names it, at any depth."""
    span = SPAN | {"newer": 1, "attributes": {"newer": {}, "x" * 300: 1}}
    assert violations("Span", span) == []
    paths = {violation.path for violation in violations("Span", span, "span", strict=True)}
    assert paths == {"span.newer", "span.attributes.newer", f"span.attributes.{'x' * SHOWN_CHARS_MAX}"}


def test_pruned_values_hold_what_the_shape_knows() -> None:
    """Unknown members and nulls are left out at any depth; documents stay as they are, null included."""
    use = {"toolUse": {"toolUseId": ID, "name": "t", "arguments": None, "newer": 1}, "text": None, "__type": "x"}
    message = {"messageId": ID, "participant": "BOT", "timestamp": 0, "values": [use], "newer": None}
    assert pruned("SpanMessage", message) == {
        "messageId": ID,
        "participant": "BOT",
        "timestamp": 0,
        "values": [{"toolUse": {"toolUseId": ID, "name": "t", "arguments": None}}],
    }
    configuration = {"ORCHESTRATION": {"aiAgentId": ID, "newer": 1, "enabled": None}}
    assert pruned("AIAgentConfigurationMap", configuration) == {"ORCHESTRATION": {"aiAgentId": ID}}
    assert pruned("Tags", {"a": "b"}) == {"a": "b"}
