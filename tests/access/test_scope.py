"""A store as a key sees it that is limited to some assistants."""

from collections.abc import Callable
from inspect import getmembers, isfunction

import msgspec
import pytest

from spanglass.access import Caller, limited
from spanglass.access.errors import ForbiddenError
from spanglass.access.scope import ScopedStore
from spanglass.config import Limits
from spanglass.model.place import TracePart
from spanglass.reading import Reader
from spanglass.store.interface import KeyRecord, NoAssistantError, Resource, Store
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import everything, ids, message, part, span, span_id, trace_id
from spanglass.store.where import Where

OURS, THEIRS = ids("ours"), ids("theirs")


def sent(assistant: str, number: int) -> TracePart:
    said = (message(f"hello {assistant}"),)
    return part(span(number, trace=number, inputs=said), assistant=assistant, session=assistant, trace=number)


@pytest.fixture
def store() -> MemoryStore:
    """A store with a session of ours and one of theirs."""
    store = MemoryStore()
    store.write([sent("ours", 1), sent("theirs", 2), sent("ours", 3), sent("theirs", 4)])
    return store


@pytest.fixture
def alone() -> MemoryStore:
    """A store with our session alone."""
    store = MemoryStore()
    store.write([sent("ours", 1), sent("ours", 3)])
    return store


@pytest.fixture
def view(store: MemoryStore) -> ScopedStore:
    return ScopedStore(store, {ids("ours")[0]})


def place(of: tuple[bytes, bytes], name: str) -> tuple[bytes, bytes]:
    return of[0], ids(name, name)[1]


OUR_PLACE, THEIR_PLACE = place(OURS, "ours"), place(THEIRS, "theirs")

READS: dict[str, Callable[[Store, tuple[bytes, bytes], int], object]] = {
    "session": lambda store, place, _: store.session(*place),
    "spans": lambda store, place, _: store.spans(*place, running=True),
    "span": lambda store, _, number: store.span(span_id(number)),
    "trace": lambda store, _, number: store.trace(trace_id(number)),
    "claims": lambda store, _, number: store.claims([trace_id(number)]),
    "outline": lambda store, place, _: store.outline(*place),
    "said": lambda store, place, _: store.said(*place),
    "said_before": lambda store, place, _: store.said_before(*place, 1 << 62),
    "hits": lambda store, place, _: store.hits(*place, "hello"),
    "resource": lambda store, place, _: store.resource(*place),
    "sessions": lambda store, place, _: store.sessions(Where(assistants=frozenset({place[0]}))),
    "facets": lambda store, place, _: store.facets("name", Where(assistants=frozenset({place[0]}))),
    "sample": lambda store, place, _: store.sample(Where(assistants=frozenset({place[0]}))),
    "totals": lambda store, place, _: store.totals(Where(assistants=frozenset({place[0]}))),
}


def plain(value: object) -> object:
    return msgspec.to_builtins(value)


@pytest.mark.parametrize("name", READS)
def test_a_view_has_what_is_ours_and_nothing_else(view: ScopedStore, alone: MemoryStore, name: str) -> None:
    """Each way to read finds ours as if it were alone in the store, and of theirs what a store without it has."""
    read = READS[name]
    assert plain(read(view, OUR_PLACE, 1)) == plain(read(alone, OUR_PLACE, 1))
    assert plain(read(view, THEIR_PLACE, 2)) == plain(read(alone, THEIR_PLACE, 2))


def test_theirs_would_be_found_without_the_view(store: MemoryStore, alone: MemoryStore) -> None:
    """The reads above find something of theirs in the store itself, so they would tell."""
    for read in READS.values():
        assert plain(read(store, THEIR_PLACE, 2)) != plain(read(alone, THEIR_PLACE, 2))


def test_lists_are_ours(view: ScopedStore, alone: MemoryStore) -> None:
    """Lists, searches and counts over everything are over ours."""
    assert everything(view) == everything(alone)
    assert plain(view.sessions(Where(text="hello"))) == plain(alone.sessions(Where(text="hello")))
    assert plain(view.facets("assistant")) == plain(alone.facets("assistant"))
    assert plain(view.totals()) == plain(alone.totals())
    assert view.assistants() == alone.assistants()
    assert view.assistants(after=OURS[0]) == []
    assert view.described(OURS[0]) == view.described(THEIRS[0]) == []
    assert {change.assistant_id for change in view.changes(0)} == {OURS[0]}
    assert {change.assistant_id for change in view.changes(0, limit=1)} == {OURS[0]}
    assert view.capabilities == alone.capabilities
    assert view.version(*THEIR_PLACE) is None
    assert view.version(*OUR_PLACE) is not None


def test_a_view_changes_what_is_ours(view: ScopedStore, store: MemoryStore) -> None:
    """Ours can be changed and deleted through it; theirs cannot, nor can what concerns all."""

    def renamed(_known: Resource | None) -> Resource:
        return Resource(assistant_id=OURS[0], name="ours", settings=b"{}", changed_ns=1)

    assert view.change(OURS[0], b"", renamed) == view.resource(OURS[0])
    for place in (OUR_PLACE, THEIR_PLACE):
        store.change(*place, lambda known: known or Resource(assistant_id=b"", name=""))
    assert view.described(OURS[0]) == [view.resource(*OUR_PLACE)]
    assert view.described(THEIRS[0]) == []
    with pytest.raises(NoAssistantError):
        view.change(THEIRS[0], b"", renamed)
    assert not view.delete_session(*THEIR_PLACE)
    assert not view.delete_assistant(THEIRS[0])
    key = KeyRecord(key_id="SPANA", role="admin", created_ns=1)
    store.add_key(key)
    assert (view.keys(), view.key("SPANA")) == ([], None)
    for change in (
        lambda: view.write([sent("ours", 5)]),
        lambda: view.delete_before(1 << 62),
        lambda: view.add_key(key),
        lambda: view.revoke_key("SPANA", 1),
    ):
        with pytest.raises(ForbiddenError):
            change()
    assert store.session(*THEIR_PLACE) is not None
    assert view.delete_session(*OUR_PLACE)
    assert view.delete_assistant(OURS[0])
    assert view.remember(b"k", b"v", now_ns=0, until_ns=9) == store.remember(b"k", b"w", now_ns=0, until_ns=9) == b"v"
    assert not view.maintain()
    view.close()
    assert store.session(*THEIR_PLACE) is not None


def test_a_view_answers_for_all_of_a_store() -> None:
    """No method of a store is left to the contract's own, which would answer nothing."""
    for name, method in getmembers(Store, isfunction):
        if not name.startswith("_"):
            assert getattr(ScopedStore, name) is not method, name


def test_a_caller_without_limits_sees_the_store_itself(store: MemoryStore) -> None:
    """Only limited callers have a view between."""
    reader = Reader(store, Limits())
    assert limited(reader, Caller()) is reader
    seen = limited(reader, Caller(assistants=frozenset({OURS[0]})))
    assert isinstance(seen._store, ScopedStore)
