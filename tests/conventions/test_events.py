"""GenAI events say what span attributes say, in every generation and wherever an emitter writes it."""

import json
from typing import Any

import pytest

from spanglass.conventions.events import GenAIEvent, as_attributes, event_name, listed_events
from spanglass.telemetry import Value

DETAILS = "gen_ai.client.inference.operation.details"
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
USE = {"toolUse": {"toolUseId": "c1", "name": "look_up", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "c1", "content": [{"text": "found"}], "status": "error"}}
QUESTION: Value = {"role": "user", "parts": [{"type": "text", "content": "hi"}]}
ANSWER: Value = {"role": "assistant", "parts": [{"type": "text", "content": "ho"}]}
AGAIN: Value = {"role": "user", "parts": [{"type": "text", "content": "and?"}]}


def log(name: str, body: Any, **attributes: Value) -> GenAIEvent:  # noqa: ANN401 (any body)
    """Return an event as a log record has it."""
    return GenAIEvent(name, attributes, body)


def on_span(name: str, **attributes: Value) -> GenAIEvent:
    """Return an event as a span has it."""
    return GenAIEvent(name, attributes)


def details(**lists: Value) -> GenAIEvent:
    """Return an operation's details; ``input`` and ``output`` stand for the attributes of messages."""
    return GenAIEvent(DETAILS, {f"gen_ai.{name}.messages": value for name, value in lists.items()})


def inputs(*events: GenAIEvent) -> Value:
    """Return the input messages that events come to."""
    return as_attributes(events).get("gen_ai.input.messages")


def outputs(*events: GenAIEvent) -> Value:
    """Return the output messages that events come to."""
    return as_attributes(events).get("gen_ai.output.messages")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (log("gen_ai.system.message", {"content": "Be brief."}), {"role": "system", "content": "Be brief."}),
        (log("gen_ai.user.message", {"content": "hi", "role": "developer"}), {"role": "developer", "content": "hi"}),
        (log("gen_ai.user.message", "hi"), {"role": "user", "content": "hi"}),
        (
            log("gen_ai.assistant.message", {"tool_calls": [CALL]}),
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
        ),
        (
            log("gen_ai.tool.message", {"id": "c1", "content": "found"}),
            {"role": "tool", "content": "found", "tool_call_id": "c1"},
        ),
        (
            log("gen_ai.tool.message", {"content": "found"}),
            {"role": "tool", "content": "found", "tool_call_id": ""},
        ),
        (on_span("gen_ai.user.message", content='[{"text": "hi"}]'), {"role": "user", "content": [{"text": "hi"}]}),
        (on_span("gen_ai.user.message", content="[{broken"), {"role": "user", "content": "[{broken"}),
        (
            log("gen_ai.assistant.message", {"content": [{}, "so", {"kind": "thinking", "text": "hm"}]}),
            {"role": "assistant", "content": ["so", {"kind": "thinking", "text": "hm", "type": "thinking"}]},
        ),
        (on_span("gen_ai.tool.message", content=json.dumps([RESULT])), {"role": "tool", "content": [RESULT]}),
        (
            GenAIEvent("gen_ai.user.message", {"gen_ai.event.content": '{"role": "user", "content": "hi"}'}),
            {"role": "user", "content": "hi"},
        ),
        (GenAIEvent("gen_ai.user.message", {"gen_ai.event.content": "?"}), {"role": "user", "content": None}),
    ],
)
def test_an_event_of_a_message_is_an_input(event: GenAIEvent, message: Value) -> None:
    """Body, attributes and JSON in an attribute say the same; the event's name says who speaks unless it does."""
    assert inputs(event) == [message]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            log("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "ho"}}),
            {"role": "assistant", "content": "ho", "finish_reason": "stop"},
        ),
        (
            log("gen_ai.choice", {"message": {"content": None, "tool_calls": [CALL]}, "tool_calls": ["not these"]}),
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
        ),
        (
            log("gen_ai.choice", {"message": {"content": None}, "tool_calls": [CALL]}),
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
        ),
        (
            on_span("gen_ai.choice", finish_reason="tool_use", message=json.dumps([USE])),
            {"role": "assistant", "content": [USE], "finish_reason": "tool_use"},
        ),
        (on_span("gen_ai.choice", message="ho"), {"role": "assistant", "content": "ho"}),
        (log("gen_ai.choice", "ho"), {"role": "assistant", "content": "ho"}),
    ],
)
def test_a_choice_is_an_output(event: GenAIEvent, message: Value) -> None:
    """An answer is read with its calls of tools and why it ended."""
    assert outputs(event) == [message]


def test_a_body_may_be_the_json_of_what_it_says() -> None:
    """As Semantic Kernel's is; a text that is JSON of anything else is what was said."""
    answer = json.dumps({"message": {"role": "assistant", "content": "ho"}, "finish_reason": "stop"})
    events = [log("gen_ai.user.message", '{"role": "user", "content": "hi"}'), log("gen_ai.choice", answer)]
    assert as_attributes(events) == {
        "gen_ai.input.messages": [{"role": "user", "content": "hi"}],
        "gen_ai.output.messages": [{"role": "assistant", "content": "ho", "finish_reason": "stop"}],
    }
    for text in ('{"city": "Paris"}', "{no JSON", "{}"):
        assert as_attributes([log("gen_ai.user.message", text)]) == {
            "gen_ai.input.messages": [{"role": "user", "content": text}]
        }


def test_content_that_is_switched_off_says_nothing() -> None:
    """Google's instrumentations put a word for it; why an answer ended is told all the same."""
    off: Value = {"content": "<elided>"}
    events = [log("gen_ai.user.message", off), log("gen_ai.choice", {"message": off, "finish_reason": "STOP"})]
    assert as_attributes(events) == {
        "gen_ai.input.messages": [{"role": "user", "content": None}],
        "gen_ai.output.messages": [{"role": "assistant", "content": None, "finish_reason": "STOP"}],
    }


def test_several_choices_are_counted() -> None:
    """Choices of different index are as many answers; of one index they are one answer in pieces."""
    choices = [log("gen_ai.choice", {"index": index, "message": {"content": "ho"}}) for index in (0, 0, 1)]
    assert as_attributes(choices)["gen_ai.request.choice.count"] == 2
    assert "gen_ai.request.choice.count" not in as_attributes(choices[:2])


def test_what_bedrocks_events_say_twice_is_said_once() -> None:
    """Blocks of a message stand for the calls beside it and for the tool's message before it."""
    assert inputs(
        log("gen_ai.assistant.message", {"content": [USE], "tool_calls": [CALL]}),
        log("gen_ai.assistant.message", {"content": "so"}),
        log("gen_ai.tool.message", {"id": "c1", "content": [{"text": "found"}]}),
        log("gen_ai.user.message", {"content": [RESULT, "text", {"toolUse": None}]}),
        GenAIEvent("gen_ai.content.prompt", {"gen_ai.prompt": "bye"}),
    ) == [
        {"role": "assistant", "content": [USE], "tool_calls": []},
        {"role": "assistant", "content": "so"},
        {"role": "user", "content": [RESULT, "text", {"toolUse": None}]},
        "bye",
    ]


def test_an_operations_details_are_a_spans_attributes() -> None:
    """Lists are structure, also where they came as text; all else stays as it is, but for the event's name."""
    told = as_attributes(
        [
            GenAIEvent(
                DETAILS,
                {
                    "event.name": DETAILS,
                    "gen_ai.operation.name": "chat",
                    "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
                    "gen_ai.input.messages": [{"role": "user", "parts": []}],
                    "gen_ai.output.messages": None,
                },
            )
        ]
    )
    assert told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
        "gen_ai.input.messages": [{"role": "user", "parts": []}],
    }


def test_lists_in_pieces_are_put_together() -> None:
    """A list that goes on from the one before takes its place; any other is added."""
    pieces = [details(input=[QUESTION]), details(input=[AGAIN]), details(output=[ANSWER])]
    assert as_attributes(pieces) == {
        "gen_ai.input.messages": [QUESTION, AGAIN],
        "gen_ai.output.messages": [ANSWER],
    }


def test_calls_on_one_span_are_one_conversation() -> None:
    """An agent's span with an event for each of its calls has the last history and the last answer."""
    calls = [
        details(input=[QUESTION], output=[ANSWER]),
        details(input=[QUESTION, ANSWER, AGAIN], output=[QUESTION]),
    ]
    assert as_attributes(calls) == {
        "gen_ai.input.messages": [QUESTION, ANSWER, AGAIN],
        "gen_ai.output.messages": [QUESTION],
    }


def test_the_first_generation_has_a_list_an_event() -> None:
    """What is no JSON is a message by itself."""
    assert as_attributes(
        [
            GenAIEvent("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps([QUESTION])}),
            GenAIEvent("gen_ai.content.completion", {"gen_ai.completion": "ho"}),
        ]
    ) == {"gen_ai.input.messages": [QUESTION], "gen_ai.output.messages": ["ho"]}


def test_other_events_say_nothing() -> None:
    """An event that is none of GenAI is not read."""
    assert as_attributes([on_span("exception", content="hi")]) == {}


def test_events_listed_in_an_attribute() -> None:
    """Pydantic AI's attribute holds events with their names, as text or structure; anything else holds none."""
    listed: Value = [{"event.name": "gen_ai.user.message", "content": "hi"}]
    for value in (json.dumps(listed), listed):
        assert inputs(*listed_events(value)) == [{"role": "user", "content": "hi"}]
    assert listed_events("{") == listed_events("{}") == listed_events(["x"]) == []


def test_names_of_events() -> None:
    """A log record's event is named by its field, in older telemetry by an attribute."""
    assert event_name("a", {"event.name": "b"}) == "a"
    assert event_name("", {"event.name": "b"}) == "b"
    assert event_name("", {}) == ""


def test_events_stay_as_they_were() -> None:
    """Reading one event's list and another's message does not make the first one longer."""
    told: list[Value] = ["hi"]
    first = GenAIEvent(DETAILS, {"gen_ai.input.messages": told})
    for _ in range(2):
        assert inputs(first, on_span("gen_ai.user.message", content="and?")) == [
            "hi",
            {"role": "user", "content": "and?"},
        ]
    assert told == ["hi"]
