"""Stored spans become the telemetry again that they came as."""

import functools
from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
import pytest

from spanglass.config import Limits
from spanglass.mapping.original import came_as_telemetry
from spanglass.mapping.restoring import Restored, Restorer
from spanglass.reading import Reader
from spanglass.store.memory import MemoryStore
from spanglass.telemetry import Link, LogRecord, Span
from tests.captures import CAPTURES, exported, logged, mapper
from tests.telemetry import RESOURCE, SCOPE, TRACE, Wild, chat, result, said, span, use

Json: TypeAlias = Any

NAMED_TWICE = "langchain--openinference/tools_refusal"
"""A message's verbatim form says more than its values, and stands among those that are joined to one."""
MANY = "openai--traceloop/chat_many_v047"
"""Its spans are calls of a model by the keys of their messages alone."""


def kept(spans: Iterable[Span], logs: Iterable[LogRecord] = ()) -> list[Json]:
    """Return the spans of all sessions, with nothing left out."""
    known = mapper()
    store, found = MemoryStore(), []
    store.write(known.parts(spans, list(logs)), known.relate)
    reader = Reader(store, Limits())
    for session in store.sessions(limit=1000).sessions:
        ids, cursor = (session.assistant_id, session.session_id), None
        while True:
            page = msgspec.json.decode(reader.whole_spans(*ids, cursor=cursor).body)
            found += page["spans"]
            if (cursor := page.get("nextCursor")) is None:
                break
    return found


def restored(wholes: Iterable[Json]) -> list[Restored]:
    restorer = Restorer(mapper())
    return [restorer.restore(whole) for whole in wholes]


def again(found: list[Restored]) -> list[Json]:
    """Return what becomes of restored spans once they are mapped."""
    return kept(
        [one.span for one in found if one.span is not None],
        [log for one in found for log in one.logs],
    )


@functools.cache
def once_more(capture: str) -> tuple[list[Json], list[Json], list[Restored]]:
    before = kept(exported(capture), logged(capture))
    found = restored(before)
    return before, again(found), found


@pytest.mark.parametrize("capture", CAPTURES)
def test_recorded_spans_come_back_as_they_are_kept(capture: str) -> None:
    """A recorded span that is restored and mapped again is the same, member for member, or else it is told."""
    before, after, found = once_more(capture)
    assert [one.faithful for one in found] == [old == new for old, new in zip(before, after, strict=True)]


def test_nearly_all_come_back() -> None:
    """Of all that real emitters sent hardly anything does not come back as it is kept."""
    faithful = [one.faithful for capture in CAPTURES for one in once_more(capture)[2]]
    assert faithful.count(False) < len(faithful) / 50


def test_what_does_not_come_back_is_told() -> None:
    """A span that is not the same again is told to be so; but for the verbatim form of its messages it is."""
    before, after, found = once_more(NAMED_TWICE)
    unfaithful = [number for number, one in enumerate(found) if not one.faithful]
    assert unfaithful == [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    assert unfaithful
    for number in unfaithful:
        before[number]["detail"].pop("messages")
        assert after[number] == before[number]


def test_an_operation_that_only_messages_tell_is_written() -> None:
    """Where nothing but keys of messages made a span a call, the conventions' attribute does so afterwards."""
    before, after, found = once_more(MANY)
    changed = [new["detail"]["attributes"] for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    assert [one.faithful for one in found] == [old == new for old, new in zip(before, after, strict=True)]
    assert {told.pop("gen_ai.operation.name") for told in changed} == {"chat"}
    assert after == before


@pytest.mark.parametrize("seed", range(60))
def test_whatever_came_in_is_restored(seed: int) -> None:
    """However odd a span, it is restored, and what is said to be faithful has the same members and words again."""
    before = kept(Wild(seed).spans())
    found = restored(before)
    after = {one["spanId"]: one for one in again(found)}
    assert after.keys() == {one["spanId"] for one in before}
    for one, made in zip(before, found, strict=True):
        if made.faithful and "related" not in one["detail"]:
            other = after[one["spanId"]]
            assert spoken(one) == spoken(other) or "related" in other["detail"]


def spoken(whole: Json) -> list[Json]:
    attributes = whole["attributes"]
    lists = [attributes.get(name, []) for name in ("inputMessages", "outputMessages")]
    return [(one["participant"], one["values"]) for some in lists for one in some]


def the_only(spans: list[Span]) -> Span:
    (one,) = restored(kept(spans))
    assert one.faithful
    assert one.span is not None
    return one.span


def test_nothing_of_a_span_is_lost() -> None:
    """Ids, times to the nanosecond, names, states, links, counts and bytes are those that came."""
    link = Link(TRACE[::-1], bytes(range(8, 16)), "a=b", {"why": "retry"}, 2, 1)
    attributes: Json = {"blob": b"\x00\xff", "same": {"bytes": "?"}, "list": [b"\x01", 1, {"deep": True}]}
    one = span(
        7,
        attributes,
        parent_span_id=bytes(range(1, 9)),
        start_ns=1_700_000_000_123_456_789,
        end_ns=1_700_000_001_987_654_321,
        kind=3,
        links=[link],
        status_code=2,
        status_message="broken",
        trace_state="k=v",
        flags=257,
        dropped_attributes=1,
        dropped_events=2,
        dropped_links=3,
    )
    back = the_only([one])
    assert back.resource.attributes == RESOURCE.attributes
    assert (back.scope.name, back.scope.version) == (SCOPE.name, SCOPE.version)
    ours, theirs = msgspec.structs.asdict(one), msgspec.structs.asdict(back)
    for name in ours.keys() - {"resource", "scope"}:
        assert theirs[name] == ours[name], name


def test_a_call_before_its_text_stays_there() -> None:
    """Messages that the conventions' form reads in another order are written so that it does not."""
    inputs = [
        said("user", "Hi"),
        said("assistant", use("c1", q="x")),
        said("assistant", "Looking."),
        said("tool", result("c1")),
    ]
    one = chat(1, inputs, [said("assistant", "Done.")])
    (before,) = kept([one])
    assert list(before["attributes"]["inputMessages"][1]["values"][0]) == ["toolUse"]
    assert again(restored([before])) == [before]


def test_failed_tools_stay_failed() -> None:
    """An answer that is an error, and an argument that is a text, are so again."""
    failed = result("c1", "no such city") | {"is_error": True}
    inputs = [said("user", "Hi"), said("assistant", use("c1") | {"arguments": '"Paris"'}), said("tool", failed)]
    (before,) = kept([chat(1, inputs, [said("assistant", "Sorry.")])])
    assert before["attributes"]["inputMessages"][2]["values"][0]["toolResult"]["error"] == "no such city"
    assert again(restored([before])) == [before]


def test_a_tool_without_an_id_is_paired_anew() -> None:
    """What other spans of a trace made of one is not written into it: they make it of it again."""
    asks = chat(1, [said("user", "Hi")], [said("assistant", use("c1", "look_up", q="x"))])
    attributes: Json = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_up",
        "gen_ai.tool.call.arguments": '{"q": "x"}',
        "gen_ai.tool.call.result": "found",
    }
    before = kept([asks, span(2, attributes)])
    assert "toolUseId" in before[1]["detail"]["related"]
    found = restored(before)
    assert [one.faithful for one in found] == [True, True]
    assert again(found) == before


def test_log_records_alone_come_back_alone() -> None:
    """Log records whose span has not come are restored without one."""
    said_twice = [
        LogRecord(
            trace_id=TRACE,
            span_id=(1).to_bytes(8),
            resource=RESOURCE,
            scope=SCOPE,
            name="gen_ai.user.message",
            observed_ns=at,
            body={"content": "Hi", "raw": b"\x01"},
        )
        for at in (5, 6)
    ]
    before = kept([], said_twice)
    (one,) = restored(before)
    assert one.span is None
    assert [log.observed_ns for log in one.logs] == [5, 6]
    assert one.logs[0].body == {"content": "Hi", "raw": b"\x01"}
    assert again([one]) == before


def test_what_came_as_telemetry_is_told() -> None:
    """A span that was put has no telemetry of its own."""
    (whole,) = kept([chat(1)])
    assert came_as_telemetry(whole)
    assert not came_as_telemetry(whole | {"detail": {}})
