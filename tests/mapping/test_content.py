"""Without content a session still tells who did what, and nothing of what was said."""

import pytest

from spanglass.mapping.content import log_without_content, without_content
from spanglass.telemetry import Event, Link, LogRecord, Value
from tests.telemetry import RESOURCE, SCOPE, TRACE, chat, said, span


def test_content_is_dropped_and_facts_stay() -> None:
    """Models, tokens, names and ids stay; messages, and texts that nobody claims, do not."""
    told, dropped = without_content(
        chat(
            1,
            [said("user", "hi")],
            attributes={
                "gen_ai.request.model": "m",
                "gen_ai.usage.input_tokens": 3,
                "session.id": "visit-1",
                "server.address": "api.example",
                "app.note": "secret plan",
                "app.count": 4,
                "app.flag": None,
            },
            status_message="it said: hi",
        )
    )
    assert told.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 3,
        "session.id": "visit-1",
        "app.count": 4,
    }
    assert (told.status_message, dropped) == ("", 6)


@pytest.mark.parametrize(
    ("key", "value", "left"),
    [
        ("gen_ai.response.finish_reasons", ["stop"], ["stop"]),
        ("gen_ai.response.finish_reasons", '["stop"]', '["stop"]'),
        ("gen_ai.response.finish_reasons", ["x" * 257], None),
        ("gen_ai.response.finish_reasons", [1], None),
        ("gen_ai.request.model", "x" * 257, None),
        ("langfuse.observation.status_message", "it said: hi", None),
        (
            "llm.invocation_parameters",
            '{"temperature": 1.3, "stream": true, "system": "hi"}',
            '{"temperature":1.3,"stream":true}',
        ),
        ("llm.invocation_parameters", '{"system": "hi"}', None),
        ("llm.invocation_parameters", "{broken", None),
        ("llm.invocation_parameters", {"top_p": 1, "system": "hi"}, {"top_p": 1}),
    ],
)
def test_a_member_may_be_told_among_more(key: str, value: Value, left: Value) -> None:
    """Attributes that fill members keep short texts, and the numbers of an object."""
    assert without_content(span(1, {key: value}))[0].attributes.get(key) == left


@pytest.mark.parametrize(("name", "left"), [("chat m", "chat m"), ("What is the weather?.task", ""), ("", "")])
def test_a_name_stays_that_says_no_more(name: str, left: str) -> None:
    """A span may be named by what its user said."""
    told, _ = without_content(chat(1, attributes={"gen_ai.request.model": "m"}, name=name))
    assert told.name == left


def test_events_and_links_are_emptied_likewise() -> None:
    """Of an exception its class stays."""
    error = {"exception.type": "ValueError", "exception.message": "hi", "exception.stacktrace": "hi"}
    events = [Event("exception", 1, {**error}), Event("gen_ai.user.message", 2, {"content": "hi"})]
    links = [Link(TRACE, b"s" * 8, attributes={"note": "hi"})]
    told, dropped = without_content(span(1, {}, name="", events=events, links=links))
    assert [event.attributes for event in told.events] == [{"exception.type": "ValueError"}, {}]
    assert told.links[0].attributes == {}
    assert dropped == 3


def test_a_log_record_keeps_its_name() -> None:
    """That something was asked stays, not what."""
    record = LogRecord(
        TRACE,
        b"s" * 8,
        RESOURCE,
        SCOPE,
        "gen_ai.user.message",
        1,
        1,
        {"gen_ai.system": "openai", "x": "hi"},
        {"content": "hi"},
    )
    told, dropped = log_without_content(record)
    assert (told.name, told.body, told.attributes, dropped) == (
        "gen_ai.user.message",
        None,
        {"gen_ai.system": "openai"},
        2,
    )
