"""A session as the writer holds it in memory: which fragments it has, its roll-up, and what is to be written."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from spanglass.model.record import PARTICIPANTS, SPOKEN, Fragment, SpanRecord
from spanglass.store.pages import said_ms
from spanglass.store.records import DEPTH_MAX, RUNNING, Entry, Item, encode_entry, runs
from spanglass.store.rollups import Rollup, is_turn, last_ns

KEPT_MIN: Final = 3
"""Messages from which on a span's inputs are a conversation that may continue another."""


class _Call(NamedTuple):
    """The last span that had a conversation: its entry, how many entries that builds on, what was said."""

    ordinal: int
    depth: int
    inputs: tuple[Fragment, ...]
    outputs: tuple[Fragment, ...]


class SessionState:
    """A writer's picture of one session, true for as long as nobody else has written to it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew, as a session that has nothing."""
        self.rollup = Rollup()
        self.first_ns = 1 << 62
        self.last_ns = 0
        self.items = 0
        """The next ordinal."""
        self.written = 0
        """Ordinals below are in the store; the rest is ``pending``."""
        self.pending: list[Item] = []
        self.last: _Call | None = None
        self.starts: dict[bytes, int] = {}
        """The spans that the session has, each with its start."""
        self.known: dict[bytes, int] = {}
        self.since: dict[int, int] = {}
        self.newest_since = 0
        self.earlier: set[int] = set()
        """Ordinals, already written, of messages that turned out to have been said earlier."""

    @property
    def size(self) -> int:
        """How many spans and fragments the state remembers."""
        return len(self.known) + len(self.starts)

    def learn(self, items: Sequence[Item]) -> None:
        """Take note of items that are in the store, in order of their ordinals from ``items`` on."""
        for item in items:
            if isinstance(item, Fragment):
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
        ordinal = self._append(b"")  # its place, before that of the fragments it brings
        end_ms = span.end_ns // 1_000_000 if span.end_ns else start_ms
        back, kept, depth = self._shared_with_last(span, ordinal)
        self.pending[ordinal - self.written] = encode_entry(
            Entry(
                span.end_ns - span.start_ns if span.end_ns else RUNNING,
                span.parent_span_id,
                span.request_id,
                self._ordinals((span.recurring,))[0],
                back,
                kept,
                depth,
                runs(self._ordinals(span.inputs[kept:], start_ms)),
                runs(self._ordinals(span.outputs, end_ms)),
                runs(self._ordinals(span.system)),
                runs(self._ordinals(span.details)),
                span.inputs_shown_from,
                span.outputs_shown_from,
                span.own.span,
                span.own.attributes,
                span.own_detail,
            )
        )
        if len(span.inputs) >= KEPT_MIN:
            self.last = _Call(ordinal, depth, span.inputs, span.outputs)
        self.starts[span.span_id] = span.start_ns
        self.count(span)
        return ordinal

    def _shared_with_last(self, span: SpanRecord, ordinal: int) -> tuple[int, int, int]:
        """Return how far back the call is that this one continues, how many messages it repeats, and the depth."""
        last = self.last
        if last is None or len(span.inputs) < KEPT_MIN or last.depth == DEPTH_MAX:
            return 0, 0, 0
        for said in (last.inputs + last.outputs, last.inputs):
            if span.inputs[: len(said)] == said:
                return ordinal - last.ordinal, len(said), last.depth + 1
        return 0, 0, 0

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
        self.rollup.turns += is_turn(fragment)
        if fragment.kind not in PARTICIPANTS:
            return self._append(fragment)
        self.since[self.items] = ms
        self.newest_since = max(self.newest_since, ms)
        return self._append(Fragment(fragment.kind, fragment.key, fragment.json, ms))

    def dated(self, ordinal: int, item: Item) -> Item:
        """Return an item with the time that it is now known to have been said first."""
        if isinstance(item, Fragment) and item.kind in PARTICIPANTS:
            return msgspec.structs.replace(item, since_ms=self.since[ordinal])
        return item

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
                at = ordinal - self.written
                self.pending[at] = self.dated(ordinal, self.pending[at])

    def only_adds(self, new: SpanRecord, known: SpanRecord) -> bool:
        """Return whether replacing a span takes nothing away that the session shows or finds by it."""
        said = {fragment.key: ms for fragment, ms in said_ms(new)}
        times = all(
            said.get(fragment.key, 1 << 62) <= ms or self.since[self.known[fragment.key]] < ms
            for fragment, ms in said_ms(known)
        )
        ends = new.start_ns <= known.start_ns and last_ns(new) >= last_ns(known)
        return ends and times and _spoken(known) <= _spoken(new) and not self.rollup.forgets(known, new)


def _spoken(span: SpanRecord) -> set[bytes]:
    return {
        fragment.key
        for fragments in (span.inputs, span.outputs, span.system)
        for fragment in fragments
        if fragment.kind in SPOKEN
    }
