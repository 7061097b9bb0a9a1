"""Writing parts into SQLite: places, moves, replacements, blocks, merges. One transaction at a time, one thread."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import apsw
import msgspec

from spanglass.model.place import Claims, Place, TracePart
from spanglass.model.record import SPOKEN, SpanRecord
from spanglass.store.interface import WriteResult
from spanglass.store.pages import said_ms, supersedes
from spanglass.store.records import (
    LEVEL,
    LEVEL_RESTED,
    Compression,
    Item,
    decode_heads,
    encode_heads,
)
from spanglass.store.rollups import Rollup
from spanglass.store.sqlite.database import fetch, immediate
from spanglass.store.sqlite.reader import Blocks, read_all
from spanglass.store.sqlite.session import SessionState, word_row, word_rows
from spanglass.store.text import searchable_text, words

BLOCK_BYTES: Final = 64 << 10
"""Bytes of pieces at which a block is full: what one read of a few messages has to decompress."""
LOOSE_MAX: Final = 16
"""Loose blocks of a session that are merged at once while it is being written to."""
_ENCODE = msgspec.msgpack.Encoder().encode
_CLAIMS = msgspec.msgpack.Decoder(Claims)
_ROLLUP = msgspec.msgpack.Decoder(Rollup)


class Writer:
    """The only one to change the file within this process; the caller holds a lock around each call."""

    def __init__(self, connection: apsw.Connection, compression: Compression, known_max: int) -> None:
        self._connection = connection
        self._compression = compression
        self._known_max = known_max
        self._states: OrderedDict[int, SessionState] = OrderedDict()
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._touched: dict[int, SessionState] = {}
        self._data_version = -1

    def transact(self, change: Callable[["Writer"], object]) -> None:
        """Run a change in a transaction; on any failure nothing of it stays, in the file or in memory."""
        try:
            with immediate(self._connection):
                version = self._connection.execute("PRAGMA data_version").get
                if version != self._data_version:  # another process has written
                    self._forget()
                    self._data_version = version
                change(self)
                for state in self._touched.values():
                    self._flush(state)
        except BaseException:
            self._forget()
            raise
        self._touched.clear()
        self._evict()

    def _forget(self) -> None:
        self._states.clear()
        self._numbers.clear()
        self._touched.clear()

    def _evict(self) -> None:
        held = sum(len(state.known) for state in self._states.values()) if len(self._states) > 1 else 0
        while held > self._known_max:
            _, state = self._states.popitem(last=False)
            self._numbers.pop((state.place.assistant_id, state.place.session_id), None)
            held -= len(state.known)

    # Parts

    def put(self, parts: Sequence[TracePart]) -> WriteResult:
        """Write parts; see ``interface.Store.write``."""
        written = replaced = unchanged = 0
        for part in parts:
            state = self._locate(part)
            for span in part.spans:
                outcome = self._keep(state, span)
                written += outcome is None
                replaced += outcome is True
                unchanged += outcome is False
        return WriteResult(written, replaced, unchanged)

    def _locate(self, part: TracePart) -> SessionState:
        """Return the session of a part, after moving what came of its trace before to it."""
        if not part.trace_id:
            return self._state(part.claims.place(b""))
        row = fetch(self._connection, "SELECT session, claims FROM traces WHERE id = ?", (part.trace_id,))
        old, claims = (row[0][0], _CLAIMS.decode(row[0][1])) if row else (None, part.claims)
        merged = claims.merged(part.claims)
        state = self._state(merged.place(part.trace_id))
        if old is None or merged != claims:
            self._connection.execute(
                "INSERT INTO traces (id, session, claims) VALUES (?1, ?2, ?3)"
                " ON CONFLICT DO UPDATE SET session = ?2, claims = ?3",
                (part.trace_id, state.number, _ENCODE(merged)),
            )
        if old is not None and old != state.number:
            self._move(part.trace_id, old, state)
        return state

    def _keep(self, state: SessionState, span: SpanRecord) -> bool | None:
        """Keep a span; return None if it is new, whether it replaced another content if not."""
        ordinal = state.items
        self._connection.execute(
            "INSERT OR IGNORE INTO spans (session, start_ns, id, ordinal, running) VALUES (?, ?, ?, ?, ?)",
            (state.number, span.start_ns, span.span_id, ordinal, not span.end_ns),
        )
        if not self._connection.changes():
            return self._replace(state, span)
        state.add(span)
        return None

    def _replace(self, state: SessionState, span: SpanRecord) -> bool:
        place = fetch(
            self._connection,
            "SELECT start_ns, id, ordinal FROM spans WHERE id = ? AND session = ?",
            (span.span_id, state.number),
        )
        self._flush(state)
        known = Blocks(self._connection, self._compression, state.number).records(place)[0]
        if not supersedes(span, known):
            return False
        if _only_adds(span, known, state):
            self._connection.execute(
                "DELETE FROM spans WHERE session = ? AND start_ns = ? AND id = ?", (state.number, *place[0][:2])
            )
            state.rollup.count(known, -1)
            self._keep(state, span)
        else:
            spans = read_all(self._connection, self._compression, state.number)
            self._rebuild(state, [span if each.span_id == span.span_id else each for each in spans])
        return True

    # Sessions

    def _state(self, place: Place) -> SessionState:
        ids = (place.assistant_id, place.session_id)
        number = self._numbers.get(ids)
        if number is None:
            number = self._numbers[ids] = self._row(place)
        state = self._states.get(number)
        if state is None:
            state = self._states[number] = self._load(number, place)
        self._states.move_to_end(number)
        self._touched[number] = state
        return state

    def _row(self, place: Place) -> int:
        """Return the number of a session's row, made now if it is new."""
        ((assistant,),) = fetch(
            self._connection,
            "INSERT INTO assistants (id, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = name RETURNING number",
            (place.assistant_id, place.assistant_name),
        )
        ((number,),) = fetch(
            self._connection,
            "INSERT INTO sessions (assistant, id, name, first_ns, last_ns, items, rollup) VALUES (?, ?, ?, 0, 0, 0, ?)"
            " ON CONFLICT DO UPDATE SET name = name RETURNING number",
            (assistant, place.session_id, place.session_name, _ENCODE(Rollup())),
        )
        return int(number)

    def _load(self, number: int, place: Place) -> SessionState:
        state = SessionState(number, place)
        (first_ns, last_ns, items, rollup), *_ = fetch(
            self._connection, "SELECT first_ns, last_ns, items, rollup FROM sessions WHERE number = ?", (number,)
        )
        if items:
            state.first_ns, state.last_ns, state.rollup = first_ns, last_ns, _ROLLUP.decode(rollup)
        for (heads,) in self._connection.execute(
            "SELECT heads FROM blocks WHERE session = ? ORDER BY first", (number,)
        ):
            state.learn(decode_heads(heads))
        return state

    def _move(self, trace_id: bytes, old: int, target: SessionState) -> None:
        """Move a trace's spans to another session; what nothing else of the old one needs goes with them."""
        source = self._states.get(old)
        if source is not None:
            self._flush(source)
        spans = read_all(self._connection, self._compression, old)
        left = [span for span in spans if span.request_id != trace_id]
        if left:
            self._rebuild(self._state_of(old), left)
        else:
            self.delete(old)
        for span in spans:
            if span.request_id == trace_id:
                self._keep(target, span)

    def _state_of(self, number: int) -> SessionState:
        assistant_id, assistant_name, session_id, session_name = fetch(
            self._connection,
            "SELECT a.id, a.name, s.id, s.name FROM sessions AS s JOIN assistants AS a ON a.number = s.assistant"
            " WHERE s.number = ?",
            (number,),
        )[0]
        return self._state(Place(assistant_id, session_id, assistant_name, session_name))

    def _rebuild(self, state: SessionState, spans: Iterable[SpanRecord]) -> None:
        """Write a session anew from these spans, keeping its row: what only other spans had is gone."""
        self._empty(state.number)
        state.clear()
        for span in spans:
            self._keep(state, span)

    def _empty(self, session: int) -> None:
        self._connection.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", word_rows(session))
        self._connection.execute("DELETE FROM blocks WHERE session = ?", (session,))
        self._connection.execute("DELETE FROM spans WHERE session = ?", (session,))

    def delete(self, session: int) -> None:
        """Delete a session and all that is in it."""
        self._empty(session)
        self._connection.execute("DELETE FROM traces WHERE session = ?", (session,))
        self._connection.execute("DELETE FROM sessions WHERE number = ?", (session,))
        self._touched.pop(session, None)
        self._states.pop(session, None)
        self._numbers = {ids: number for ids, number in self._numbers.items() if number != session}

    # Blocks

    def _flush(self, state: SessionState) -> None:
        """Write what is pending of a session, and its row."""
        if state.pending:
            self._index(state)
            for first, items in _blocks(state.written, state.pending):
                self._insert_block(state.number, first, items, LEVEL)
            state.written, state.pending = state.items, []
            self._merge_loose(state.number, LOOSE_MAX, LEVEL)
        self._set_back(state)
        self._connection.execute(
            "UPDATE sessions SET first_ns = ?, last_ns = ?, items = ?, rollup = ? WHERE number = ?",
            (state.first_ns, state.last_ns, state.items, _ENCODE(state.rollup), state.number),
        )

    def _index(self, state: SessionState) -> None:
        rows = [
            (word_row(state.number, ordinal), _plain(searchable_text(item.fragment())))
            for ordinal, item in enumerate(state.pending, state.written)
            if item.kind in SPOKEN
        ]
        self._connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)

    def _insert_block(self, session: int, first: int, items: Sequence[Item], level: int) -> None:
        size = sum(len(item.piece) for item in items)
        self._connection.execute(
            "INSERT INTO blocks (session, first, loose, heads, body) VALUES (?, ?, ?, ?, ?)",
            (
                session,
                first,
                size if size < BLOCK_BYTES // 2 else None,
                encode_heads(items),
                self._compression.encode_body(items, level),
            ),
        )

    def _merge_loose(self, session: int, at_least: int, level: int) -> None:
        """Merge a session's loose blocks, which are its last ones, if there are enough of them or they fill a block."""
        loose = fetch(
            self._connection,
            "SELECT number, first, loose FROM blocks WHERE session = ? AND loose IS NOT NULL ORDER BY first",
            (session,),
        )
        few = len(loose) < at_least and sum(size for _, _, size in loose) < BLOCK_BYTES
        if few or len(loose) == 1:
            return
        items: list[Item] = []
        for number, _, _ in loose:
            ((heads, body),) = fetch(self._connection, "SELECT heads, body FROM blocks WHERE number = ?", (number,))
            items += self._compression.decode_block(heads, body)
        self._connection.executemany("DELETE FROM blocks WHERE number = ?", [(number,) for number, _, _ in loose])
        for first, block in _blocks(loose[0][1], items):
            self._insert_block(session, first, block, level)

    def _set_back(self, state: SessionState) -> None:
        """Rewrite the heads of blocks whose messages turned out to have been said earlier."""
        while state.earlier:
            ordinal = min(state.earlier)
            ((number, first, heads),) = fetch(
                self._connection,
                "SELECT number, first, heads FROM blocks WHERE session = ? AND first <= ? ORDER BY first DESC LIMIT 1",
                (state.number, ordinal),
            )
            items = decode_heads(heads)
            for each, item in enumerate(items, first):
                item.since_ms = state.since.get(each, 0)
            state.earlier -= set(range(first, first + len(items)))
            self._connection.execute("UPDATE blocks SET heads = ? WHERE number = ?", (encode_heads(items), number))

    def rest(self, sessions_max: int) -> bool:
        """Merge what rests in some sessions; return whether there were any."""
        rows = fetch(
            self._connection,
            "SELECT session FROM blocks WHERE loose IS NOT NULL GROUP BY session HAVING count(*) > 1 LIMIT ?",
            (sessions_max,),
        )
        for (session,) in rows:
            self._merge_loose(session, 0, LEVEL_RESTED)
        return bool(rows)


def _blocks(first: int, items: Sequence[Item]) -> Iterable[tuple[int, Sequence[Item]]]:
    """Cut items into blocks that are as full as they may be."""
    start = size = 0
    for at, item in enumerate(items):
        size += len(item.piece)
        if size > BLOCK_BYTES and at > start:
            yield first + start, items[start:at]
            start, size = at, len(item.piece)
    yield first + start, items[start:]


def _only_adds(new: SpanRecord, known: SpanRecord, state: SessionState) -> bool:
    """Return whether replacing a span takes nothing away that the session shows or finds by it."""
    said = {fragment.key: ms for fragment, ms in said_ms(new)}
    times = all(
        said.get(fragment.key, 1 << 62) <= ms or state.since[state.known[fragment.key]] < ms
        for fragment, ms in said_ms(known)
    )
    ends = new.start_ns <= known.start_ns and new.end_ns >= known.end_ns
    return ends and times and _spoken(known) <= _spoken(new)


def _spoken(span: SpanRecord) -> set[bytes]:
    return {
        fragment.key
        for fragments in (span.inputs, span.outputs, span.system)
        for fragment in fragments
        if fragment.kind in SPOKEN
    }


def _plain(text: str) -> str:
    """Return a text whose words the index's own splitting finds: ASCII as it is, the rest as plain words."""
    return text if text.isascii() else " ".join(words(text))
