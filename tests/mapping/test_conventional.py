"""Spans that were put, as telemetry: who knows the attribute reads the span that it was, others read what it tells."""

import json
from typing import Any

import msgspec
import pytest

from spanglass.conventions.spanglass import SPAN
from spanglass.mapping.conventional import conventional_span
from spanglass.mapping.received import part
from spanglass.telemetry import Span
from tests.captures import mapper
from tests.mapping.test_received import MESSAGE, PLACE, TOOL_USE
from tests.mapping.test_received import SPAN as PUT

TEXT: Any = {"text": {"value": "Rain"}}
RESULT: Any = {"toolResult": {"toolUseId": PLACE[0], "values": [TEXT], "error": "late"}}
GUARDRAIL: Any = {"guardrailId": "g", "guardrailName": "g", "source": "OUTPUT", "action": "BLOCKED"}
TELLING: Any = PUT | {
    "status": "ERROR",
    "statusDescription": "it rains",
    "parentSpanId": PLACE[0],
    "attributes": {
        "operationName": "inference",
        "requestModel": "m",
        "aiAgentVersion": 3,
        "responseFinishReasons": ["stop"],
        "usageInputTokens": 5,
        "cacheReadInputTokens": 2,
        "usageTotalTokens": 9,
        "guardrailAssessments": [GUARDRAIL],
        "inputMessages": [MESSAGE | {"participant": "CUSTOMER", "values": [TEXT]}],
        "outputMessages": [MESSAGE],
        "systemInstructions": [TEXT],
    },
}
TOOL: Any = PUT | {
    "attributes": {
        "operationName": "execute_tool",
        "inputMessages": [MESSAGE],
        "outputMessages": [MESSAGE | {"values": [RESULT]}],
    }
}


def telemetry(listed: Any) -> Span:  # noqa: ANN401 (JSON)
    """Return a span that was put as telemetry."""
    times = {name: str(int(listed[at] * 1e9)) for name, at in TIMES.items()}
    return conventional_span(times, listed, "bot")


TIMES = {"startTimeUnixNano": "startTimestamp", "endTimeUnixNano": "endTimestamp"}


@pytest.mark.parametrize("listed", [PUT, TELLING, TOOL], ids=["bare", "telling", "tool"])
def test_it_is_read_as_the_span_that_it_was(listed: Any) -> None:  # noqa: ANN401 (JSON)
    """The mapper makes of it what putting it made."""
    assert mapper().parts([telemetry(listed)]) == [part([listed], PLACE)]


def test_it_tells_others_in_the_conventions_words() -> None:
    """Members are attributes of the conventions, or named after themselves; tokens count as there."""
    span = telemetry(TELLING)
    assert (span.name, span.kind, span.status_code, span.status_message) == ("inference", 3, 2, "it rains")
    assert span.resource.attributes == {"service.name": "bot"}
    told = {name: value for name, value in span.attributes.items() if name != SPAN}
    assert json.loads(str(told.pop("gen_ai.input.messages"))) == [
        {"role": "user", "parts": [{"type": "text", "content": "Rain"}]}
    ]
    assert told.pop("gen_ai.system_instructions") == '[{"type":"text","content":"Rain"}]'
    assert '"tool_call"' in str(told.pop("gen_ai.output.messages"))
    assert told == {
        "gen_ai.conversation.id": PLACE[1],
        "session.id": PLACE[1],
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "aws.qconnect.aiAgentVersion": 3,
        "aws.qconnect.guardrailAssessments": json.dumps([GUARDRAIL], separators=(",", ":")),
        "aws.qconnect.usageInputTokens": 5,
        "aws.qconnect.usageTotalTokens": 9,
    }


def test_a_tools_span_tells_its_call() -> None:
    """Name, id and arguments stand for themselves, as the conventions have them of a tool."""
    told = telemetry(TOOL).attributes
    use = TOOL_USE["toolUse"]
    assert (told["gen_ai.tool.name"], told["gen_ai.tool.call.id"]) == (use["name"], use["toolUseId"])
    assert told["gen_ai.tool.call.arguments"] == "null"


@pytest.mark.parametrize(
    "carried",
    [7, "[]", "no JSON", json.dumps(PUT | {"sessionId": "x"}), json.dumps(PUT | {"spanName": 1})],
)
def test_an_attribute_that_carries_no_span_is_one_of_any_name(carried: Any) -> None:  # noqa: ANN401 (any value)
    """Then the span is what it tells otherwise, and the attribute is kept."""
    span = telemetry(TELLING)
    told = msgspec.structs.replace(span, attributes=span.attributes | {SPAN: carried})
    [made] = mapper().parts([told])
    assert made.trace_id == span.trace_id
    [record] = made.spans
    assert any(SPAN.encode() in piece.json for piece in record.details)
