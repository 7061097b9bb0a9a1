"""Writing parts: traces are located and moved, and each session takes what comes to it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from spanglass.model.place import TracePart
from spanglass.store.cassandra import leftovers, traces
from spanglass.store.cassandra.changes import Changes
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import Bucket, Head, Ids, Row, now_us
from spanglass.store.cassandra.leftovers import Leftover, Note
from spanglass.store.cassandra.listing import Shards
from spanglass.store.cassandra.reader import LIMIT_MAX, Rows
from spanglass.store.cassandra.sessions import TRIES_MAX, Group, Sessions
from spanglass.store.cassandra.traces import Located, Trace
from spanglass.store.compression import Compression
from spanglass.store.interface import Relate, UnavailableError, WriteResult

THREADS: Final = 8
"""Sessions and traces that are seen to at a time."""
_S = TypeVar("_S")
_T = TypeVar("_T")


class Writer:
    """Changes sessions by spans; its caller lets one write in at a time."""

    def __init__(
        self, db: Database, compression: Compression, changes: Changes, shards: Shards, known_max: int
    ) -> None:
        self._db = db
        self._compression = compression
        self._changes = changes
        self._sessions = Sessions(db, compression, changes, shards, known_max)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spanglass-cassandra")
        self._moving: dict[bytes, Note] = {}
        """What this write has noted of traces that it moves."""
        self._moved: list[Located] = []
        """Traces that are where they belong, to be said in their rows once the changes are told."""

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
                outcomes = self._each(lambda each: self._sessions.commit(*each, relate), groups.items())
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
            group.moved.append((located.trace_id, version, self._sessions.spans_of(located.trace_id, ids)))

    def _settle(self, located: Located, group: Group) -> bool:
        """Take a trace's spans away from where they do not belong; those of the group are where they do by now.

        Return False if it does not belong there any more, as another server knows, or if that was deleted.
        """
        if not located.others:
            return True
        trace, version = located.trace_id, located.trace.version
        copied = {span.span_id: span.end_ns for each, _, spans in group.moved if each == trace for span in spans}
        for ids in located.others:
            while late := self._sessions.take_away(ids, trace, version, copied):
                copied |= {span.span_id: span.end_ns for span in late}
                moved = Group(located.place, moved=[(trace, version, late)])
                if self._sessions.commit(located.ids, moved, None).refused:
                    return False
        self._moved.append(located)
        return True

    def settle(self, trace: bytes) -> None:
        """Finish moving a trace that another server may have begun to move."""
        try:
            for _ in range(TRIES_MAX):
                known = traces.read(self._db, trace)
                if known is None or len(known.places) == 1 or self._settled(trace, known):
                    return
        finally:
            self._tell()

    def _settled(self, trace: bytes, known: Trace) -> bool:
        """Bring a trace together; return False if it may not come where it belongs with this version of its row."""
        place = known.claims.place(trace)
        located = Located(trace, place, known, [], [])
        group = Group(place)
        for other in located.others:
            group.moved.append((trace, known.version, self._sessions.spans_of(trace, other)))
        refused = self._sessions.commit(located.ids, group, None).refused
        if not refused and self._settle(located, group):
            return True
        newer = known._replace(version=max(known.version, now_us(), *refused.values()) + 1)
        traces.swap(self._db, trace, known.version, newer)
        return False

    def delete_all(self, sessions: Iterable[Ids]) -> int:
        """Delete several sessions; return how many there were."""
        return sum(self._each(self._sessions.delete, sessions))

    def _tell(self) -> None:
        """Add what this write changed to the feed of changes, then let go of what led to all that was to be done."""
        sessions = self._sessions
        changed, moved, noted, moving = sessions.changed, self._moved, sessions.noted, self._moving
        sessions.changed, self._moved, sessions.noted, self._moving = {}, [], [], {}
        self._changes.tell(changed)
        for each in moved:
            if traces.settle(self._db, each) and each.trace_id in moving:
                noted.append(moving[each.trace_id])
        leftovers.done(self._db, noted)
        sessions.forget_some()

    def finish(self, note: Note) -> None:
        """Finish what another server has left behind."""
        what = note.what
        if what.trace:
            self.settle(what.trace)
        else:
            row = self._sessions.passed(what.ids, what.seq)
            if row.generation != what.generation or not row.has_spans:
                head = Head(items=LIMIT_MAX, buckets=[Bucket(0)] * what.buckets)
                rows = Rows(self._db, self._compression, what.ids, Row(generation=what.generation, head=head))
                leftovers.discard(self._db, rows, what)
        self._tell()
        leftovers.done(self._db, [note])
