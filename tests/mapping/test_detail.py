"""What is kept beside the members: everything, once."""

import math

import msgspec

from spanglass.mapping.detail import whole
from spanglass.model.record import SpanRecord
from spanglass.telemetry import Event, Link, Resource, Scope, Span
from tests.captures import mapper
from tests.telemetry import SCOPE, TRACE, chat, said, span, use


def record(one: Span) -> SpanRecord:
    """Return the record of a span."""
    ((mapped,),) = (part.spans for part in mapper().parts([one]))
    return mapped


def test_a_span_is_kept_verbatim() -> None:
    """All that OTLP says of a span stands in its detail, or in the record."""
    one = Span(
        TRACE,
        b"\1" * 8,
        Resource({"service.name": "shop", "host": b"\xff"}, "https://r"),
        Scope("app", "2", {"a": 1}, "https://s"),
        "(odd)",
        b"\2" * 8,
        4,
        -1,
        2**64 - 1,
        {"app.note": "x", "user.id": "u", "app.ratio": math.nan, "app.list": [1, [b"\0"]], "app.long": "y" * 300},
        [Event("e", 5, {"k": math.inf}, 2), Event()],
        [Link(TRACE, b"\3" * 8, "t=1", {"l": 1}, 3, 1)],
        1,
        "fine",
        "s=1",
        257,
        4,
        5,
        6,
    )
    kept = record(one)
    assert whole(kept) == {
        "spanId": "01" * 8,
        "parentSpanId": "02" * 8,
        "name": "(odd)",
        "kind": 4,
        "flags": 257,
        "status": {"code": 1, "message": "fine"},
        "traceState": "s=1",
        "startTimeUnixNano": "-1",
        "endTimeUnixNano": "18446744073709551615",
        "attributes": {
            "app.note": "x",
            "user.id": "u",
            "app.ratio": "NaN",
            "app.list": [1, [{"bytes": "AA=="}]],
            "app.long": "y" * 300,
        },
        "events": [
            {"name": "e", "timeUnixNano": "5", "attributes": {"k": "Infinity"}, "droppedAttributesCount": 2},
            {"name": "", "timeUnixNano": "0"},
        ],
        "links": [
            {
                "traceId": TRACE.hex(),
                "spanId": "03" * 8,
                "traceState": "t=1",
                "flags": 1,
                "attributes": {"l": 1},
                "droppedAttributesCount": 3,
            }
        ],
        "resource": {"attributes": {"service.name": "shop", "host": {"bytes": "/w=="}}, "schemaUrl": "https://r"},
        "scope": {"name": "app", "version": "2", "attributes": {"a": 1}, "schemaUrl": "https://s"},
        "droppedAttributesCount": 4,
        "droppedEventsCount": 5,
        "droppedLinksCount": 6,
    }
    assert (kept.start_ns, kept.end_ns, kept.request_id) == (0, 2**63 - 1, TRACE)


def test_content_is_kept_once() -> None:
    """What the messages hold whole is not repeated; what they do not is, with the emitter's ids of tools' uses."""
    image = {"role": "user", "parts": [{"type": "uri", "uri": "https://a/b"}]}
    kept = whole(record(chat(1, [said("user", "Hi"), image], [said("assistant", use("call_1"))])))
    assert kept["attributes"] == {"gen_ai.operation.name": "chat"}
    assert list(kept["messages"].values()) == [image]
    assert list(kept["toolUseIds"].values()) == ["call_1"]


def test_claimed_attributes_are_kept_as_they_came() -> None:
    """Numbers stand as the emitter told them, and what the model does not admit is named."""
    usage = {"gen_ai.usage.input_tokens": "7", "gen_ai.request.temperature": 1.3}
    kept = whole(record(chat(1, attributes=usage)))
    assert kept["attributes"] == {"gen_ai.operation.name": "chat"} | usage
    assert kept["withheld"] == {"temperature": 1.3}
    own = whole(record(chat(1, attributes={"spanglass.returnReason": "?"})))
    assert own["withheld"] == {"returnReason": "?"}


def test_long_attributes_are_pieces_that_spans_share() -> None:
    """A long value, as text or structure, is a piece of its own, equal for all spans that have it."""
    long = {"gen_ai.tool.definitions": "x" * 300, "app.state": [{"k": "y" * 300}]}
    first, second = (record(chat(number, attributes=long)) for number in (1, 2))
    assert first.details == second.details
    assert len(first.details) == 3
    again = mapper()
    assert [part.spans[0].details for part in again.parts([chat(1, attributes=long)])] == [first.details]


def test_spans_of_one_role_share_what_recurs() -> None:
    """Two calls of one model have equal members and details but for what each says."""
    calls = [
        chat(number, attributes={"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": number, "server.port": 1})
        for number in (1, 2)
    ]
    calls[1].name = calls[0].name
    first, second = (record(call) for call in calls)
    assert (first.recurring, first.details) == (second.recurring, second.details)
    assert first.own != second.own


def test_text_that_utf8_cannot_say_is_replaced() -> None:
    """A lone surrogate, in a key or a value, does not keep the rest from being kept."""
    one = span(1, {"k\ud800": "v\ud800", "n": 10**4000}, scope=SCOPE)
    assert whole(record(one))["attributes"] == {"k\ufffd": "v\ufffd", "n": hex(10**4000)}
    assert msgspec.json.decode(record(one).own_detail)


def test_what_events_say_again_is_kept_once() -> None:
    """Strands says the conversation so far in the events of each call; short ones stand in their place."""
    long, short = Event("gen_ai.x", 5, {"content": "y" * 300, "n": 1}), Event("e", 6, {"k": 1}, 2)
    first, second = record(span(1, events=[long, short, Event()])), record(span(2, events=[short, long]))
    shared = {piece.key for piece in first.details} & {piece.key for piece in second.details}
    assert any(b"y" * 300 in piece.json for piece in first.details if piece.key in shared)
    assert b"y" * 300 not in first.own_detail
    assert whole(first)["events"] == [
        {"name": "gen_ai.x", "timeUnixNano": "5", "attributes": {"content": "y" * 300, "n": 1}},
        {"name": "e", "timeUnixNano": "6", "attributes": {"k": 1}, "droppedAttributesCount": 2},
        {"name": "", "timeUnixNano": "0"},
    ]
    assert "said" not in whole(first)
