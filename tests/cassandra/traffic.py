"""Writing to a session and listing it while something breaks, and what is told of that."""

import itertools
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from functools import partial
from typing import Final, Generic, Self, TypeVar

from spanglass.store.cassandra.address import Address
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import Cursor, UnavailableError
from spanglass.store.samples import ids, message, part, span, span_id
from spanglass.store.where import Where

SILENCE_SECONDS_MAX: Final = 120.0
"""How long calls may fail one after the other: a few statements, each tried on every node."""
CHILDREN: Final = 4
TRACES_MAX: Final = 1_000_000
"""Traces of one traffic."""
PAGE_SPANS: Final = 100
_T = TypeVar("_T")
_Id = TypeVar("_Id")


def again(call: Callable[[], _T]) -> _T:
    """Make a call until the cluster can answer; after too long a silence, let the failure through."""
    deadline = time.monotonic() + SILENCE_SECONDS_MAX
    while True:
        try:
            return call()
        except UnavailableError:
            if time.monotonic() > deadline:
                raise


class Pair(Generic[_Id]):
    """One who writes a session and one who lists it, each in a thread, until they are told to stop."""

    def __init__(self) -> None:
        self.acknowledged: set[_Id] = set()
        """The spans that were, and whose session was told."""
        self.faults: list[str] = []
        self.listed = 0
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._watched, args=(each,)) for each in (self.send, self.look)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self._threads:
            thread.join()

    def send(self) -> None:
        """Write until it is time to stop."""
        raise NotImplementedError

    def look(self) -> None:
        """List until it is time to stop."""
        raise NotImplementedError

    def _watched(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (it is told in the end)
            self.faults.append(repr(error))

    def acknowledged_on(self) -> None:
        """Wait until spans are acknowledged again."""
        before, deadline = len(self.acknowledged), time.monotonic() + SILENCE_SECONDS_MAX
        while len(self.acknowledged) == before and not self.faults:
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            self.stopping.wait(0.05)

    def check(self, before: Collection[_Id], seen: Sequence[_Id]) -> None:
        """Note what is wrong with a listing, given what was acknowledged before it."""
        if len(set(seen)) != len(seen):
            self.faults.append("a span was listed twice")
        if lost := set(before) - set(seen):
            self.faults.append(f"{len(lost)} spans of {len(before)} were not listed")
        self.listed += 1


class Traffic(Pair[bytes]):
    """Writes one session and lists it, over a store of its own each, until it is told to stop.

    Every other trace comes as children without a session, which is told by the root that comes after them. ``number``
    tells one traffic from the others of a keyspace.
    """

    def __init__(self, address: Address, number: int) -> None:
        super().__init__()
        self.longest_seconds = {"write": 0.0, "list": 0.0}
        """How long it took at most until a call was answered, however often it was refused before."""
        self.refused = 0
        self._address = address
        self._names = {"assistant": f"assistant {number}", "session": f"session {number}"}
        self._traces = range(number * TRACES_MAX, (number + 1) * TRACES_MAX)

    def __str__(self) -> str:
        write, listing = self.longest_seconds["write"], self.longest_seconds["list"]
        return (
            f"{len(self.acknowledged)} spans acknowledged, {self.listed} listings, {self.refused} calls refused;"
            f" longest wait {write:.1f} s to write, {listing:.1f} s to list"
        )

    def settled(self) -> None:
        """Hold what is listed in the end to what was acknowledged."""
        assert self.faults == []
        assert self.listed > 0
        assert max(self.longest_seconds.values()) < SILENCE_SECONDS_MAX
        with closing(self._asked("list", partial(CassandraStore, self._address))) as store:
            assert set(self._pages(store)) == self.acknowledged
            here = ids(**self._names)
            sessions = store.sessions(Where(assistants=frozenset({here[0]}))).sessions
            assert [(each.session_id, each.spans) for each in sessions] == [(here[1], len(self.acknowledged))]

    def send(self) -> None:
        """See ``Pair``."""
        with closing(self._asked("write", partial(CassandraStore, self._address))) as store:
            for number in itertools.takewhile(lambda _: not self.stopping.is_set(), self._traces):
                first = number * (CHILDREN + 1)
                children = [
                    span(first + n, trace=number, parent_span_id=span_id(first), inputs=(message(f"said {n}"),))
                    for n in range(1, CHILDREN + 1)
                ]
                told = [part(span(first, trace=number), trace=number, **self._names)]
                untold = [part(*children, trace=number, assistant=self._names["assistant"], session=None)]
                for parts in (untold, told) if number % 2 else (told + untold,):
                    self._asked("write", partial(store.write, parts))
                self.acknowledged |= {span_id(first + n) for n in range(CHILDREN + 1)}

    def look(self) -> None:
        """See ``Pair``."""
        with closing(self._asked("list", partial(CassandraStore, self._address))) as store:
            while not self.stopping.is_set():
                before = set(self.acknowledged)
                self.check(before, self._pages(store))

    def _pages(self, store: CassandraStore) -> list[bytes]:
        """Return all spans of the session, page by page."""
        seen: list[bytes] = []
        after: Cursor | None = None
        while True:
            page = self._asked("list", partial(store.spans, *ids(**self._names), after=after, limit=PAGE_SPANS))
            seen += [each.span_id for each in page.spans] if page else []
            if page is None or page.next is None:
                return seen
            after = page.next

    def _asked(self, what: str, call: Callable[[], _T]) -> _T:
        """Make a call until the cluster can answer, and note how long that took."""
        began = time.monotonic()

        def counted() -> _T:
            try:
                return call()
            except UnavailableError:
                self.refused += 1
                raise

        try:
            return again(counted)
        finally:
            self.longest_seconds[what] = max(self.longest_seconds[what], time.monotonic() - began)
