"""Writing parts: traces are located and moved, then each session takes what comes to it, in one change of its state."""

import random
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import msgspec

from spanglass.model.place import Place, TracePart
from spanglass.model.record import SpanRecord
from spanglass.store.cassandra import following, heads, leftovers, resources, traces
from spanglass.store.cassandra.changes import Changes
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import Head, Ids, Pending, Row
from spanglass.store.cassandra.leftovers import Leftover, Note
from spanglass.store.cassandra.listing import Shards
from spanglass.store.cassandra.reader import LIMIT_MAX, LostError, Rows
from spanglass.store.cassandra.state import ClusterState
from spanglass.store.cassandra.traces import Located
from spanglass.store.compression import Compression
from spanglass.store.interface import RELATED_SPANS_MAX, Relate, UnavailableError, WriteResult
from spanglass.store.pages import supersedes
from spanglass.store.records import decode_heads, encode_heads

THREADS: Final = 8
"""Sessions and traces that are seen to at a time."""
TRIES_MAX: Final = 30
"""How often a change is tried again because another server made one."""
PAUSE_SECONDS: Final = 0.005
"""How long to wait before that at most, the first time; it doubles, up to ``PAUSE_SECONDS_MAX``."""
PAUSE_SECONDS_MAX: Final = 0.2
BUSY: Final = "too many servers are writing to the session; try again"
_S = TypeVar("_S")
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
    """The version of the trace with which it left this session."""


class Writer:
    """Changes sessions by spans; its caller lets one write in at a time."""

    def __init__(
        self, db: Database, compression: Compression, changes: Changes, shards: Shards, known_max: int
    ) -> None:
        self._db = db
        self._shards = shards
        self._compression = compression
        self._changes = changes
        self._known_max = known_max
        self._states: OrderedDict[Ids, ClusterState] = OrderedDict()
        self._lock = threading.Lock()
        self._relating = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spanglass-cassandra")
        self._changed: dict[Ids, Row] = {}
        """Sessions whose changes this write is to tell, as they are."""
        self._moving: dict[bytes, Note] = {}
        """What this write has noted of traces that it moves."""
        self._moved: list[Located] = []
        """Traces that are where they belong, to be said in their rows once the changes are told."""
        self._noted: list[Note] = []
        """What can be forgotten then."""

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown()

    def put(self, parts: Sequence[TracePart], relate: Relate | None) -> WriteResult:
        """Write parts; see ``interface.Store.write``."""
        foreign: list[int] = []
        counts: list[bool | None] = []
        left: dict[int, TracePart] = dict(enumerate(parts))
        newer: dict[bytes, int] = {}
        try:
            for _ in range(TRIES_MAX):
                groups, located, left_out = self._grouped(left, newer)
                foreign += left_out
                outcomes = self._each(lambda each: self._commit(*each, relate), groups.items())
                done = {number: count for outcome in outcomes for number, count in outcome.counts.items()}
                counts += [kept for count in done.values() for kept in count]
                newer = {trace: version for outcome in outcomes for trace, version in outcome.refused.items()}
                for each in located:
                    if each.parts and each.trace_id not in newer:
                        self._settle(each, groups[each.ids])
                left = {number: part for number, part in left.items() if number not in done and number not in foreign}
                if not left:
                    break
            else:
                raise UnavailableError("the trace is being moved by several servers; try again")
        finally:
            self._tell()
        return WriteResult(counts.count(None), counts.count(True), counts.count(False), tuple(sorted(foreign)))

    def _each(self, do: Callable[[_S], _T], items: Iterable[_S]) -> list[_T]:
        """Do something with several items at a time; all is over on return, also where one fails."""
        items = list(items)
        if len(items) == 1:
            return [do(items[0])]
        futures = [self._threads.submit(do, each) for each in items]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]
        return [future.result() for future in futures]

    def _grouped(
        self, parts: dict[int, TracePart], newer: dict[bytes, int]
    ) -> tuple[dict[Ids, Group], list[Located], list[int]]:
        """Return what goes to which session, where traces belong, and the numbers of parts that are left out."""
        groups: dict[Ids, Group] = {}
        foreign: list[int] = []
        by_trace: defaultdict[bytes, list[tuple[int, TracePart]]] = defaultdict(list)
        for number, part in parts.items():
            if part.trace_id:
                by_trace[part.trace_id].append((number, part))
                continue
            place = part.claims.place(b"")
            if part.fits(place):
                group = groups.setdefault((place.assistant_id, place.session_id), Group(place))
                group.parts.append((number, part, 0))
            else:
                foreign.append(number)
        located = self._each(lambda each: self._locate(*each, newer.get(each[0], 0)), by_trace.items())
        for each in located:
            foreign += each.foreign
            if each.parts:
                self._join(groups.setdefault(each.ids, Group(each.place)), each)
        for group in groups.values():
            group.parts.sort(key=lambda each: each[0])
        return groups, located, foreign

    def _locate(self, trace: bytes, parts: Sequence[tuple[int, TracePart]], newer_than: int) -> Located:
        def note() -> None:
            if trace not in self._moving:
                self._moving[trace] = leftovers.note(self._db, Leftover(trace=trace))

        return traces.locate(self._db, trace, parts, newer_than, note)

    def _join(self, group: Group, located: Located) -> None:
        version = located.trace.version
        group.parts += [(number, part, version) for number, part in located.parts]
        for ids in located.others:
            group.moved.append((located.trace_id, version, self._spans_of(located.trace_id, ids)))

    def _spans_of(self, trace: bytes, ids: Ids) -> list[SpanRecord]:
        return self._read(ids, lambda state: self._in_trace(state, trace))

    def _read(self, ids: Ids, read: Callable[[ClusterState], _T]) -> _T:
        """Return what is read of a session as it is, again if it is written anew meanwhile."""
        for _ in range(TRIES_MAX):
            try:
                return read(self._state(ids))
            except LostError:
                self._forget(ids)
        raise UnavailableError("the session is being written anew again and again")

    # Traces

    def _settle(self, located: Located, group: Group) -> None:
        """Take a trace's spans away from where they do not belong; those of the group are where they do by now."""
        if not located.others:
            return
        trace, version = located.trace_id, located.trace.version
        copied = {span.span_id: span.end_ns for each, _, spans in group.moved if each == trace for span in spans}
        for ids in located.others:
            while late := self._take_away(ids, trace, version, copied):
                copied |= {span.span_id: span.end_ns for span in late}
                if self._commit(located.ids, Group(located.place, moved=[(trace, version, late)]), None).refused:
                    return  # another server moves it on from there, and knows of all places
        self._moved.append(located)

    def settle(self, trace: bytes) -> None:
        """Finish moving a trace that another server may have begun to move."""
        known = traces.read(self._db, trace)
        if known is None or len(known.places) == 1:
            return
        place = known.claims.place(trace)
        ids = (place.assistant_id, place.session_id)
        group = Group(place)
        for other in known.places:
            if other != ids:
                group.moved.append((trace, known.version, self._spans_of(trace, other)))
        try:
            if not self._commit(ids, group, None).refused:
                self._settle(Located(trace, place, known, [], []), group)
        finally:
            self._tell()

    def _take_away(self, ids: Ids, trace: bytes, version: int, copied: dict[bytes, int]) -> list[SpanRecord]:
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

    # Sessions

    def _commit(self, ids: Ids, group: Group, relate: Relate | None) -> Outcome:
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
        """Return whether a trace has left the session since it was located here."""
        left = state.left.get(trace, -1)
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
            self._changed[ids] = row
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

    def _remember(self) -> None:
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
        self._changed[ids] = new
        self._noted += elsewhere
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
            head = Head(left=known.head.left, shard=known.head.shard)
            new = Row(known.next_seq(), head=head, applied=known.applied, change=known.change)
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

    def delete_all(self, sessions: Iterable[Ids]) -> int:
        """Delete several sessions; return how many there were."""
        return sum(self._each(self.delete, sessions))

    def _tell(self) -> None:
        """Add what this write changed to the feed of changes, then let go of what led to all that was to be done."""
        changed, moved, noted, moving = self._changed, self._moved, self._noted, self._moving
        self._changed, self._moved, self._noted, self._moving = {}, [], [], {}
        self._changes.tell(changed)
        for each in moved:
            if traces.settle(self._db, each) and each.trace_id in moving:
                noted.append(moving[each.trace_id])
        leftovers.done(self._db, noted)
        self._remember()

    # Housekeeping

    def finish(self, note: leftovers.Note) -> None:
        """Finish what another server has left behind."""
        what = note.what
        if what.trace:
            self.settle(what.trace)
        else:
            row = self._passed(what.ids, what.seq)
            if row.generation != what.generation or not row.has_spans:
                head = Head(items=LIMIT_MAX, buckets=[heads.Bucket(0)] * what.buckets)
                rows = Rows(self._db, self._compression, what.ids, Row(generation=what.generation, head=head))
                leftovers.discard(self._db, rows, what)
        self._tell()
        leftovers.done(self._db, [note])

    def _passed(self, ids: Ids, seq: int) -> Row:
        """Return a session's row at this state or a later one, to which nobody gets any more who was held up."""
        for tries in range(TRIES_MAX):
            row = following.finished(self._db, ids)
            if not row.is_told:
                self._changed[ids] = row
            if not row.seq or row.seq >= seq:
                return row
            pending = Pending(listed_ns=row.listed_ns)
            new = row._replace(seq=max(seq, row.next_seq()), pending=heads.encode_pending(pending))
            if _swapped(self._db, ids, row, new):
                following.follow(self._db, ids, new, pending)
                self._changed[ids] = new
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
