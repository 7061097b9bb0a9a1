"""A session's row: its state, and the compare-and-set that leads from one state to the next.

A state has a number, greater than all before it, which is a time in microseconds as far as clocks go. Whoever changes a
session reads its row, works out the next state, and swaps it in on condition that the number is still the same. So
changes to a session come one after the other, whichever servers make them. What follows from a state in other tables is
written afterwards, from what the row says is ``pending``, by whoever made the change; if that fails, by whoever meets
the session next. It is written with the state's number as timestamp, so it does not matter how often or how late.
"""

import time
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from spanglass.store.cassandra.database import Database
from spanglass.store.interface import SessionRecord
from spanglass.store.rollups import Rollup, as_members

BUCKET_ROWS: Final = 20_000
"""Spans of a bucket, some hundred bytes each, with which it is full."""
BUCKET_BYTES: Final = 16 << 20
"""Bytes of a bucket's blocks with which it is full."""
GONE_SECONDS: Final = 86_400
"""Seconds for which the row of a session that is gone is kept: as long as a server may be held up."""
LEFT_SECONDS: Final = 3_600
"""Seconds for which a session knows which traces have left it: longer than any write is under way."""
LEFT_MIN: Final = 256
"""Traces that a session knows to have left it last in any case, whatever clocks say."""
ABANDONED_SECONDS: Final = 10
"""Seconds after which a reader tells of a change in the place of the server that made it."""

Ids: TypeAlias = tuple[bytes, bytes]
"""An assistant's id and a session's."""


class Bucket(msgspec.Struct, array_like=True):
    """A part of a session that has partitions of its own.

    ``first`` is the ordinal of its first item, ``rows`` and ``bytes`` are what was put into it, and its spans start
    between ``low_ns`` and ``high_ns``.
    """

    first: int
    rows: int = 0
    bytes: int = 0
    low_ns: int = 1 << 62
    high_ns: int = 0

    @property
    def full(self) -> bool:
        """Whether what comes goes to the next one."""
        return self.rows >= BUCKET_ROWS or self.bytes >= BUCKET_BYTES


class Head(msgspec.Struct, array_like=True):
    """What a session is as a whole.

    ``items`` is the next ordinal. ``set_backs`` counts how often a message turned out to have been said earlier.
    ``left`` are traces that have left the session, with the version of the trace with which they did: a write that knew
    an earlier version comes too late; so does one that knew a version up to ``deleted``, of before the session was last
    deleted. ``shard`` is the part of its stretch in which the session is listed, for good.
    """

    items: int = 0
    first_ns: int = 1 << 62
    last_ns: int = 0
    set_backs: int = 0
    buckets: list[Bucket] = []
    left: dict[bytes, int] = {}
    rollup: Rollup = msgspec.field(default_factory=Rollup)
    shard: int = 0
    deleted: int = 0

    def bucket_of(self, ordinal: int) -> int:
        """Return the number of the bucket that has an item."""
        return max(number for number, bucket in enumerate(self.buckets) if bucket.first <= ordinal)


class BlockRow(msgspec.Struct, array_like=True):
    """A row of the table ``blocks``, its body in one piece."""

    bucket: int
    first: int
    heads: bytes
    places: bytes
    body: bytes


class SpanRow(msgspec.Struct, array_like=True):
    """A row of the table ``spans``, and the span's id in OpenTelemetry."""

    bucket: int
    start_ns: int
    span_id: bytes
    ordinal: int
    running: bool
    trace: bytes
    otel_id: bytes


class Pending(msgspec.Struct, array_like=True):
    """Rows that follow from a state and not from an earlier one.

    ``gone`` are bucket, start and id of spans that are elsewhere now, ``heads`` bucket, first ordinal and heads of
    blocks whose messages were said earlier, ``traces`` the times of traces. ``listed_ns`` is where the session was
    listed before, -1 if it was not.
    """

    blocks: list[BlockRow] = []
    spans: list[SpanRow] = []
    gone: list[tuple[int, int, bytes]] = []
    heads: list[tuple[int, int, bytes]] = []
    traces: dict[bytes, tuple[int, int]] = {}
    listed_ns: int = -1


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_HEAD: Final = msgspec.msgpack.Decoder(Head)
_PENDING: Final = msgspec.msgpack.Decoder(Pending | bytes)
encode_pending: Final = _ENCODE


class Row(NamedTuple):
    """A session's row; a session that was never there has one of number 0."""

    seq: int = 0
    name: str = ""
    assistant_name: str = ""
    settings: bytes | None = None
    changed_ns: int = 0
    generation: int = 0
    head: Head = Head()
    pending: bytes | None = None
    applied: int = 0
    change: int = 0

    @property
    def has_spans(self) -> bool:
        """Whether the session has spans."""
        return self.head.rollup.spans > 0

    @property
    def is_there(self) -> bool:
        """Whether there is such a session, with spans or by its settings."""
        return self.has_spans or self.settings is not None

    @property
    def is_told(self) -> bool:
        """Whether all that follows from the state is written, and its change told."""
        return self.applied >= self.seq

    @property
    def is_abandoned(self) -> bool:
        """Whether the change is not told, and whoever made it had the time to."""
        return not self.is_told and self.seq < now_us() - ABANDONED_SECONDS * 1_000_000

    @property
    def listed_ns(self) -> int:
        """Where the session is listed, -1 if it is not."""
        if self.has_spans:
            return self.head.first_ns
        return self.changed_ns if self.is_there else -1

    def record(self, ids: Ids) -> SessionRecord:
        """Return the session with its roll-ups."""
        return SessionRecord(
            assistant_id=ids[0],
            session_id=ids[1],
            name=self.name,
            assistant_name=self.assistant_name,
            first_ns=self.head.first_ns,
            last_ns=self.head.last_ns,
            **as_members(self.head.rollup),  # type: ignore[arg-type]  # names and types are SessionRecord's own
        )

    def next_seq(self) -> int:
        """Return the number of a state after this one, with room for that of ``listing.Shards.announce`` before it."""
        return max(self.seq + 2, now_us())


def now_us() -> int:
    """Return the time in microseconds since the epoch."""
    return time.time_ns() // 1000


COLUMNS: Final = "seq, name, assistant_name, settings, changed_ns, generation, head, pending, applied, change"
READ: Final = f"SELECT {COLUMNS} FROM sessions WHERE assistant = ? AND session = ?"
_SWAP: Final = (
    "UPDATE sessions USING TTL ? SET seq = ?, name = ?, assistant_name = ?, settings = ?, changed_ns = ?,"
    " generation = ?, head = ?, pending = ? WHERE assistant = ? AND session = ? IF seq = ?"
)
_MARK: Final = (
    "UPDATE sessions USING TIMESTAMP ? AND TTL ? SET applied = ?, change = ? WHERE assistant = ? AND session = ?"
)


def row_of(columns: tuple[Any, ...] | None) -> Row:
    """Return the row that columns hold; none, or those of a row that is no more, are the row of no session."""
    if columns is None or columns[0] is None:
        return Row()
    seq, name, assistant_name, settings, changed_ns, generation, head, pending, applied, change = columns
    return Row(
        seq,
        name or "",
        assistant_name or "",
        settings,
        changed_ns or 0,
        generation or 0,
        _HEAD.decode(head) if head else Head(),
        pending,
        applied or 0,
        change or 0,
    )


def read(db: Database, ids: Ids) -> Row:
    """Return a session's row."""
    return row_of(db.row(READ, *ids))


def generation(db: Database, ids: Ids) -> int:
    """Return the generation that a session's rows are of."""
    row = db.row("SELECT generation FROM sessions WHERE assistant = ? AND session = ?", *ids)
    return (row and row[0]) or 0


def swap(db: Database, ids: Ids, known: Row, new: Row) -> bool:
    """Put a state in the place of the known one; return False if another has taken it.

    Raises:
        UnavailableError: It is unknown whether that was done.
    """
    lost = db.swap(
        _SWAP,
        0 if new.is_there else GONE_SECONDS,
        new.seq,
        new.name,
        new.assistant_name,
        new.settings,
        new.changed_ns,
        new.generation,
        _ENCODE(new.head),
        new.pending,
        *ids,
        known.seq or None,
    )
    return lost is None


def mark(ids: Ids, row: Row, change: int) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that notes that the rows of a state are written, and with which change that was told."""
    return _MARK, (row.seq, 0 if row.is_there else GONE_SECONDS, row.seq, change, *ids)


def decode_pending(pending: bytes) -> Pending | bytes:
    """Return what is pending, or the id of the intent that tells it."""
    decoded: Pending | bytes = _PENDING.decode(pending)
    return decoded
