"""Writing to a session and listing it while something breaks, and what is told of that."""

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Final, Self, TypeVar

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


def again(call: Callable[[], _T]) -> _T:
    """Make a call until the cluster can answer; after too long a silence, let the failure through."""
    deadline = time.monotonic() + SILENCE_SECONDS_MAX
    while True:
        try:
            return call()
        except UnavailableError:
            if time.monotonic() > deadline:
                raise


class Traffic:
    """Writes one session and lists it, over a store of its own each, until it is told to stop.

    Every other trace comes as children without a session, which is told by the root that comes after them. ``number``
    tells one traffic from the others of a keyspace.
    """

    def __init__(self, address: Address, number: int) -> None:
        self.written: set[bytes] = set()
        """The spans that were acknowledged, and whose session was told."""
        self.faults: list[str] = []
        self.longest_seconds = {"write": 0.0, "list": 0.0}
        """How long it took at most until a call was answered, however often it was refused before."""
        self.refused = 0
        self.listed = 0
        self._address = address
        self._names = {"assistant": f"assistant {number}", "session": f"session {number}"}
        self._traces = range(number * TRACES_MAX, (number + 1) * TRACES_MAX)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._watched, args=(each,)) for each in (self._write, self._list)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def __str__(self) -> str:
        return (
            f"{len(self.written)} spans acknowledged, {self.listed} listings, {self.refused} calls refused; longest"
            f" wait {self.longest_seconds['write']:.1f} s to write, {self.longest_seconds['list']:.1f} s to list"
        )

    def written_on(self) -> None:
        """Wait until spans are acknowledged again."""
        before, deadline = len(self.written), time.monotonic() + SILENCE_SECONDS_MAX
        while len(self.written) == before and not self.faults:
            assert time.monotonic() < deadline, "nothing is written any more"
            self._stopping.wait(0.05)

    def settled(self) -> None:
        """Hold what is listed in the end to what was acknowledged."""
        assert self.faults == []
        assert self.listed > 0
        assert max(self.longest_seconds.values()) < SILENCE_SECONDS_MAX
        with closing(self._asked("list", partial(CassandraStore, self._address))) as store:
            assert set(self._pages(store)) == self.written
            here = ids(**self._names)
            sessions = store.sessions(Where(assistants=frozenset({here[0]}))).sessions
            assert [(each.session_id, each.spans) for each in sessions] == [(here[1], len(self.written))]

    def _watched(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (it is told in the end)
            self.faults.append(repr(error))

    def _write(self) -> None:
        with closing(self._asked("write", partial(CassandraStore, self._address))) as store:
            for number in itertools.takewhile(lambda _: not self._stopping.is_set(), self._traces):
                first = number * (CHILDREN + 1)
                children = [
                    span(first + n, trace=number, parent_span_id=span_id(first), inputs=(message(f"said {n}"),))
                    for n in range(1, CHILDREN + 1)
                ]
                told = [part(span(first, trace=number), trace=number, **self._names)]
                untold = [part(*children, trace=number, assistant=self._names["assistant"], session=None)]
                for parts in (untold, told) if number % 2 else (told + untold,):
                    self._asked("write", partial(store.write, parts))
                self.written |= {span_id(first + n) for n in range(CHILDREN + 1)}

    def _list(self) -> None:
        with closing(self._asked("list", partial(CassandraStore, self._address))) as store:
            while not self._stopping.is_set():
                before = set(self.written)
                seen = self._pages(store)
                if len(set(seen)) != len(seen):
                    self.faults.append("a span was listed twice")
                if lost := before - set(seen):
                    self.faults.append(f"{len(lost)} spans of {len(before)} were not listed")
                self.listed += 1

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
