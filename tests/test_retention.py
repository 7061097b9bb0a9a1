"""Old sessions go while a server runs: which ones, whose turn it is, and what a failure does."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from spanglass import retention
from spanglass.recording import Counts
from spanglass.retention import DELETED_SESSIONS, Retention
from spanglass.store.interface import StoreError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import SECOND_NS, ids, part, span

SECONDS_MAX = 30


class WatchedStore(MemoryStore):
    """A memory store that tells when nothing old was left, and when a turn was asked for; it can refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.clean = threading.Event()
        self.asked = threading.Event()
        self.errors: list[Exception] = []

    def remember(self, key: bytes, value: bytes, *, now_ns: int, until_ns: int) -> bytes:
        self.asked.set()
        return super().remember(key, value, now_ns=now_ns, until_ns=until_ns)

    def delete_before(self, before_ns: int, *, limit: int = 1 << 31) -> int:
        if self.errors:
            raise self.errors.pop()
        count = super().delete_before(before_ns, limit=limit)
        assert count <= limit
        if not count:
            self.clean.set()
        return count


@contextmanager
def keeping(store: WatchedStore, days: float) -> Iterator[Counts]:
    counts = Counts()
    with closing(Retention(store, days, counts)):
        yield counts


def write(store: WatchedStore, number: int, name: str, days: float) -> None:
    """Write a session whose one span was as many days ago."""
    ns = time.time_ns() - int(days * 86_400 * SECOND_NS)
    store.write([part(span(number, trace=number, start_ns=ns, end_ns=ns), session=name, trace=number)])


def filled(ages: dict[str, float]) -> WatchedStore:
    store = WatchedStore()
    for number, (name, days) in enumerate(ages.items()):
        write(store, number, name, days)
    return store


def names(store: WatchedStore) -> set[str]:
    return {session.name for session in store.sessions(limit=1_000).sessions}


def test_deletes_what_was_last_heard_of_too_long_ago() -> None:
    """All that is older than it is kept goes, however much; the rest stays, and the count is told."""
    old = {f"old {number}": 31.0 for number in range(2 * DELETED_SESSIONS + 1)}
    store = filled(old | {"new": 29.0})
    with keeping(store, 30) as counts:
        assert store.clean.wait(SECONDS_MAX)
        assert counts.expired_sessions == len(old)
    assert names(store) == {"new"}


def test_servers_take_turns() -> None:
    """While one server's turn lasts, another one deletes nothing; one that keeps for another time has its own turn."""
    store = filled({"first": 31.0})
    with keeping(store, 30):
        assert store.clean.wait(SECONDS_MAX)
        store.asked.clear()
        write(store, 7, "second", 31)
        with keeping(store, 30) as counts:
            assert store.asked.wait(SECONDS_MAX)
        assert counts.expired_sessions == 0
        assert names(store) == {"second"}
        store.clean.clear()
        with keeping(store, 29):
            assert store.clean.wait(SECONDS_MAX)
        assert names(store) == set()


@pytest.mark.parametrize("error", [StoreError("disk full"), RuntimeError("a bug")])
def test_a_failure_does_not_end_it(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The next round does what one could not."""
    monkeypatch.setattr(retention, "ROUND_SECONDS", 0.01)
    store = filled({"old": 31.0})
    store.errors.append(error)
    with keeping(store, 30):
        assert store.clean.wait(SECONDS_MAX)
    assert store.session(*ids(session="old")) is None
