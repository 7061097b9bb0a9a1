"""Finding sessions: lists by their start, latest first, each with a summary of what a session is found by.

Time is cut into stretches; sessions of one assistant that begin within one are a partition. Which stretches have any
is told by another table, so that empty ones are not looked at. A list is read from the latest stretch on, and after so
many sessions a page ends, whatever it holds by then.
"""

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec

from spanglass.store.cassandra import heads
from spanglass.store.cassandra.database import Database, Statement
from spanglass.store.cassandra.heads import Ids, Row
from spanglass.store.interface import SessionCursor, SessionRecord
from spanglass.store.where import Where

STRETCH_BITS: Final = 43
"""A stretch is so many bits of nanoseconds: 2.4 hours."""
ERA_BITS: Final = 12
"""An era is so many bits of stretches: 417 days."""
HINT_SECONDS: Final = 3_600
"""Seconds for which a session may be listed where it then is not: longer than any write is under way."""
ROWS_AT_ONCE: Final = 100
"""Rows of a partition that are read at a time."""


class Summary(msgspec.Struct, array_like=True):
    """What sessions are found, counted and narrowed by; the order of the fields stands in the table."""

    name: str = ""
    assistant_name: str = ""
    last_ns: int = 0
    spans: int = 0
    running: int = 0
    errors: int = 0
    timeouts: int = 0
    total_tokens: int = 0
    models: dict[str, int] = {}
    agents: dict[str, int] = {}
    tools: dict[str, int] = {}
    error_types: dict[str, int] = {}
    contacts: dict[str, int] = {}


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_SUMMARY: Final = msgspec.msgpack.Decoder(Summary)
_INSERT: Final = (
    "INSERT INTO sessions_by_start (assistant, stretch, start_ns, session, summary) VALUES (?, ?, ?, ?, ?)"
    " USING TIMESTAMP ?"
)
_HINT: Final = (
    "INSERT INTO sessions_by_start (assistant, stretch, start_ns, session) VALUES (?, ?, ?, ?)"
    " USING TIMESTAMP ? AND TTL ?"
)
_DELETE: Final = (
    "DELETE FROM sessions_by_start USING TIMESTAMP ?"
    " WHERE assistant = ? AND stretch = ? AND start_ns = ? AND session = ?"
)
_ERA: Final = "INSERT INTO eras (part, era) VALUES (0, ?)"
_STRETCH: Final = "INSERT INTO stretches (era, stretch, assistant) VALUES (?, ?, ?)"
_READ: Final = (
    "SELECT start_ns, session, summary FROM sessions_by_start"
    " WHERE assistant = ? AND stretch = ? AND start_ns >= ? AND start_ns <= ?"
)
_STRETCHES: Final = "SELECT stretch, assistant FROM stretches WHERE era = ? AND stretch >= ? AND stretch <= ?"


def stretch(start_ns: int) -> int:
    """Return the stretch in which a time is."""
    return start_ns >> STRETCH_BITS


def hints(ids: Ids, start_ns: int, seq: int) -> list[Statement]:
    """Return what says that a session may be listed there, to be written before it is.

    It is older than what lists the session there as of the state, and so does not take that along when it expires.
    """
    assistant_id, session_id = ids
    at = stretch(start_ns)
    return [
        (_ERA, (at >> ERA_BITS,)),
        (_STRETCH, (at >> ERA_BITS, at, assistant_id)),
        (_HINT, (assistant_id, at, start_ns, session_id, seq - 1, HINT_SECONDS)),
    ]


def rows(ids: Ids, row: Row, listed_ns: int) -> Iterator[Statement]:
    """Yield what lists a session as it is; ``listed_ns`` is where it was listed before."""
    assistant_id, session_id = ids
    start_ns = row.listed_ns
    if listed_ns not in {-1, start_ns}:
        yield _DELETE, (row.seq, assistant_id, stretch(listed_ns), listed_ns, session_id)
    if start_ns != -1:
        place = (assistant_id, stretch(start_ns), start_ns, session_id)
        yield _INSERT, (*place, _ENCODE(_summary(row.record(ids))), row.seq)


def _summary(record: SessionRecord) -> Summary:
    return Summary(**{name: getattr(record, name) for name in Summary.__struct_fields__})


class Listed(NamedTuple):
    """A session as it is listed: ``record`` tells what it is found by, not all that a session's record tells."""

    ids: Ids
    start_ns: int
    record: SessionRecord


def read(db: Database, where: Where, after: SessionCursor | None = None, *, spans: bool = True) -> Iterator[Listed]:
    """Yield sessions of a time and some assistants, latest start first, then by ids; ``spans`` is those with spans."""
    to_ns = where.to_ns if after is None else min(where.to_ns, after.first_ns)
    passed = None if after is None else (-after.first_ns, after.assistant_id, after.session_id)
    for each in _merged(db, where.assistants, max(0, where.from_ns), to_ns):
        if passed is not None and (-each.start_ns, *each.ids) <= passed:
            continue
        if not spans or each.record.spans:
            yield each


def named(db: Database, where: Where, after: SessionCursor | None) -> Iterator[Listed]:
    """Yield the sessions that are named by their ids, like ``read``."""
    if where.assistants is None:
        assistants = [assistant_id for (assistant_id,) in db.rows("SELECT assistant FROM assistants WHERE part = 0")]
    else:
        assistants = list(where.assistants)
    wanted = [(assistant_id, session_id) for assistant_id in assistants for session_id in where.sessions]
    start = (-1 << 63, b"", b"") if after is None else (-after.first_ns, after.assistant_id, after.session_id)
    found = [
        Listed(ids, row.head.first_ns, row.record(ids))
        for ids, row in zip(wanted, rows_of(db, wanted), strict=True)
        if row.has_spans and (-row.head.first_ns, *ids) > start
    ]
    yield from sorted(found, key=lambda each: (-each.start_ns, *each.ids))


def _merged(db: Database, assistants: frozenset[bytes] | None, from_ns: int, to_ns: int) -> Iterator[Listed]:
    for _, group in groupby(_stretches(db, assistants, from_ns, to_ns), key=lambda each: each[0]):
        partitions = [_partition(db, assistant_id, at, from_ns, to_ns) for at, assistant_id in group]
        yield from heapq.merge(*partitions, key=lambda each: (-each.start_ns, *each.ids))


def _stretches(
    db: Database, assistants: frozenset[bytes] | None, from_ns: int, to_ns: int
) -> Iterator[tuple[int, bytes]]:
    """Yield the stretches of a time that may have sessions, latest first, with whose."""
    low, high = stretch(from_ns), stretch(to_ns)
    for (era,) in db.rows(
        "SELECT era FROM eras WHERE part = 0 AND era >= ? AND era <= ?", low >> ERA_BITS, high >> ERA_BITS
    ):
        for at, assistant_id in db.rows(_STRETCHES, era, low, high):
            if assistants is None or assistant_id in assistants:
                yield at, assistant_id


def _partition(db: Database, assistant_id: bytes, at: int, from_ns: int, to_ns: int) -> Iterator[Listed]:
    for start_ns, session_id, encoded in db.rows(_READ, assistant_id, at, from_ns, to_ns, fetch=ROWS_AT_ONCE):
        ids = (assistant_id, session_id)
        summary = _SUMMARY.decode(encoded) if encoded else _settled(db, ids, start_ns)
        if summary is not None:
            yield Listed(ids, start_ns, _record(ids, start_ns, summary))


def _settled(db: Database, ids: Ids, start_ns: int) -> Summary | None:
    """Return what a session is found by that may be listed here, None if it is not."""
    row = heads.read(db, ids)
    return _summary(row.record(ids)) if row.listed_ns == start_ns else None


def _record(ids: Ids, start_ns: int, summary: Summary) -> SessionRecord:
    told: dict[str, Any] = {name: getattr(summary, name) for name in summary.__struct_fields__}
    return SessionRecord(assistant_id=ids[0], session_id=ids[1], first_ns=start_ns, **told)


def rows_of(db: Database, sessions: Iterable[Ids]) -> list[Row]:
    """Return the rows of several sessions."""
    found = db.all([(heads.READ, ids) for ids in sessions])
    return [heads.row_of(columns[0] if columns else None) for columns in found]
