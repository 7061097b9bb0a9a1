"""Changing a session: what comes to it or leaves it is worked out on its state, and swapped in as the next one."""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from spanglass.model.place import Place, TracePart
from spanglass.model.record import SpanRecord
from spanglass.store.cassandra import following, heads, leftovers, resources
from spanglass.store.cassandra.changes import Changes
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import Head, Ids, Pending, Row
from spanglass.store.cassandra.leftovers import Leftover, Note
from spanglass.store.cassandra.listing import Shards
from spanglass.store.cassandra.reader import LostError, Rows
from spanglass.store.cassandra.state import ClusterState
from spanglass.store.compression import Compression
from spanglass.store.interface import RELATED_SPANS_MAX, Relate, UnavailableError
from spanglass.store.pages import supersedes
from spanglass.store.records import decode_heads, encode_heads

TRIES_MAX: Final = 30
"""How often a change is tried again because another server made one."""
PAUSE_SECONDS: Final = 0.005
"""How long to wait before that at most, the first time; it doubles, up to ``PAUSE_SECONDS_MAX``."""
PAUSE_SECONDS_MAX: Final = 0.2
BUSY: Final = "too many servers are writing to the session; try again"
_T = TypeVar("_T")


class Group(msgspec.Struct):
    """What goes to one session: parts, each with its number and its trace's version, and spans of traces that move."""

    place: Place
    parts: list[tuple[int, TracePart, int]] = []
    moved: list[tuple[bytes, int, list[SpanRecord]]] = []


class Outcome(msgspec.Struct):
    """What became of a group: spans that were new, replaced or unchanged by part, and traces that may not come here."""

    counts: dict[int, list[bool | None]] = {}
    refused: dict[bytes, int] = {}
    """A version of the trace up to which it may not."""


class Sessions:
    """Changes sessions, several at a time, but none of them twice at a time."""

    def __init__(
        self, db: Database, compression: Compression, changes: Changes, shards: Shards, known_max: int
    ) -> None:
        self._db = db
        self._changes = changes
        self._shards = shards
        self._compression = compression
        self._known_max = known_max
        self._states: OrderedDict[Ids, ClusterState] = OrderedDict()
        self._lock = threading.Lock()
        self._relating = threading.Lock()
        self.changed: dict[Ids, Row] = {}
        """Sessions whose changes are to be told, as they are."""
        self.noted: list[Note] = []
        """What can be forgotten once they are."""

    def spans_of(self, trace: bytes, ids: Ids) -> list[SpanRecord]:
        """Return a trace's spans in a session, in order."""
        return self._read(ids, lambda state: self._in_trace(state, trace))

    def _read(self, ids: Ids, read: Callable[[ClusterState], _T]) -> _T:
        """Return what is read of a session as it is, again if it is written anew meanwhile."""
        for _ in range(TRIES_MAX):
            try:
                return read(self._state(ids))
            except LostError:
                self._forget(ids)
        raise UnavailableError("the session is being written anew again and again")

    def take_away(self, ids: Ids, trace: bytes, version: int, copied: dict[bytes, int]) -> list[SpanRecord]:
        """Take a trace's spans from a session; if some are not among those copied, by id and end, return them instead.

        Return none if they are all taken away.
        """
        for tries in range(TRIES_MAX):
            try:
                state = self._state(ids)
                spans = self._in_trace(state, trace)
                if late := [span for span in spans if copied.get(span.span_id, -1) < span.end_ns]:
                    return late
                if spans:
                    gone = {span.span_id for span in spans}
                    self._rebuild(state, [span for span in self._all(state) if span.span_id not in gone])
                state.leave(trace, version)
                if self._swap(state, ids, None):
                    return []
            except LostError:
                pass
            self._forget(ids)
            _pause(tries)
        raise UnavailableError(BUSY)

    def commit(self, ids: Ids, group: Group, relate: Relate | None) -> Outcome:
        """Have a session take what comes to it."""
        for tries in range(TRIES_MAX):
            try:
                state = self._state(ids)
                outcome = self._keep_all(state, group, relate)
                if not state.has_changed or self._swap(state, ids, group.place):
                    return outcome
            except LostError:
                pass
            except BaseException:
                self._forget(ids)
                raise
            self._forget(ids)
            _pause(tries)
        raise UnavailableError(BUSY)

    def _keep_all(self, state: ClusterState, group: Group, relate: Relate | None) -> Outcome:
        outcome = Outcome()
        for trace, version, moved in group.moved:
            if not self._is_late(state, trace, version, outcome):
                for span in moved:
                    self._bring(state, span)
        for number, part, version in group.parts:
            if part.trace_id and self._is_late(state, part.trace_id, version, outcome):
                continue
            spans: Sequence[SpanRecord] = part.spans
            if relate is not None and part.trace_id and (told := self._told(state, part)):
                with self._relating:
                    spans = relate(told, part.spans)
            outcome.counts[number] = [self._keep(state, span) for span in spans]
        return outcome

    def _is_late(self, state: ClusterState, trace: bytes, version: int, outcome: Outcome) -> bool:
        """Return whether a trace has left the session, or that was deleted, since the trace was located here."""
        left = max(state.left.get(trace, -1), state.deleted)
        if left >= version:
            outcome.refused[trace] = left
        return left >= version

    def _told(self, state: ClusterState, part: TracePart) -> list[SpanRecord]:
        """Return the spans that a part is related to: the latest of its trace, and those of its ids."""
        told = self._in_trace(state, part.trace_id, RELATED_SPANS_MAX)
        ids = {span.span_id for span in told}
        beyond = [span.span_id for span in part.spans if span.span_id in state.starts and span.span_id not in ids]
        return told + [self._known(state, span_id) for span_id in beyond]

    def _in_trace(self, state: ClusterState, trace: bytes, limit: int = 1 << 31) -> list[SpanRecord]:
        """Return a trace's spans, in order, of too many the latest."""
        if trace not in state.traces:
            return []
        spans = {span.span_id: span for span in state.fresh.values() if span.request_id == trace}
        rows = self._rows(state)
        if rows is not None:
            places = [each for each in rows.in_trace(trace, *state.traces[trace], limit) if each[1] not in state.fresh]
            spans |= {span.span_id: span for span in rows.items().records(places)}
        return sorted(spans.values(), key=lambda span: (span.start_ns, span.span_id))[-limit:]

    def _rows(self, state: ClusterState) -> Rows | None:
        """Return the rows that a session has; None if they are all to be written anew."""
        if state.is_new or not state.row.has_spans:
            return None
        return Rows(self._db, self._compression, state.ids, state.row)

    def _known(self, state: ClusterState, span_id: bytes) -> SpanRecord:
        """Return a span that a session has."""
        if span_id in state.fresh:
            return state.fresh[span_id]
        rows = self._rows(state)
        if rows is None or (place := rows.at(state.starts[span_id], span_id)) is None:
            raise LostError
        return rows.items().records([place])[0]

    def _all(self, state: ClusterState) -> list[SpanRecord]:
        """Return all spans of a session, in order."""
        rows = self._rows(state)
        spans = {span.span_id: span for span in (rows.all() if rows else ())} | state.fresh
        return sorted(spans.values(), key=lambda span: (span.start_ns, span.span_id))

    def _bring(self, state: ClusterState, span: SpanRecord) -> None:
        """Keep a span that moves here; a version that came here before and is not older has been related since."""
        if span.span_id not in state.starts or self._known(state, span.span_id).end_ns < span.end_ns:
            self._keep(state, span)

    def _keep(self, state: ClusterState, span: SpanRecord) -> bool | None:
        """Keep a span; return None if it is new, whether it replaced another content if not."""
        if span.span_id not in state.starts:
            state.put(span)
            return None
        known = self._known(state, span.span_id)
        if not supersedes(span, known):
            return False
        if state.only_adds(span, known):
            state.rollup.count(known, -1)
            del state.starts[span.span_id]
            state.put(span)
        else:
            self._rebuild(state, [span if each.span_id == span.span_id else each for each in self._all(state)])
        return True

    @staticmethod
    def _rebuild(state: ClusterState, spans: Sequence[SpanRecord]) -> None:
        """Have a session written anew from these spans: what only others had is gone."""
        state.clear()
        for span in spans:
            state.put(span)

    def _state(self, ids: Ids) -> ClusterState:
        """Return a session's state as it is now."""
        row = following.finished(self._db, ids)
        if not row.is_told:
            self.changed[ids] = row
        with self._lock:
            state = self._states.pop(ids, None)
        if state is not None and state.row.seq == row.seq:
            pass
        elif state is None or not row.has_spans or not state.catch_up(row, Rows(self._db, self._compression, ids, row)):
            state = ClusterState(ids, row)
            if row.has_spans:
                state.load(Rows(self._db, self._compression, ids, row))
        with self._lock:
            self._states[ids] = state
        return state

    def _forget(self, ids: Ids) -> None:
        with self._lock:
            self._states.pop(ids, None)

    def forget_some(self) -> None:
        """Let go of the sessions written to longest ago once there is too much in memory."""
        with self._lock:
            held = sum(state.size for state in self._states.values())
            while held > self._known_max and len(self._states) > 1:
                _, state = self._states.popitem(last=False)
                held -= state.size

    def _swap(self, state: ClusterState, ids: Ids, place: Place | None) -> bool:
        """Write what is to be changed of a session; return False if another server has changed it."""
        known = state.row
        new = self._next(state, place)
        if known.listed_ns == -1 and state.starts:
            state.shard = self._shards.choose(ids, state.first_ns)
        pending = state.changes(self._compression, self._set_back(state))
        new = new._replace(head=state.head())
        notes = []
        if known.has_spans and state.is_new:
            old = Leftover(ids, known.generation, len(known.head.buckets), new.seq)
            notes.append(leftovers.note(self._db, old))
        if known.has_spans and state.is_new and new.has_spans:
            mine = Leftover(ids, new.generation, len(new.head.buckets), new.seq)
            notes.append(leftovers.note(self._db, mine))
            following.write_anew(self._db, ids, new, pending)
            pending = Pending(listed_ns=pending.listed_ns)
        if new.listed_ns not in {known.listed_ns, -1}:
            self._shards.announce(ids, new)
        encoded, elsewhere = following.stored(self._db, ids, new.seq, pending)
        new = new._replace(pending=encoded)
        if not _swapped(self._db, ids, known, new):
            return False
        following.follow(self._db, ids, new, pending)
        self.changed[ids] = new
        self.noted += elsewhere
        if notes:
            leftovers.discard(self._db, Rows(self._db, self._compression, ids, known), notes[0].what)
            leftovers.done(self._db, notes)
        state.written_as(new)
        return True

    def _next(self, state: ClusterState, place: Place | None) -> Row:
        """Return a session's next row but for what its spans tell."""
        known = state.row
        name, assistant_name = known.name, known.assistant_name
        if place is not None and not known.has_spans:
            assistant_name = resources.name_assistant(self._db, place.assistant_id, place.assistant_name)
            name = known.name if known.is_there else place.session_name
        generation = state.generation if state.starts else 0
        return known._replace(seq=known.next_seq(), name=name, assistant_name=assistant_name, generation=generation)

    def _set_back(self, state: ClusterState) -> list[tuple[int, int, bytes]]:
        """Return the heads of blocks whose messages turned out to have been said earlier."""
        rows, found = self._rows(state), []
        if state.earlier and rows is not None:
            state.set_backs += 1
            for bucket, first, told in rows.heads_of(state.earlier):
                items = [state.dated(ordinal, item) for ordinal, item in enumerate(decode_heads(told), first)]
                found.append((bucket, first, encode_heads(items)))
        state.earlier = set()
        return found

    def delete(self, ids: Ids) -> bool:
        """Delete a session and all that is in it; return whether there was one."""
        for tries in range(TRIES_MAX):
            known = following.finished(self._db, ids)
            if not known.is_there:
                if not known.is_told:  # whoever deleted it died
                    self._changes.tell({ids: known})
                return False
            seq = known.next_seq()
            head = Head(left=known.head.left, shard=known.head.shard, deleted=seq)
            new = Row(seq, head=head, applied=known.applied, change=known.change)
            pending = Pending(listed_ns=known.listed_ns)
            new = new._replace(pending=heads.encode_pending(pending))
            what = Leftover(ids, known.generation, len(known.head.buckets), new.seq, forgotten=True)
            notes = [leftovers.note(self._db, what)] if known.has_spans else []
            if _swapped(self._db, ids, known, new):
                following.follow(self._db, ids, new, pending)
                if known.settings is not None:
                    self._db.write([resources.no_longer_described(ids, new.seq)])
                if notes:
                    leftovers.discard(self._db, Rows(self._db, self._compression, ids, known), what)
                    leftovers.done(self._db, notes)
                self._changes.tell({ids: new})
                return True
            _pause(tries)
        raise UnavailableError(BUSY)

    def passed(self, ids: Ids, seq: int) -> Row:
        """Return a session's row at this state or a later one, to which nobody gets any more who was held up."""
        for tries in range(TRIES_MAX):
            row = following.finished(self._db, ids)
            if not row.is_told:
                self.changed[ids] = row
            if not row.seq or row.seq >= seq:
                return row
            pending = Pending(listed_ns=row.listed_ns)
            new = row._replace(seq=max(seq, row.next_seq()), pending=heads.encode_pending(pending))
            if _swapped(self._db, ids, row, new):
                following.follow(self._db, ids, new, pending)
                self.changed[ids] = new
                return new
            _pause(tries)
        raise UnavailableError(BUSY)


def _swapped(db: Database, ids: Ids, known: Row, new: Row) -> bool:
    """Put a state in the place of the known one; return False if another took it, or if that is not known."""
    try:
        return heads.swap(db, ids, known, new)
    except UnavailableError:
        return False  # what was to be done is worked out anew, and if it was done, there is nothing to do


def _pause(tries: int) -> None:
    """Wait a little, longer each time, so that servers do not run into each other again."""
    time.sleep(random.random() * min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * (1 << tries)))  # noqa: S311 (to spread, not to hide)
