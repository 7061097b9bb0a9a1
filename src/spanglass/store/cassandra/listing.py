"""Finding sessions: lists by their start, latest first, each with a summary of what a session is found by.

Time is cut into stretches; sessions of one assistant that begin within one are a partition, or several where they are
many: each server puts the first ones into shard 0 and spreads the rest over others, and a session's state tells its
shard. So few sessions are read from few partitions, and many make none too large. Which stretches have any is told by
another table, so that empty ones are not looked at. A list is read from the latest stretch on, and after so many
sessions a page ends, whatever it holds by then.
"""

import heapq
import threading
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from spanglass.store.cassandra import heads
from spanglass.store.cassandra.database import Database, Statement
from spanglass.store.cassandra.heads import Ids, Row
from spanglass.store.interface import SessionCursor, SessionRecord
from spanglass.store.where import Where

STRETCH_BITS: Final = 43
"""A stretch is so many bits of nanoseconds: 2.4 hours."""
ERA_BITS: Final = 6
"""An era is so many bits of stretches: six and a half days."""
FEW: Final = 1_000
"""Sessions of a stretch and assistant that a server puts into shard 0."""
SHARDS: Final = 32
"""Shards over which the others are spread, from 1 on."""
STRETCHES_KNOWN_MAX: Final = 10_000
"""Stretches of assistants of which a server remembers what it put there."""
HINT_SECONDS: Final = 3_600
"""Seconds for which a session may be listed where it then is not: longer than any write is under way."""
ROWS_AT_ONCE: Final = 100
"""Rows of a partition that are read at a time."""
AHEAD_MAX: Final = 64
"""Partitions that are asked before they are needed, once a reader has come so far."""


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
    "INSERT INTO sessions_by_start (assistant, stretch, shard, start_ns, session, summary) VALUES (?, ?, ?, ?, ?, ?)"
    " USING TIMESTAMP ?"
)
_HINT: Final = (
    "INSERT INTO sessions_by_start (assistant, stretch, shard, start_ns, session) VALUES (?, ?, ?, ?, ?)"
    " USING TIMESTAMP ? AND TTL ?"
)
_DELETE: Final = (
    "DELETE FROM sessions_by_start USING TIMESTAMP ?"
    " WHERE assistant = ? AND stretch = ? AND shard = ? AND start_ns = ? AND session = ?"
)
_ERA: Final = "INSERT INTO eras (part, era) VALUES (0, ?)"
_STRETCH: Final = "INSERT INTO stretches (era, stretch, assistant, shard) VALUES (?, ?, ?, ?)"
_READ: Final = (
    "SELECT start_ns, session, summary FROM sessions_by_start"
    " WHERE assistant = ? AND stretch = ? AND shard = ? AND start_ns >= ? AND start_ns <= ?"
)
_STRETCHES: Final = "SELECT stretch, assistant, shard FROM stretches WHERE era = ? AND stretch >= ? AND stretch <= ?"
_T = TypeVar("_T")
Partition: TypeAlias = tuple[bytes, int, int]
"""An assistant's id, a stretch and a shard."""


def stretch(start_ns: int) -> int:
    """Return the stretch in which a time is."""
    return start_ns >> STRETCH_BITS


class Shards:
    """What this server has listed where; used from any thread."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[bytes, int], int] = OrderedDict()
        self._told: OrderedDict[Partition, None] = OrderedDict()

    def choose(self, ids: Ids, start_ns: int) -> int:
        """Return the shard in which a session that is new is listed."""
        key = (ids[0], stretch(start_ns))
        with self._lock:
            count = self._counts.pop(key, 0)
            self._counts[key] = count + 1
            _forget_first(self._counts)
        return 0 if count < FEW else 1 + zlib.crc32(ids[1]) % SHARDS

    def announce(self, ids: Ids, row: Row) -> None:
        """Write that a session may be listed where its row says, before it is.

        It is older than what lists the session there as of the state, and so does not take that along when it expires.
        """
        at, shard, start_ns = stretch(row.listed_ns), row.head.shard, row.listed_ns
        hints: list[Statement] = [(_HINT, (ids[0], at, shard, start_ns, ids[1], row.seq - 1, HINT_SECONDS))]
        partition = (ids[0], at, shard)
        if partition not in self._told:
            hints += [(_ERA, (at >> ERA_BITS,)), (_STRETCH, (at >> ERA_BITS, at, ids[0], shard))]
        self._db.write(hints)
        with self._lock:
            self._told[partition] = None
            _forget_first(self._told)


def _forget_first(known: OrderedDict[Any, Any]) -> None:
    if len(known) > STRETCHES_KNOWN_MAX:
        known.popitem(last=False)


def rows(ids: Ids, row: Row, listed_ns: int) -> Iterator[Statement]:
    """Yield what lists a session as it is; ``listed_ns`` is where it was listed before."""
    start_ns, shard = row.listed_ns, row.head.shard
    if listed_ns not in {-1, start_ns}:
        yield _DELETE, (row.seq, ids[0], stretch(listed_ns), shard, listed_ns, ids[1])
    if start_ns != -1:
        place = (ids[0], stretch(start_ns), shard, start_ns, ids[1])
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
    def listed(partition: Partition, rows: Iterator[tuple[Any, ...]]) -> Iterator[Listed]:
        return _listed(db, partition, rows)

    asked = (
        [(each, (_READ, (*each, from_ns, to_ns))) for each in group]
        for group in partitions(db, assistants, from_ns, to_ns)
    )
    for found in ahead(db, asked, ROWS_AT_ONCE, listed):
        yield from heapq.merge(*found, key=lambda each: (-each.start_ns, *each.ids))


def partitions(
    db: Database, assistants: frozenset[bytes] | None, from_ns: int, to_ns: int
) -> Iterator[list[Partition]]:
    """Yield the partitions of each stretch of a time that may have sessions, latest first."""
    low, high = stretch(from_ns), stretch(to_ns)
    for (era,) in db.rows(
        "SELECT era FROM eras WHERE part = 0 AND era >= ? AND era <= ?", low >> ERA_BITS, high >> ERA_BITS
    ):
        for at, group in groupby(db.rows(_STRETCHES, era, low, high), key=lambda each: each[0]):
            found = [(assistant_id, at, shard) for _, assistant_id, shard in group]
            if wanted := [each for each in found if assistants is None or each[0] in assistants]:
                yield wanted


def ahead(
    db: Database,
    groups: Iterator[Sequence[tuple[Partition, Statement]]],
    fetch: int,
    read: Callable[[Partition, Iterator[tuple[Any, ...]]], Iterator[_T]],
) -> Iterator[list[Iterator[_T]]]:
    """Ask the queries of each group of partitions, those of groups to come ahead, and yield what is read of each.

    The further a reader gets, the more partitions are asked ahead: whoever wants one page seldom asks for too much.
    """
    asked: deque[list[Iterator[_T]]] = deque()
    most = 1
    while True:
        while sum(map(len, asked)) < most and (group := next(groups, None)) is not None:
            rows = db.streams([statement for _, statement in group], fetch)
            asked.append([read(partition, each) for (partition, _), each in zip(group, rows, strict=True)])
        if not asked:
            return
        yield asked.popleft()
        most = min(2 * most, AHEAD_MAX)


def _listed(db: Database, partition: Partition, rows: Iterator[tuple[Any, ...]]) -> Iterator[Listed]:
    assistant_id, _, shard = partition
    for start_ns, session_id, encoded in rows:
        ids = (assistant_id, session_id)
        summary = _SUMMARY.decode(encoded) if encoded else _settled(db, ids, shard, start_ns)
        if summary is not None:
            yield Listed(ids, start_ns, _record(ids, start_ns, summary))


def _settled(db: Database, ids: Ids, shard: int, start_ns: int) -> Summary | None:
    """Return what a session is found by that may be listed here, None if it is not."""
    row = heads.read(db, ids)
    return _summary(row.record(ids)) if (row.listed_ns, row.head.shard) == (start_ns, shard) else None


def _record(ids: Ids, start_ns: int, summary: Summary) -> SessionRecord:
    told: dict[str, Any] = {name: getattr(summary, name) for name in summary.__struct_fields__}
    return SessionRecord(assistant_id=ids[0], session_id=ids[1], first_ns=start_ns, **told)


def rows_of(db: Database, sessions: Iterable[Ids]) -> list[Row]:
    """Return the rows of several sessions."""
    found = db.all([(heads.READ, ids) for ids in sessions])
    return [heads.row_of(columns[0] if columns else None) for columns in found]
