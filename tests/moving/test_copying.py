"""A copy of a store is the store again, whatever is in it, and goes on where it was broken off."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanglass.config import Limits
from spanglass.model.place import TracePart
from spanglass.model.record import Members
from spanglass.moving.copying import PAGE_SPANS, WRITE_SPANS, Copying
from spanglass.store.interface import KeyRecord, Relate, Resource, Store, UnavailableError, WriteResult
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import EPOCH_NS, everything, ids, message, part, parts, span, span_id, trace_id
from spanglass.store.sqlite import SqliteStore

KEYS = (
    KeyRecord(key_id="SPANA", role="writer", name="café", assistants=(ids()[0],), created_ns=EPOCH_NS),
    KeyRecord(key_id="SPANB", role="admin", created_ns=EPOCH_NS + 1, revoked_ns=EPOCH_NS + 2),
)


def told(store: Store) -> object:
    """Return all that a store tells."""
    assistants = store.assistants()
    resources = [assistants, [store.described(each.assistant_id) for each in assistants]]
    return everything(store), msgspec.to_builtins(resources), msgspec.to_builtins(store.keys())


def copied(source: Store, target: Store) -> list[tuple[str, str]]:
    return list(Copying(source, target, Limits()).run())


def describe(store: Store, assistant: str, session: str | None = None, changed_ns: int = EPOCH_NS) -> None:
    assistant_id, session_id = ids(assistant, session or "s")
    session_id = session_id if session else b""
    name = session or assistant
    resource = Resource(
        assistant_id=assistant_id, session_id=session_id, name=name, settings=b'{"a":1}', changed_ns=changed_ns
    )
    store.change(assistant_id, session_id, lambda _: resource)


@pytest.fixture
def source() -> MemoryStore:
    """A store with some of everything."""
    store = MemoryStore()
    said = (message("Hello"), message("again"))
    store.write([part(span(1, inputs=said), span(2, end_ns=0, parent_span_id=span_id(1), inputs=said[:1]))])
    store.write([part(span(3, trace=1, own_detail=b'{"n":1}'), session=None, trace=1)])
    store.write([part(span(4, trace=7), session="put", trace=None)])
    describe(store, "bot")
    describe(store, "bot", "s")
    describe(store, "bot", "without spans")
    describe(store, "empty")
    for key in KEYS:
        store.add_key(key)
    return store


def test_a_copy_tells_the_same(source: MemoryStore, tmp_path: Path) -> None:
    """Through SQLite and back nothing is lost: spans, running ones too, settings, keys; again it changes nothing."""
    with closing(SqliteStore(tmp_path / "copy.db")) as between, closing(SqliteStore(tmp_path / "second.db")) as second:
        back = MemoryStore()
        for here, there in ((source, between), (between, second), (second, back)):
            assert copied(here, there) == []
            assert told(there) == told(source)
        again = Copying(source, between, Limits())
        assert list(again.run()) == []
        assert (again.copied.present, again.copied.sessions, again.copied.spans) == (3, 0, 0)
        assert again.copied.keys == len(KEYS)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(parts(), max_size=12), later=st.lists(parts(), max_size=4))
def test_a_copy_goes_on_as_the_store_would(drawn: list[TracePart], later: list[TracePart]) -> None:
    """What comes in later does to a copy what it does to the store: moves traces, replaces spans, leaves them."""
    source, target = MemoryStore(), MemoryStore()
    source.write(drawn)
    assert copied(source, target) == []
    assert everything(target) == everything(source)
    for store in (source, target):
        store.write(later)
    assert everything(target) == everything(source)


def test_a_long_session_goes_in_pieces() -> None:
    """A session of more spans than one write takes is copied whole, in writes that are bounded."""

    class Counting(MemoryStore):
        most = 0

        def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
            self.most = max(self.most, sum(len(part.spans) for part in parts))
            return super().write(parts, relate)

    source, target = MemoryStore(), Counting()
    count = WRITE_SPANS + 2 * PAGE_SPANS + 1
    source.write([part(*(span(n, trace=n % 3) for n in range(count)), trace=None)])
    seen: list[int] = []
    copying = Copying(source, target, Limits(), seen.append)
    assert list(copying.run()) == []
    assert copying.copied.spans == sum(seen) == count
    assert target.most == WRITE_SPANS
    assert everything(target) == everything(source)


def test_a_copy_that_was_broken_off_goes_on(source: MemoryStore) -> None:
    """What was copied before the target failed is there, and the same call copies the rest."""

    class Failing(MemoryStore):
        fails = True

        def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
            if self.fails:
                raise UnavailableError("a node is down")
            return super().write(parts, relate)

    target = Failing()
    with pytest.raises(UnavailableError, match="a node is down"):
        copied(source, target)
    target.fails = False
    assert copied(source, target) == []
    assert told(target) == told(source)


def test_what_differs_is_told(source: MemoryStore) -> None:
    """A span that the target has otherwise, a later change, another key: each is told by what it is of."""
    target = MemoryStore()
    assert copied(source, target) == []
    target.write([part(span(1, end_ns=EPOCH_NS * 2, own=Members(b'"status":"ERROR"')))])
    target.write([part(span(9, trace=1), session=None, trace=1)])
    describe(target, "empty", changed_ns=EPOCH_NS + 5)
    target.revoke_key("SPANA", EPOCH_NS)
    found = copied(source, target)
    assert {what.split("/")[-1].split()[-1] for what, _ in found} == {
        "SPANA",
        str(UUID(bytes=ids("empty")[0])),
        str(UUID(bytes=ids()[1])),
        str(UUID(bytes=trace_id(1))),
    }
    assert [how for what, how in found if str(UUID(bytes=trace_id(1))) in what] == [
        "1 spans, 2 in the target, which counts otherwise; did spans come in meanwhile?"
    ]
    assert len(found) == 4


def test_a_change_that_counts_cannot_tell_is_mended(source: MemoryStore) -> None:
    """A session of the same counts but another content is written again."""
    target = MemoryStore()
    assert copied(source, target) == []
    source.write([part(span(3, trace=1, own_detail=b'{"n":2}'), session=None, trace=1)])
    copying = Copying(source, target, Limits())
    assert list(copying.run()) == []
    assert copying.copied.sessions == 1
    assert everything(target) == everything(source)
