"""Writing parts into SQLite: places, moves, replacements, blocks, merges. One transaction at a time, one thread."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import apsw

from spanglass.model.place import Place, TracePart
from spanglass.model.record import SpanRecord
from spanglass.store.compression import Compression
from spanglass.store.interface import RELATED_SPANS_MAX, Relate, WriteResult
from spanglass.store.pages import supersedes
from spanglass.store.records import decode_heads
from spanglass.store.rollups import Rollup, rolled_up
from spanglass.store.sqlite import dictionaries, facts, index, summaries, traces
from spanglass.store.sqlite.blocks import BlockWriter, read_loose, restless
from spanglass.store.sqlite.database import fetch, immediate
from spanglass.store.sqlite.reader import Blocks, TraceTime, read_all, read_trace
from spanglass.store.sqlite.state import FileState
from spanglass.store.sqlite.traces import Trace

UNINDEXED_MAX: Final = 8_000
"""Items that may wait for the index while spans keep coming; a search has them indexed first."""
SESSIONS_MAX: Final = 1 << 31
"""All sessions, as a bound on how many."""
_T = TypeVar("_T")


class Writer:
    """The only one to change the file within this process; the caller holds a lock around each call."""

    def __init__(self, connection: apsw.Connection, compression: Compression, known_max: int) -> None:
        self._connection = connection
        self._compression = compression
        self._blocks = BlockWriter(connection, compression)
        self._known_max = known_max
        self._states: OrderedDict[tuple[bytes, bytes], FileState] = OrderedDict()
        self._trusted: set[int] = set()
        """Sessions whose state is true as long as no other process writes."""
        self._touched: dict[int, FileState] = {}
        self._sizes: dict[int, int] = {}
        self._held = 0
        """Spans and fragments of all sessions in memory, and in ``_sizes`` of each."""
        self._data_version = -1
        self._unindexed = 0
        self._learned = False
        self._change: int | None = None
        """The number of the latest change, if it is known."""

    def transact(self, change: Callable[["Writer"], _T]) -> _T:
        """Run a change in a transaction; on any failure nothing of it stays, in the file or in memory."""
        try:
            with immediate(self._connection):
                self._notice_others()
                result = change(self)
                for state in self._touched.values():
                    self._flush(state)
                if self._unindexed > UNINDEXED_MAX:
                    self.index(SESSIONS_MAX)
                    self._learn()
        except BaseException:
            self._forget()
            raise
        if self._learned:
            self._compression.renew()
            self._learned = False
        self._remember()
        return result

    def _notice_others(self) -> None:
        """Trust no state any more once another process has written."""
        ((version,),) = fetch(self._connection, "PRAGMA data_version")
        if version != self._data_version:
            self._data_version = version
            self._trusted.clear()
            self._change = None

    def _forget(self) -> None:
        self._states.clear()
        self._touched.clear()
        self._sizes.clear()
        self._held = 0
        self._learned = False
        self._change = None

    def _remember(self) -> None:
        """Hold on to the sessions written to, and let go of those written to longest ago once they are too many."""
        for number, state in self._touched.items():
            self._held += state.size - self._sizes.get(number, 0)
            self._sizes[number] = state.size
        self._touched.clear()
        while self._held > self._known_max and len(self._states) > 1:
            _, state = self._states.popitem(last=False)
            self._held -= self._sizes.pop(state.number, 0)

    # Parts

    def put(self, parts: Sequence[TracePart], relate: Relate | None) -> WriteResult:
        """Write parts; see ``interface.Store.write``."""
        written = replaced = unchanged = 0
        foreign = []
        for number, part in enumerate(parts):
            located = self._located(part, relate)
            if located is None:
                foreign.append(number)
                continue
            for state, span in located:
                outcome = self._keep(state, span)
                written += outcome is None
                replaced += outcome is True
                unchanged += outcome is False
        return WriteResult(written, replaced, unchanged, tuple(foreign))

    def _located(self, part: TracePart, relate: Relate | None) -> list[tuple[FileState, SpanRecord]] | None:
        """Return the spans to keep for a part, each with its session, where the trace's earlier spans are by then.

        Return None if the part may not go there.
        """
        if not part.trace_id:
            place = part.claims.place(b"")
            if not part.fits(place):
                return None
            state = self._state(place)
            return [(state, span) for span in part.spans]
        starts = [span.start_ns for span in part.spans]
        known = traces.read_row(self._connection, part.trace_id) or Trace(None, min(starts), max(starts), part.claims)
        trace = known.joined(starts, part.claims)
        place = trace.claims.place(part.trace_id)
        if not part.fits(known.claims.place(part.trace_id), place):
            return None
        state = self._state(place)
        if known.session is None or trace != known:
            traces.write_row(self._connection, part.trace_id, trace, state.number)
        if known.session is not None and known.session != state.number:
            self._move(part.trace_id, known.session, state)
        spans: Sequence[SpanRecord] = part.spans
        if relate is not None and known.session is not None:
            self._flush(state)
            time = TraceTime(part.trace_id, known.first_ns, known.last_ns)
            told = read_trace(self._connection, self._compression, state.number, time, RELATED_SPANS_MAX)
            told += self._beyond(state, part, {span.span_id for span in told})
            spans = relate(told, part.spans)
        return [(state, span) for span in spans]

    def _beyond(self, state: FileState, part: TracePart, told: set[bytes]) -> list[SpanRecord]:
        """Return the known versions of a part's spans that are not among those told."""
        ids = [span.span_id for span in part.spans if span.span_id in state.starts and span.span_id not in told]
        return [self._known(state, span_id) for span_id in ids]

    def _known(self, state: FileState, span_id: bytes) -> SpanRecord:
        """Return a span that the session has in the file."""
        found = fetch(
            self._connection,
            "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND start_ns = ? AND id = ?",
            (state.number, state.starts[span_id], span_id),
        )
        return Blocks(self._connection, self._compression, state.number).records(found)[0]

    def _keep(self, state: FileState, span: SpanRecord) -> bool | None:
        """Keep a span; return None if it is new, whether it replaced another content if not."""
        if span.span_id in state.starts:
            return self._replace(state, span)
        state.places.append((state.number, span.start_ns, span.span_id, state.items, not span.end_ns))
        state.add(span)
        return None

    def _replace(self, state: FileState, span: SpanRecord) -> bool:
        self._flush(state)
        place = (state.number, state.starts[span.span_id], span.span_id)
        known = self._known(state, span.span_id)
        if not supersedes(span, known):
            return False
        if state.only_adds(span, known):
            self._connection.execute("DELETE FROM spans WHERE session = ? AND start_ns = ? AND id = ?", place)
            state.rollup.count(known, -1)
            del state.starts[span.span_id]
            self._keep(state, span)
        else:
            spans = read_all(self._connection, self._compression, state.number)
            self._rebuild(state, [span if each.span_id == span.span_id else each for each in spans])
        return True

    # Sessions

    def _state(self, place: Place) -> FileState:
        ids = (place.assistant_id, place.session_id)
        state = self._states.get(ids)
        if state is None or not self._is_true(state):
            number = self._row(place)
            state = self._states[ids] = self._load(number)
        self._states.move_to_end(ids)
        self._trusted.add(state.number)
        self._touched[state.number] = state
        return state

    def _is_true(self, state: FileState) -> bool:
        if state.number in self._trusted:
            return True
        return fetch(self._connection, "SELECT writes FROM sessions WHERE number = ?", (state.number,)) == [
            (state.writes,)
        ]

    def _row(self, place: Place) -> int:
        """Return the number of a session's row, made now if it is new."""
        ((assistant,),) = fetch(
            self._connection,
            "INSERT INTO assistants (id, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = name RETURNING number",
            (place.assistant_id, place.assistant_name),
        )
        ((number,),) = fetch(
            self._connection,
            "INSERT INTO sessions (assistant, id, name, first_ns, last_ns, items, indexed, writes, rollup)"
            " VALUES (?1, ?2, coalesce((SELECT name FROM session_settings WHERE assistant = ?1 AND id = ?2), ?3),"
            " 0, 0, 0, 0, 0, ?4)"
            " ON CONFLICT DO UPDATE SET name = name RETURNING number",
            (assistant, place.session_id, place.session_name, facts.encode_rollup(Rollup())),
        )
        return int(number)

    def _load(self, number: int) -> FileState:
        ((*identity, first_ns, last_ns, items, writes, counted, rollup),) = fetch(
            self._connection,
            "SELECT number, assistant, id, name, first_ns, last_ns, items, writes, counted, rollup"
            " FROM sessions WHERE number = ?",
            (number,),
        )
        state = FileState(facts.Identity(*identity))
        state.writes = writes
        if items:
            state.first_ns, state.last_ns, state.rollup = first_ns, last_ns, facts.decode_rollup(rollup)
        if counted == facts.COUNTED:
            state.facts = facts.facts_of(state.identity, first_ns, state.rollup)
        elif items:
            state.rollup = rolled_up(read_all(self._connection, self._compression, number))
        state.loose = read_loose(self._connection, number)
        for (heads,) in self._connection.execute(
            "SELECT heads FROM blocks WHERE session = ? ORDER BY first", (number,)
        ):
            state.learn(decode_heads(heads))
        state.starts = dict(fetch(self._connection, "SELECT id, start_ns FROM spans WHERE session = ?", (number,)))
        return state

    def _move(self, trace_id: bytes, old: int, target: FileState) -> None:
        """Move a trace's spans to another session; what nothing else of the old one needs goes with them."""
        if old in self._touched:
            self._flush(self._touched[old])
        spans = read_all(self._connection, self._compression, old)
        left = [span for span in spans if span.request_id != trace_id]
        if left:
            self._rebuild(self._state(traces.read_place(self._connection, old)), left)
        else:
            self.delete(old)
        for span in spans:
            if span.request_id == trace_id:
                self._keep(target, span)

    def _rebuild(self, state: FileState, spans: Iterable[SpanRecord]) -> None:
        """Write a session anew from these spans, keeping its row: what only other spans had is gone."""
        self._empty(state.number)
        state.clear()
        for span in spans:
            self._keep(state, span)

    def _empty(self, session: int) -> None:
        index.forget(self._connection, self._compression, session)
        self._connection.execute("DELETE FROM blocks WHERE session = ?", (session,))
        self._connection.execute("DELETE FROM spans WHERE session = ?", (session,))

    def delete(self, session: int) -> None:
        """Delete a session and all that is in it."""
        told = Blocks(self._connection, self._compression, session).traces()
        self._connection.executemany(
            "DELETE FROM traces WHERE id = ? AND session = ?", [(trace, session) for trace in told]
        )
        self._empty(session)
        facts.forget(self._connection, session, self._next_change())
        self._connection.execute("DELETE FROM sessions WHERE number = ?", (session,))
        self._touched.pop(session, None)
        self._trusted.discard(session)

    # Housekeeping

    def _flush(self, state: FileState) -> None:
        """Write what is pending of a session, and its row."""
        self._unindexed += len(state.pending)
        self._connection.executemany(
            "INSERT INTO spans (session, start_ns, id, ordinal, running) VALUES (?, ?, ?, ?, ?)", state.places
        )
        state.places.clear()
        self._blocks.flush(state)
        state.writes += 1
        self._connection.execute(
            "UPDATE sessions SET first_ns = ?, last_ns = ?, items = ?, rollup = ?, writes = ?, change = ?, counted = ?,"
            " status = ?, tokens = ? WHERE number = ?",
            (
                state.first_ns,
                state.last_ns,
                state.items,
                facts.encode_rollup(state.rollup),
                state.writes,
                self._next_change(),
                facts.COUNTED,
                facts.status_bits(state.rollup),
                state.rollup.total_tokens,
                state.number,
            ),
        )
        found = facts.facts_of(state.identity, state.first_ns, state.rollup)
        if found != state.facts:
            facts.write_facts(self._connection, state.facts, found)
            state.facts = found

    def _next_change(self) -> int:
        """Return the number of a change, greater than all before it."""
        if self._change is None:
            self._change = summaries.last_change(self._connection)
        self._change += 1
        return self._change

    def index(self, sessions_max: int) -> bool:
        """Put words into the index for some sessions; return whether there were any to put."""
        self._unindexed = 0
        return index.catch_up(self._connection, self._compression, sessions_max)

    def keep_house(self, sessions_max: int) -> bool:
        """Do one piece of what makes the file smaller and its search quicker; return whether there was any."""
        summaries.forget_gone(self._connection)
        return self._recount(sessions_max) or self.index(sessions_max) or self._learn() or self._rest(sessions_max)

    def _recount(self, sessions_max: int) -> bool:
        """Count anew what an earlier version counted of sessions."""
        sessions = facts.uncounted(self._connection, sessions_max)
        for session in sessions:
            self._state(traces.read_place(self._connection, session))
        return bool(sessions)

    def _learn(self) -> bool:
        self._learned = dictionaries.learn(self._connection, self._compression)
        return self._learned

    def _rest(self, sessions_max: int) -> bool:
        sessions = restless(self._connection, sessions_max)
        for session in sessions:
            self._blocks.rest(session)
            self._trusted.discard(session)
            self._connection.execute("UPDATE sessions SET writes = writes + 1 WHERE number = ?", (session,))
        return bool(sessions)
