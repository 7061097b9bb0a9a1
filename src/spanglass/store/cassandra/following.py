"""What follows from a session's state: its rows in all tables but its own, written by whoever meets a state first.

All rows carry the number of their state as timestamp. So they may be written several times and by several servers, and
what is late never takes the place of what is newer.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from spanglass.store.cassandra import heads, leftovers, listing
from spanglass.store.cassandra.database import Batch, Database, Statement
from spanglass.store.cassandra.heads import BlockRow, Ids, Pending, Row, SpanRow
from spanglass.store.cassandra.leftovers import Leftover, Note
from spanglass.store.interface import UnavailableError

READ_TRIES_MAX: Final = 10
"""How often a session's row is read again because what was pending has been done meanwhile."""
PENDING_BYTES_MAX: Final = 256 << 10
"""Bytes that may be pending in a session's row; what is more has rows of its own."""
PART_BYTES: Final = 256 << 10
"""Bytes of a body in one row."""
BATCH_ROWS: Final = 30
"""Rows of one partition that are written at once."""

_BLOCK: Final = (
    "INSERT INTO blocks (assistant, session, generation, bucket, first, part, heads, places, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"
)
_HEADS: Final = (
    "UPDATE blocks USING TIMESTAMP ? SET heads = ?"
    " WHERE assistant = ? AND session = ? AND generation = ? AND bucket = ? AND first = ? AND part = 0"
)
_SPAN: Final = (
    "INSERT INTO spans (assistant, session, generation, bucket, start_ns, span, ordinal, running, trace)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"
)
_NO_SPAN: Final = (
    "DELETE FROM spans USING TIMESTAMP ?"
    " WHERE assistant = ? AND session = ? AND generation = ? AND bucket = ? AND start_ns = ? AND span = ?"
)
_SPAN_ID: Final = (
    "INSERT INTO span_ids (id, assistant, session, span, start_ns) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?"
)
_TRACE: Final = (
    "INSERT INTO trace_times (trace, assistant, session, generation, first_ns, last_ns)"
    " VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"
)
_INTENT: Final = "INSERT INTO intents (id, part, body) VALUES (?, ?, ?) USING TTL 0"


def stored(db: Database, ids: Ids, seq: int, pending: Pending) -> tuple[bytes, list[Note]]:
    """Return what is pending because of a state as a session's row holds it, after writing what is too large for that.

    Of the latter there is a note: it is to be forgotten once the state is told.
    """
    encoded = heads.encode_pending(pending)
    if len(encoded) <= PENDING_BYTES_MAX:
        return encoded, []
    intent = uuid.uuid4().bytes
    note = leftovers.note(db, Leftover(ids, seq=seq, intent=intent))
    db.write([(_INTENT, (intent, number, part)) for number, part in enumerate(_parts(encoded))])
    return heads.encode_pending(intent), [note]


def _pending(db: Database, row: Row) -> Pending | None:
    """Return what is pending; None if it is elsewhere, and gone because it was done."""
    pending = heads.decode_pending(row.pending) if row.pending else Pending()
    if isinstance(pending, Pending):
        return pending
    parts = db.rows("SELECT body FROM intents WHERE id = ?", pending, fetch=4)
    encoded = b"".join(body for (body,) in parts)
    return msgspec.msgpack.decode(encoded, type=Pending) if encoded else None


def finished(db: Database, ids: Ids) -> Row:
    """Return a session's row, after writing what follows from it if that is not known to be done."""
    for _ in range(READ_TRIES_MAX):
        row = heads.read(db, ids)
        if row.is_told:
            return row
        pending = _pending(db, row)
        if pending is not None:
            follow(db, ids, row, pending)
            return row
    raise UnavailableError("the session is being written to by other servers again and again")


def follow(db: Database, ids: Ids, row: Row, pending: Pending) -> None:
    """Write what follows from a session's state."""
    partition = (*ids, row.generation)
    db.write(list(block_rows(partition, pending.blocks, row.seq)))  # nothing leads to them yet
    db.write(
        [
            *((_HEADS, (row.seq, told, *partition, bucket, first)) for bucket, first, told in pending.heads),
            *span_rows(partition, pending, row.seq),
            *index_rows(ids, pending.spans, row.seq),
            *trace_rows(partition, pending, row.seq),
            *listing.rows(ids, row, pending.listed_ns),
        ]
    )


def write_anew(db: Database, ids: Ids, row: Row, pending: Pending) -> None:
    """Write all rows of a new generation, which nothing leads to until the session's state names it."""
    partition = (*ids, row.generation)
    db.write(list(block_rows(partition, pending.blocks, row.seq)))
    db.write(
        [
            *span_rows(partition, pending, row.seq),
            *index_rows(ids, pending.spans, row.seq),
            *trace_rows(partition, pending, row.seq),
        ]
    )


def block_rows(partition: tuple[Any, ...], blocks: Sequence[BlockRow], seq: int) -> Iterator[Statement]:
    """Yield the rows of blocks."""
    for block in blocks:
        for number, body in enumerate(_parts(block.body)):
            told = (None, None) if number else (block.heads, block.places)
            yield _BLOCK, (*partition, block.bucket, block.first, number, *told, body, seq)


def _parts(body: bytes) -> list[bytes]:
    return [body[at : at + PART_BYTES] for at in range(0, len(body), PART_BYTES)] or [b""]


def span_rows(partition: tuple[Any, ...], pending: Pending, seq: int) -> Iterator[Batch]:
    """Yield the rows of spans, together with those of the same bucket that they take the place of."""
    buckets: defaultdict[int, list[Statement]] = defaultdict(list)
    for bucket, start_ns, span_id in pending.gone:
        buckets[bucket].append((_NO_SPAN, (seq, *partition, bucket, start_ns, span_id)))
    for row in pending.spans:
        place = (*partition, row.bucket, row.start_ns, row.span_id)
        buckets[row.bucket].append((_SPAN, (*place, row.ordinal, row.running, row.trace, seq)))
    for statements in buckets.values():
        for at in range(0, len(statements), BATCH_ROWS):
            yield Batch(statements[at : at + BATCH_ROWS])


def index_rows(ids: Ids, spans: Sequence[SpanRow], seq: int) -> Iterator[Statement]:
    """Yield what leads from spans' ids to the session."""
    for row in spans:
        for named in filter(None, (row.span_id, row.otel_id)):
            yield _SPAN_ID, (named, *ids, row.span_id, row.start_ns, seq)


def trace_rows(partition: tuple[Any, ...], pending: Pending, seq: int) -> Iterator[Statement]:
    """Yield the times of traces."""
    for trace, (first_ns, last_ns) in pending.traces.items():
        yield _TRACE, (trace, *partition, first_ns, last_ns, seq)
