"""Traces as they come from the world: without a root, from clocks that differ, told twice, never ended."""

import uuid
from typing import Any

import msgspec

from spanglass.mapping.detail import whole
from spanglass.mapping.identity import span_uuid
from spanglass.model.place import TracePart
from spanglass.model.record import SpanRecord
from spanglass.telemetry import Attributes, Resource, Scope, Span
from tests.captures import listed, mapper
from tests.telemetry import TRACE, chat, said, span, use


def only(*spans: Span) -> TracePart:
    """Return what spans of one trace come to."""
    (part,) = mapper().parts(spans)
    return part


def of(part: TracePart, number: int) -> SpanRecord:
    """Return the record of the span of a number."""
    return next(record for record in part.spans if record.span_id == span_uuid(TRACE, number.to_bytes(8)))


def test_a_trace_without_a_root_is_a_session() -> None:
    """Its spans are shown below a parent that is not there, in the session that any of them names, or their own."""
    orphans = [span(number, parent_span_id=(99).to_bytes(8)) for number in (1, 2)]
    place = only(*orphans).claims.place(TRACE)
    assert place.session_id == TRACE
    shown = listed([only(*orphans)])
    parent = str(uuid.UUID(bytes=span_uuid(TRACE, (99).to_bytes(8))))
    assert [one["parentSpanId"] for one in shown] == [parent] * 2
    orphans[1].attributes["session.id"] = "visit-1"
    assert only(*orphans).claims.place(TRACE).session_name == "visit-1"


def test_a_span_that_never_ends_is_kept_and_not_listed() -> None:
    """It runs until it comes with its end; the spans below it are listed."""
    part = only(span(1, end_ns=0), span(2, parent_span_id=(1).to_bytes(8)))
    assert [record.end_ns for record in part.spans] == [0, 2_500_000_000]
    assert len(listed([part])) == 1


def test_a_placeholder_is_replaced_by_its_span() -> None:
    """What Logfire exports as a span begins is that span, running, in either order."""
    told: Attributes = {"logfire.span_type": "pending_span", "logfire.pending_parent_id": (3).to_bytes(8).hex()}
    placeholder = span(8, told, parent_span_id=(1).to_bytes(8), start_ns=1_000_000_000, end_ns=1_000_000_000)
    real = span(1, {"logfire.span_type": "span"}, parent_span_id=(3).to_bytes(8))
    running = of(only(placeholder), 1)
    assert (running.end_ns, running.parent_span_id) == (0, span_uuid(TRACE, (3).to_bytes(8)))
    assert only(placeholder, real).spans == only(real, placeholder).spans == only(real).spans
    assert only(placeholder, real).claims == only(real).claims


def test_an_end_before_the_start_is_shown_as_the_start() -> None:
    """A clock that was set back makes no span of negative length; what it said is kept."""
    record = of(only(span(1, end_ns=999_999_999)), 1)
    assert (record.start_ns, record.end_ns) == (1_000_000_000, 1_000_000_000)
    assert whole(record)["endTimeUnixNano"] == "999999999"


def test_a_child_may_begin_before_its_parent() -> None:
    """Hosts' clocks differ: such a child keeps its parent and its own time, and has the agent's name."""
    agent = span(5, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "travel"})
    shown = listed([only(agent, chat(1, parent_span_id=(5).to_bytes(8)))])
    assert [one["attributes"].get("aiAgentName") for one in shown] == ["travel", "travel"]
    assert shown[0]["parentSpanId"] == shown[1]["spanId"]


def test_a_tool_on_a_host_whose_clock_is_behind_answers_its_use() -> None:
    """Name and arguments find the use though it seems to be made later; a use in time comes first."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_up",
        "gen_ai.tool.call.arguments": '{"q": 1}',
    }
    call = chat(5, None, [said("assistant", use("a", q=1))])
    asked = msgspec.json.decode(of(only(call, span(1, attributes)), 1).inputs[0].json)
    assert asked == msgspec.json.decode(of(only(call, span(6, attributes)), 6).inputs[0].json)


def test_a_span_from_two_exporters_is_one() -> None:
    """Of two tellings the one that ended later stays, in whatever order of resource, scope and attributes they come."""
    first = span(1, {"a": 1, "b": 2})
    again = span(1, {"b": 2, "a": 1}, end_ns=1_600_000_000, resource=Resource({"host": "x", "service.name": "shop"}))
    other = span(1, {"a": 1}, end_ns=1_400_000_000, scope=Scope("collector"))
    for order in ([first, again, other], [other, again, first], [again, first, other]):
        part = only(*order)
        assert part.spans == only(again).spans
        assert part.claims.place(TRACE).assistant_name == "shop"
