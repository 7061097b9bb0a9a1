"""Servers whose clocks are hours apart: what one takes for long past is another one's present."""

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import msgspec
import pytest

from spanglass.store.cassandra import heads, leftovers, listing, state
from spanglass.store.cassandra.address import Address
from spanglass.store.cassandra.clock import Clock
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.memory import MemoryStore
from spanglass.store.rollups import Rollup
from spanglass.store.samples import EPOCH_NS, everything, ids, message, part, span, span_id
from spanglass.store.where import Where
from tests.store.cassandra.conftest import Open

AHEAD_US = 3 * 3600 * 1_000_000


def before_the_swap(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something once, when all is ready for a session to change."""
    swap, left = heads.swap, [do]

    def late(*given: Any) -> bool:  # noqa: ANN401 (whatever is handed on)
        while left:
            left.pop()()
        return swap(*given)

    monkeypatch.setattr(heads, "swap", late)


def ahead(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something with a clock that is ahead, that of a node, too."""
    now_us, of_nodes_us = heads.now_us, Clock.now_us
    with monkeypatch.context() as patch:
        for module in (heads, state):
            patch.setattr(module, "now_us", lambda: now_us() + AHEAD_US)
        patch.setattr(Clock, "now_us", lambda clock: of_nodes_us(clock) + AHEAD_US)
        do()


@pytest.fixture(scope="module")
def open_store(address: Address) -> Open:
    """Return what opens a keyspace of these tests' own: its rows are of the future, and so are not deleted by now."""
    return lambda: CassandraStore(msgspec.structs.replace(address, keyspace="clocks"))


def of(assistant: str) -> Where:
    """Return the sessions of one test."""
    return Where(assistants=frozenset({ids(assistant)[0]}))


def test_housekeeping_takes_nothing_from_who_is_at_work(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server writes anew is there once the session is, though another one took it for left behind."""
    to = partial(part, assistant="at work")
    draft, final = span(1, end_ns=0, inputs=(message("draft"),)), span(1, inputs=(message("final"),))
    reference = MemoryStore()
    with closing(open_store()) as store, closing(open_store()) as other:
        for each in (store, reference):
            each.write([to(draft), to(span(2))])

        def housekeeping() -> None:
            for _ in range(leftovers.PARTS):
                other.maintain()

        before_the_swap(monkeypatch, lambda: ahead(monkeypatch, housekeeping))
        for each in (store, reference):
            each.write([to(final)])
        for each in (store, other):
            assert everything(each, of("at work")) == everything(reference)


def test_what_a_slow_server_leaves_behind_is_found(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its notes are as old as the nodes say, so other servers look where they are when it is dead."""
    with closing(open_store()) as other:
        with monkeypatch.context() as patch, closing(open_store()) as slow:
            patch.setattr(time, "time_ns", lambda: EPOCH_NS)
            left = leftovers.note(slow._db, leftovers.Leftover(trace=b"left"))
        monkeypatch.setattr(leftovers, "AGE_SECONDS", -1)
        assert left in leftovers.old(other._db, left.part)
        leftovers.done(other._db, [left])


def test_a_session_that_is_about_to_be_is_listed_once_it_is(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is read while a session comes into being does not keep it from being listed."""
    with closing(open_store()) as store, closing(open_store()) as other:
        before_the_swap(monkeypatch, lambda: ahead(monkeypatch, other.sessions))
        store.write([part(span(1, trace=1), assistant="to be", trace=1)])
        assert [each.spans for each in other.sessions(of("to be")).sessions] == [1]


def test_where_a_session_may_be_listed_passes_by_itself(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What leads to a session that never came to be is gone after a while, what leads to one that did stays."""
    monkeypatch.setattr(listing, "HINT_SECONDS", 1)
    assistant_id, start_ns = ids("may be")[0], span(1).start_ns
    query = "SELECT summary FROM sessions_by_start WHERE assistant = ? AND stretch = ? AND shard = 0"
    with closing(open_store()) as store:
        store.write([part(span(1, trace=2), assistant="may be", trace=2)])
        never = heads.Row(heads.now_us(), head=heads.Head(first_ns=start_ns, rollup=Rollup(spans=1)))
        listing.Shards(store._db).announce((assistant_id, b"never there"), never)
        while len(found := list(store._db.rows(query, assistant_id, listing.stretch(start_ns)))) > 1:
            assert [each.spans for each in store.sessions(of("may be")).sessions] == [1]
        assert found != [(None,)]


def test_a_trace_that_left_stays_away(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session knows which traces left it last, so a write that was held up is not taken by a clock that is ahead."""
    to = partial(part, assistant="away")
    children = [
        to(span(10 * n + 1, trace=n, parent_span_id=span_id(10 * n)), session="wrong", trace=n) for n in range(3, 6)
    ]
    roots = [to(span(10 * n, trace=n), session="right", trace=n) for n in (3, 4)]
    late = to(span(32, trace=3, parent_span_id=span_id(30)), session="wrong", trace=3)
    reference = MemoryStore()
    reference.write([*children, *roots, late])
    with closing(open_store()) as store, closing(open_store()) as other:
        store.write(children)

        def moving() -> None:
            other.write([roots[0]])
            ahead(monkeypatch, lambda: other.write([roots[1]]))

        before_the_swap(monkeypatch, moving)
        store.write([late])
        for each in (store, other):
            assert everything(each, of("away")) == everything(reference)
