"""Spans of tools, as AWS shows them."""

import json
from typing import Any

import pytest

from spanglass.mapping.detail import whole
from spanglass.mapping.identity import tool_use_id
from spanglass.model.record import SpanRecord
from spanglass.telemetry import Attributes, Event, Value
from tests.captures import mapper
from tests.telemetry import TRACE, result, said, span, use

C = tool_use_id("c")


def record(attributes: Attributes, **fields: Any) -> SpanRecord:  # noqa: ANN401
    """Return the record of a tool's span."""
    told = {"gen_ai.operation.name": "execute_tool"} | attributes
    ((mapped,),) = (part.spans for part in mapper().parts([span(1, told, **fields)]))
    return mapped


def asked(one: SpanRecord) -> dict[str, Any]:
    """Return the use that a tool's span shows."""
    ((value,),) = (json.loads(message.json) for message in one.inputs)
    found: dict[str, Any] = value["toolUse"]
    return found


def answered(one: SpanRecord) -> dict[str, Any]:
    """Return the result that a tool's span shows, its values as texts."""
    ((value,),) = (json.loads(message.json) for message in one.outputs)
    found: dict[str, Any] = value["toolResult"]
    return found | {"values": [text["text"]["value"] for text in found["values"]]}


CALL: Attributes = {"gen_ai.tool.name": "look_up", "gen_ai.tool.call.id": "c"}


def test_a_tools_span_shows_use_and_result() -> None:
    """A toolUse stands among the inputs, a toolResult in the outputs, and nothing of them in the detail."""
    one = record(CALL | {"gen_ai.tool.call.arguments": '{"q": 1}', "gen_ai.tool.call.result": "yes"})
    assert asked(one) == {"toolUseId": C, "name": "look_up", "arguments": {"q": 1}}
    assert answered(one) == {"toolUseId": C, "values": ["yes"]}
    assert whole(one)["attributes"] == CALL | {"gen_ai.operation.name": "execute_tool"}


def test_a_tool_is_named_by_its_span_if_by_nothing_else() -> None:
    """Without the attribute, the span's name tells the tool; without an id, the span is the call."""
    one = record({}, name="execute_tool look_up")
    own = tool_use_id(TRACE.hex() + (1).to_bytes(8).hex())
    assert asked(one) == {"toolUseId": own, "name": "look_up", "arguments": {}}
    assert one.outputs == ()
    assert whole(one)["unpaired"] is True


@pytest.mark.parametrize(
    ("told", "values"),
    [
        ("18 C", ["18 C"]),
        ('"18 C"', ["18 C"]),
        ('[{"text": "a"}, {"text": "b"}]', ["a", "b"]),
        ('{"a": 1}', ['{"a": 1}']),
        ("[1, 2]", ["[1, 2]"]),
        ('"broken', ['"broken']),
        ({"a": 1}, ['{"a":1}']),
        ([{"text": "a"}], ["a"]),
        (391, ["391"]),
        ('{"output": {"lc": 1, "id": ["ToolMessage"], "kwargs": {"content": "a", "tool_call_id": "c"}}}', ["a"]),
        (
            '{"type": "tool", "data": {"type": "tool", "content": [{"text": "a"}], "tool_call_id": "c"}}',
            ["a"],
        ),
    ],
)
def test_results_come_in_several_forms(told: Value, values: list[str]) -> None:
    """A text, JSON of a text, content blocks, a structure, a framework's callback."""
    assert answered(record(CALL | {"gen_ai.tool.call.result": told}))["values"] == values


def test_a_callback_tells_the_calls_id() -> None:
    """Where the span carries no id, its arguments or result may; what they say beside it is kept."""
    callback = '{"input_str": "", "inputs": {"q": 1}, "kwargs": {"tool_call_id": "c"}}'
    one = record({"gen_ai.tool.name": "look_up", "gen_ai.tool.call.arguments": callback})
    assert asked(one) == {"toolUseId": C, "name": "look_up", "arguments": {"q": 1}}
    assert whole(one)["attributes"]["gen_ai.tool.call.arguments"] == callback


def test_messages_that_say_the_same_are_not_kept() -> None:
    """Strands says use and result as messages, too."""
    messages: Attributes = {
        "gen_ai.input.messages": json.dumps([said("tool", use("c", q=1))]),
        "gen_ai.output.messages": json.dumps([said("tool", result("c", [{"text": "yes"}]))]),
    }
    one = record(
        CALL | {"gen_ai.tool.call.arguments": '{"q": 1}', "gen_ai.tool.call.result": '[{"text": "yes"}]'} | messages
    )
    assert answered(one)["values"] == ["yes"]
    assert whole(one)["attributes"] == CALL | {"gen_ai.operation.name": "execute_tool"}
    assert record(messages | {"gen_ai.tool.name": "look_up"}).inputs == one.inputs
    assert record(messages).outputs == one.outputs


def test_messages_that_say_more_are_kept() -> None:
    """What a tool's span says beyond its use and result stays verbatim."""
    messages: Attributes = {
        "gen_ai.input.messages": json.dumps([said("user", "please")]),
        "gen_ai.output.messages": json.dumps([said("assistant", "done")]),
    }
    kept = whole(record(CALL | messages))["attributes"]
    assert kept == CALL | messages | {"gen_ai.operation.name": "execute_tool"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status_message": "status", "events": [Event("exception", 0, {"exception.message": "boom"})]}, "boom"),
        ({"status_message": "status\nTraceback (most recent call last): …"}, "status"),
        ({"attributes": {"gen_ai.tool.call.result": "an answer"}}, "an answer"),
        ({"attributes": {"error.type": "ValueError"}}, "ValueError"),
        ({}, "ERROR"),
    ],
)
def test_a_failed_tool_says_why(fields: dict[str, Any], error: str) -> None:
    """What the exception says, else the status, else what the tool answered, else the class of the failure."""
    one = record(CALL | fields.pop("attributes", {}), status_code=2, **fields)
    assert answered(one)["error"] == error
    assert answered(one)["values"] == [error]
