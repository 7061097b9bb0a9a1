"""The store over a cluster passes the battery on a real node, and keeps what only several servers can break."""

# ruff: noqa: ANN401, S311 (steps of any form are wrapped; a seeded generator is the point)

import random
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass.model.place import TracePart
from spanglass.store.cassandra import dictionaries, following, heads, leftovers, listing, reader, sessions, state
from spanglass.store.cassandra import traces as rows_of_traces
from spanglass.store.cassandra.clock import Clock
from spanglass.store.interface import Cursor, Store, UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import WORDS, everything, ids, message, part, parts, read, span, span_id, trace_id
from spanglass.store.testing import SUPPRESSED, Opener, StoreBattery
from tests.cassandra.counting import counted_rows, counted_statements
from tests.store.cassandra.conftest import Open


class TestCassandraStore(StoreBattery):
    """What is drawn is drawn less often than for other backends: a write takes some milliseconds."""

    @pytest.fixture
    def opener(self, opener: Open) -> Opener:
        """Open the keyspace of these tests."""
        return opener

    @settings(max_examples=8, suppress_health_check=SUPPRESSED)
    @given(drawn=st.lists(st.lists(parts(), max_size=4), max_size=8), rest=st.booleans())
    def test_answers_as_the_reference_does(
        self,
        opener: Opener,
        drawn: Sequence[list[TracePart]],
        rest: bool,  # noqa: FBT001 (drawn)
    ) -> None:
        """Any parts in any calls leave what the reference store holds."""
        self.compare(opener, drawn, rest=rest)

    @settings(max_examples=5, suppress_health_check=SUPPRESSED)
    @given(drawn=st.lists(parts(), max_size=10), seed=st.integers(0, 1 << 16))
    def test_order_of_arrival_does_not_matter(self, opener: Opener, drawn: list[TracePart], seed: int) -> None:
        """The same parts in another order, cut into other calls, some twice, end the same."""
        self.shuffle(opener, drawn, seed)


def traces(count: int) -> list[TracePart]:
    """Return traces of one conversation: children that name no session, and a root that does."""
    said = [message(f"message {n}") for n in range(count + 1)]
    made = []
    for n in range(count):
        children = [
            span(10 * n + k, trace=n, parent_span_id=span_id(10 * n), inputs=tuple(said[: n + 1])) for k in range(1, 4)
        ]
        made += [part(child, session=None, trace=n) for child in children]
        made.append(part(span(10 * n, trace=n, inputs=(said[n],)), trace=n))
    return made


def at_once(stores: Sequence[Store], orders: Sequence[Sequence[TracePart]]) -> None:
    """Have several stores write at the same time, each its parts in its order; what fails for now is written again."""
    failed: list[BaseException] = []

    def write(store: Store, order: Sequence[TracePart]) -> None:
        try:
            for each in order:
                persist(store, each)
        except BaseException as error:  # noqa: BLE001 (it is told below)
            failed.append(error)

    threads = [threading.Thread(target=write, args=each) for each in zip(stores, orders, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def persist(store: Store, one: TracePart) -> None:
    """Write a part, again if the store cannot for now, as exporters do."""
    for _ in range(20):
        try:
            store.write([one])
        except UnavailableError:
            continue
        return
    raise AssertionError("the store cannot be written to")


def test_two_servers_write_the_same_session_and_traces(opener: Open) -> None:
    """The same traces, shuffled, some twice, from two servers at once, end in what one server leaves."""
    made, rng = traces(4), random.Random(7)
    orders = [rng.sample(made, len(made)) + rng.sample(made, 4) for _ in range(2)]
    reference = MemoryStore()
    reference.write(made)
    with closing(opener()) as one, closing(opener()) as other:
        at_once((one, other), orders)
        assert everything(one) == everything(other) == everything(reference)
        assert [store.trace(trace_id(2)) for store in (one, other)] == [reference.trace(trace_id(2))] * 2


def test_servers_see_each_others_writes_at_once(opener: Open) -> None:
    """Servers that take turns in writing to a session read all of it, and count all of it."""
    with closing(opener()) as one, closing(opener()) as other:
        for number in range(12):
            writing, reading = (one, other) if number % 3 else (other, one)
            writing.write([part(span(number, inputs=tuple(message(f"m{n}") for n in range(number))))])
            assert len(list(read(reading, *ids()))) == number + 1
        assert [len(each.inputs) for each in read(one, *ids())] == list(range(12))
        record = other.session(*ids())
        assert record is not None
        assert record.spans == 12
        assert [change.number for change in one.changes(0)] == [other.last_change()] == [12]


def test_a_grown_keyspace_learns_a_dictionary(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it holds enough, a server trains a dictionary; others use it, and old and new blocks are read by all."""
    monkeypatch.setattr(dictionaries, "CHANGES_MIN", 12)
    with closing(opener()) as one, closing(opener()) as other:
        assert not one.maintain()
        for number in range(12):
            said = tuple(message(f"{word} is the {n}th word of {number}") for n, word in enumerate(WORDS * 20))
            one.write([part(span(number, trace=number, inputs=said), session=f"s{number}", trace=number)])
        before = everything(other)
        assert one.maintain()
        assert not one.maintain()
        assert not other.maintain()
        learned = zstandard.ZstdCompressionDict(dictionaries.read(other._db)[2])
        for number, store in enumerate((one, other), 90):
            store.write([part(span(number, trace=number), session=f"new {number}", trace=number)])
        assert everything(one) == everything(other) != before
        body = "SELECT body FROM blocks WHERE assistant = ? AND session = ? AND generation = ? AND bucket = 0"
        for number in (90, 91):
            place = ids(session=f"new {number}")
            row = one._db.row(body, *place, heads.read(one._db, place).generation)
            assert row is not None
            assert zstandard.get_frame_parameters(row[0]).dict_id == learned.dict_id()
    with closing(opener()) as again:
        assert [each for each in everything(again) if each in before] == list(before)
        again._db.write([("DELETE FROM dictionaries WHERE number = ?", (2,))])  # it is no other tests'


class Killed(Exception):  # noqa: N818 (no error, an end)
    """A server was killed here."""


def test_housekeeping_finishes_a_move(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace whose move a server began and never finished is brought together by another one's housekeeping."""
    child, root = part(span(2, parent_span_id=span_id(1)), session=None), part(span(1))
    reference = MemoryStore()
    reference.write([child, root])
    with closing(opener()) as store:
        store.write([child])
        with monkeypatch.context() as patch:
            patch.setattr(sessions.Sessions, "take_away", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                store.write([root])
    monkeypatch.setattr(leftovers, "AGE_SECONDS", -1)
    with closing(opener()) as store:
        for _ in range(2 * leftovers.PARTS):
            store.maintain()
        assert everything(store) == everything(reference)
        assert list(store._db.rows("SELECT id FROM leftovers")) == []


@pytest.mark.parametrize("is_located", [False, True])
def test_a_trace_that_comes_back_while_its_session_is_deleted(
    opener: Open,
    monkeypatch: pytest.MonkeyPatch,
    is_located: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    """What is written before the trace is forgotten, or is located before the session is deleted, moves as ever."""
    gone, late = (part(span(n, parent_span_id=span_id(1)), session=None) for n in (2, 3))
    place = gone.claims.place(trace_id(0))
    deleted = (place.assistant_id, place.session_id)
    discard, locate = leftovers.discard, rows_of_traces.locate
    with closing(opener()) as store, closing(opener()) as other:

        def discarding(*given: Any) -> None:
            other.write([late])
            discard(*given)

        def locating(*given: Any) -> Any:
            located = locate(*given)
            store.delete_session(*deleted)
            return located

        store.write([gone])
        with monkeypatch.context() as patch:
            if is_located:
                patch.setattr(rows_of_traces, "locate", locating)
                other.write([late])
            else:
                patch.setattr(leftovers, "discard", discarding)
                assert store.delete_session(*deleted)
        assert [each.span_id for each in read(store, *deleted)] == [span_id(3)]
        store.write([part(span(1))])
        assert other.spans(*deleted) is None
        assert [each.span_id for each in read(other, *ids())] == [span_id(1), span_id(3)]


def test_a_page_deep_in_a_session_reads_few_rows(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page costs what one of a small session costs in statements and rows, wherever it is in however many buckets."""
    monkeypatch.setattr(heads, "BUCKET_ROWS", 300)
    spans = [span(n, inputs=(message(f"message {n}"),)) for n in range(2_000)]
    with closing(opener()) as store:
        small = (span(n, trace=1, inputs=(message(f"message {n}"),)) for n in range(100))
        store.write([part(*small, session="small", trace=1)])
        for at in range(0, 2_000, 100):
            store.write([part(*spans[at : at + 100])])
        assert len(store._row(ids()).head.buckets) > 5  # type: ignore[union-attr]  # it has spans
        fetched, asked = counted_rows(monkeypatch), counted_statements(monkeypatch)
        costs = []
        for session, start in (("small", 0), ("s", 0), ("s", 1_000), ("s", 1_900)):
            fetched.clear()
            asked.clear()
            after = Cursor(spans[start].start_ns, spans[start].span_id)
            page = store.spans(*ids(session=session), after=after, limit=20)
            assert page is not None
            assert [each.span_id for each in page.spans] == [span_id(n) for n in range(start + 1, start + 21)]
            costs.append((len(asked), sum(fetched)))
        few = costs[0]
        assert max(statements for statements, _ in costs) <= few[0] + 2  # what recurs is in the first bucket
        assert max(rows for _, rows in costs) <= few[1] + 5


def test_spans_in_any_order_fill_buckets_that_are_read_as_one(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans that come shuffled lie in buckets whose times overlap, and are read in order, and written anew whole."""
    monkeypatch.setattr(heads, "BUCKET_ROWS", 7)
    monkeypatch.setattr(state, "BLOCK_BYTES", 200)
    order = random.Random(3).sample(range(60), 60)
    reference = MemoryStore()
    with closing(opener()) as store:
        for number in order:
            one = part(span(number, trace=number % 3, inputs=(message(f"m{number % 9}"),)), trace=number % 3)
            store.write([one])
            reference.write([one])
        assert everything(store) == everything(reference)
        better = part(span(61, start_ns=5), session="better", trace=1)
        store.write([better])
        reference.write([better])
        assert everything(store) == everything(reference)


def test_what_is_too_large_for_a_row_goes_over_several(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies and what is pending are cut into rows of bounded size, and nothing of the latter is left."""
    monkeypatch.setattr(following, "PENDING_BYTES_MAX", 1_000)
    monkeypatch.setattr(following, "PART_BYTES", 700)
    rng = random.Random(1)
    large = span(1, inputs=(message(rng.randbytes(5_000).hex()),))
    with closing(opener()) as store:
        store.write([part(large), part(span(2, inputs=(message("small"),)))])
        assert [each.inputs for each in read(store, *ids())] == [large.inputs, (message("small"),)]
        assert max(len(body) for (body,) in store._db.rows("SELECT body FROM blocks")) <= 700
        assert list(store._db.rows("SELECT id FROM intents")) == []


def test_a_reader_waits_for_no_writer(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that is written anew while a page is read is read again, as it is by then."""
    child, root = part(span(2, parent_span_id=span_id(1)), session="wrong"), part(span(1), session="right")
    stays = part(span(3, trace=1), session="wrong", trace=1)
    with closing(opener()) as store, closing(opener()) as other:
        store.write([child, stays])
        places = reader.Rows.places
        left = iter([root])

        def moving(*given: Any, **named: Any) -> Any:
            for each in left:  # once, and not for what that itself reads
                other.write([each])
            return places(*given, **named)

        monkeypatch.setattr(reader.Rows, "places", moving)
        page = store.spans(*ids(session="wrong"))
        assert page is not None
        assert [each.span_id for each in page.spans] == [span_id(3)]


def test_many_sessions_of_a_time_are_spread_over_partitions(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that are too many for a partition are listed, moved and deleted as if they were in one."""
    monkeypatch.setattr(listing, "FEW", 3)
    reference = MemoryStore()
    made = [part(span(n, trace=n), session=f"s{n % 20}", trace=n) for n in range(40)]
    made += [part(span(50 + n, trace=50 + n, start_ns=1_000 - n), session=f"s{n}", trace=50 + n) for n in range(8)]
    with closing(opener()) as store, closing(opener()) as other:
        for number, each in enumerate(made):
            (store, other)[number % 2].write([each])
            reference.write([each])
        shards = [shard for (shard,) in store._db.rows("SELECT shard FROM sessions_by_start")]
        assert max(shards.count(shard) for shard in set(shards)) < 8
        assert len(set(shards)) > 5
        assert everything(store) == everything(reference)
        for changed in (store, reference):
            assert changed.delete_session(*ids(session="s3"))
            changed.write([part(span(70, trace=70), session="s3", trace=70)])
        page, found = store.sessions(limit=7), []
        while page.next is not None:
            found += page.sessions
            page = store.sessions(after=page.next, limit=7)
        assert [each.name for each in (*found, *page.sessions)] == [each.name for each in reference.sessions().sessions]
        assert store.delete_before(1 << 62) == 20
        assert list(store._db.rows("SELECT session FROM sessions_by_start")) == []


def test_what_was_left_behind_is_looked_for_in_slots_of_time(opener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes of long ago are found by a server that starts now; a slot that has none is not looked at for ever."""
    hour_us = 3_600_000_000
    now = heads.now_us()
    with closing(opener()) as store:
        with monkeypatch.context() as patch:
            patch.setattr(Clock, "now_us", lambda _: now + hour_us)
            made = leftovers.note(store._db, leftovers.Leftover(trace=trace_id(1)))
        monkeypatch.setattr(Clock, "now_us", lambda _: now + 30 * hour_us)
        assert leftovers.old(store._db, made.part) == [made]
        leftovers.done(store._db, [made])
        assert leftovers.old(store._db, made.part) == []
        asked = counted_statements(monkeypatch)
        assert leftovers.old(store._db, made.part) == []
        assert len([cql for cql in asked if "FROM leftovers" in cql]) <= 7
