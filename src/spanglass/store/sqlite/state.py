"""A session as the writer holds it in memory: which fragments it has, its roll-up, and what is to be written."""

from collections.abc import Sequence
from typing import NamedTuple

from spanglass.model.place import Place
from spanglass.model.record import PARTICIPANTS, Fragment, SpanRecord
from spanglass.store.pages import said_ms
from spanglass.store.records import ENTRY, Item, encode_entry
from spanglass.store.rollups import Rollup, last_ns


class Loose(NamedTuple):
    """A block that is small enough to be merged: its row, the ordinal of its first item, the bytes of its pieces."""

    number: int
    first: int
    size: int


class SessionState:
    """The writer's picture of one session, true for as long as nobody else has written to the store."""

    def __init__(self, number: int, place: Place) -> None:
        self.number = number
        self.place = place
        self.writes = 0
        """How often the session has been written to, as its row tells: another process's writes are seen by it."""
        self.clear()

    def clear(self) -> None:
        """Begin anew, as a session that has nothing."""
        self.rollup = Rollup()
        self.first_ns = 1 << 62
        self.last_ns = 0
        self.items = 0
        """The next ordinal."""
        self.written = 0
        """Ordinals below are in the file; the rest is ``pending``."""
        self.pending: list[Item] = []
        self.loose: list[Loose] = []
        self.known: dict[bytes, int] = {}
        self.since: dict[int, int] = {}
        self.newest_since = 0
        self.earlier: set[int] = set()
        """Ordinals, already written, of messages that turned out to have been said earlier."""

    def learn(self, items: Sequence[Item]) -> None:
        """Take note of items that are in the file, in order of their ordinals from ``items`` on."""
        for item in items:
            if item.kind != ENTRY:
                self.known[item.key] = self.items
            if item.kind in PARTICIPANTS:
                self.since[self.items] = item.since_ms
                self.newest_since = max(self.newest_since, item.since_ms)
            self.items += 1
        self.written = self.items

    def add(self, span: SpanRecord) -> int:
        """Append a span's entry and those of its fragments that are new; return the entry's ordinal."""
        start_ms = span.start_ns // 1_000_000
        if start_ms < self.newest_since:
            self._said_earlier(span)
        entry = Item(ENTRY, b"", b"")
        ordinal = self._append(entry)
        references = [
            self._ordinals(span.inputs, start_ms),
            self._ordinals(span.outputs, span.end_ns // 1_000_000 if span.end_ns else start_ms),
            self._ordinals(span.system),
            self._ordinals(span.details),
        ]
        entry.piece = encode_entry(span, self._ordinals((span.recurring,))[0], references)
        self.count(span)
        return ordinal

    def count(self, span: SpanRecord) -> None:
        """Add a span to the roll-up and to the session's time."""
        self.rollup.count(span)
        self.first_ns = min(self.first_ns, span.start_ns)
        self.last_ns = max(self.last_ns, last_ns(span))

    def _append(self, item: Item) -> int:
        ordinal = self.items
        self.pending.append(item)
        self.items = ordinal + 1
        return ordinal

    def _ordinals(self, fragments: Sequence[Fragment], ms: int = 0) -> list[int]:
        known = self.known
        ordinals = []
        for fragment in fragments:
            ordinal = known.get(fragment.key)
            if ordinal is None:
                ordinal = known[fragment.key] = self._append_fragment(fragment, ms)
            ordinals.append(ordinal)
        return ordinals

    def _append_fragment(self, fragment: Fragment, ms: int) -> int:
        if fragment.kind not in PARTICIPANTS:
            return self._append(Item(fragment.kind, fragment.key, fragment.json))
        ordinal = self._append(Item(fragment.kind, fragment.key, fragment.json, ms))
        self.since[ordinal] = ms
        self.newest_since = max(self.newest_since, ms)
        return ordinal

    def _said_earlier(self, span: SpanRecord) -> None:
        """Set back the times of known messages that this span puts earlier."""
        for fragment, ms in said_ms(span):
            ordinal = self.known.get(fragment.key)
            if ordinal is None or ms >= self.since[ordinal]:
                continue
            self.since[ordinal] = ms
            if ordinal < self.written:
                self.earlier.add(ordinal)
            else:
                self.pending[ordinal - self.written].since_ms = ms
