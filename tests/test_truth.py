"""The judge of recorded sessions: it must find what is wrong, and excuse no more than it has to."""

import copy
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.captures import CAPTURES, UNSENT, session, truth_path, without
from tests.truth import Tokens, compare, expected

CAPTURE = "strands/bedrock_latest_attrs_tools_refusal"
Spans = list[dict[str, Any]]


@pytest.fixture(scope="module")
def shown() -> Spans:
    """Return the spans of a session without excuses, in order."""
    spans = session(CAPTURE)
    return sorted(spans, key=lambda span: (span["startTimestamp"], span["spanId"]))


def judged(spans: Spans) -> list[str]:
    """Compare spans with what happened."""
    return compare(expected(truth_path(CAPTURE)), spans)


def of(spans: Spans, operation: str) -> dict[str, Any]:
    """Return the last span of an operation."""
    return [span for span in spans if span["attributes"]["operationName"] == operation][-1]


def test_timestamps_may_be_datetimes(shown: Spans) -> None:
    """Spans are judged as boto3 returns them."""
    for span in (spans := copy.deepcopy(shown)):
        span["startTimestamp"] = dt.datetime.fromtimestamp(span["startTimestamp"], dt.UTC)
    assert judged(spans) == []


def _forget(operation: str, member: str) -> Callable[[Spans], object]:
    return lambda spans: of(spans, operation)["attributes"].pop(member)


def _put(operation: str, **members: object) -> Callable[[Spans], object]:
    return lambda spans: of(spans, operation).update(members)


def _result(spans: Spans) -> dict[str, Any]:
    message: dict[str, Any] = of(spans, "execute_tool")["attributes"]["outputMessages"][0]
    found: dict[str, Any] = message["values"][0]["toolResult"]
    return found


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda spans: spans.remove(of(spans, "inference")), "inferences shown"),
        (lambda spans: spans.append(of(spans, "inference")), "shown twice"),
        (lambda spans: spans.remove(of(spans, "execute_tool")), "tool runs shown"),
        (lambda spans: spans.remove(of(spans, "invoke_agent")), "below no span"),
        (_put("invoke_agent", parentSpanId="x"), "below no span"),
        (_put("inference", status="ERROR"), "status"),
        (_forget("inference", "requestModel"), "model"),
        (_forget("inference", "systemInstructions"), "instructions"),
        (lambda spans: of(spans, "inference")["attributes"]["inputMessages"].pop(), "inputs"),
        (lambda spans: of(spans, "inference")["attributes"]["inputMessages"].reverse(), "inputs"),
        (_forget("inference", "outputMessages"), "outputs"),
        (_forget("inference", "responseFinishReasons"), "finish reasons"),
        (_forget("inference", "cacheReadInputTokens"), "tokens"),
        (_put("execute_tool", status="OK"), "status"),
        (lambda spans: _result(spans).update(error="?"), "errors"),
        (lambda spans: _result(spans).update(toolUseId="?"), "another use"),
        (lambda spans: of(spans, "execute_tool")["attributes"]["inputMessages"][0]["values"][0]["toolUse"].update(
            toolUseId="?"), "no inference"),
        (lambda spans: of(spans, "execute_tool")["attributes"]["inputMessages"][0]["values"][0]["toolUse"].update(
            arguments={}), "no span of"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(shown: Spans, spoil: Callable[[Spans], object], complaint: str) -> None:
    """Spans that tell what happened pass; any that tells it wrong, twice or not at all does not."""
    spans = copy.deepcopy(shown)
    assert judged(spans) == []
    spoil(spans)
    assert any(complaint in found for found in judged(spans)), judged(spans)


@pytest.mark.parametrize(("whose", "aspect"), [(whose, aspect) for whose in UNSENT for aspect, _ in UNSENT[whose]])
def test_no_excuse_is_idle(whose: str, aspect: str) -> None:
    """Each excuse passes over a difference that is there in some capture of its emitter."""
    mine = [capture for capture in CAPTURES if capture == whose or capture.partition("/")[0] == whose]
    assert any(
        compare(expected(truth_path(capture)), session(capture), without(capture) - {aspect}) for capture in mine
    )


def test_truth_of_gemini_is_read(tmp_path: Path) -> None:
    """Of its log no recording is kept here; calls, answers of tools, thoughts and tokens are read as of the others."""
    question = {"role": "user", "parts": [{"text": "Rain?"}]}
    call = {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"at": "sky"}}}]}
    got = {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"result": "grey"}}}]}
    request = {"contents": [question, call, got], "systemInstruction": {"parts": [{"text": "Be brief."}]}}
    said = {"parts": [{"text": "Grey is rain.", "thought": True}, {"text": "Yes."}]}
    usage = {
        "promptTokenCount": 30,
        "cachedContentTokenCount": 10,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 37,
    }
    response = {"candidates": [{"content": said, "finishReason": "SAFETY"}], "usageMetadata": usage}
    asked = {"api": "gemini", "model": "m", "request": request}
    path = tmp_path / "one.truth.json"
    path.write_text(json.dumps({"sequence": [asked, {"api": "gemini", "response": response}]}))
    (told,) = expected(path).calls
    assert (told.model, told.system, told.status, told.finish_reason) == ("m", ["Be brief."], "OK", "content_filter")
    assert told.inputs == [
        ("CUSTOMER", [("text", "Rain?")]),
        ("BOT", [("toolUse", "look", '{"at": "sky"}')]),
        ("BOT", [("toolResult", "grey")]),
    ]
    assert told.outputs == [("BOT", [("reasoning", "Grey is rain."), ("text", "Yes.")])]
    assert told.tokens == Tokens(20, 7, 10, 0, 37)
