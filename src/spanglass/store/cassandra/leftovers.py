"""What a server that dies may leave behind: noted before it comes into being, forgotten once there is nothing of it.

A note is of rows of a generation, which are to be deleted unless the session is of that generation, of what is pending
outside of a session's row, or of a trace that is being moved. Housekeeping of any server finishes what was noted a
while ago, after making sure that whoever noted it cannot go on with it. When that was is told by the nodes' clocks,
which a cluster has to keep together, and not by those of servers: a server whose clock is hours slow may die, too.
"""

import random
import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from spanglass.store.cassandra import traces
from spanglass.store.cassandra.database import Database, Statement
from spanglass.store.cassandra.heads import Ids
from spanglass.store.cassandra.reader import Rows

PARTS: Final = 16
"""Parts of the notes of a time: servers look at one at a time, each at another."""
SLOT_SECONDS: Final = 600
"""Seconds whose notes of one part are a partition. Most are deleted soon, and what is deleted slows reading down."""
AGE_SECONDS: Final = 600
"""Seconds after which nobody is still at work on what was noted."""
AGAIN_SECONDS: Final = 3_600
"""Seconds for which a slot is looked at again, should a node's clock be slow."""
AT_ONCE_MAX: Final = 20
"""Notes that one piece of housekeeping looks at."""


class Leftover(msgspec.Struct, array_like=True, frozen=True):
    """Rows of a session's generation, what is pending elsewhere, or without a session, a trace that is being moved.

    ``seq`` is the state that takes the generation's place or begins it, or whose changes are pending, and ``forgotten``
    whether the session's traces are to be forgotten with it.
    """

    ids: Ids = (b"", b"")
    generation: int = 0
    buckets: int = 0
    seq: int = 0
    forgotten: bool = False
    trace: bytes = b""
    intent: bytes = b""


class Note(NamedTuple):
    """A row of the table ``leftovers``."""

    part: int
    since_us: int
    id: bytes
    what: Leftover


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_LEFTOVER: Final = msgspec.msgpack.Decoder(Leftover)
_INSERT: Final = "INSERT INTO leftovers (part, slot, since_us, id, what) VALUES (?, ?, ?, ?, ?)"
_DELETE: Final = "DELETE FROM leftovers WHERE part = ? AND slot = ? AND since_us = ? AND id = ?"
_READ: Final = "SELECT part, since_us, id, what FROM leftovers WHERE part = ? AND slot = ? AND since_us < ? LIMIT ?"
_SEEN: Final = "SELECT value, toUnixTimestamp(now()) FROM marks WHERE name = ?"
_BEGIN: Final = "leftovers"
_SEE: Final = "INSERT INTO marks (name, value) VALUES (?, ?)"
_NO_INTENT: Final = "DELETE FROM intents WHERE id = ?"
_NO_SPAN_ID: Final = (
    "DELETE FROM span_ids USING TIMESTAMP ? WHERE id = ? AND assistant = ? AND session = ? AND span = ?"
)
_NO_TRACE: Final = (
    "DELETE FROM trace_times USING TIMESTAMP ? WHERE trace = ? AND assistant = ? AND session = ? AND generation = ?"
)
_NO_BUCKET: Final = "USING TIMESTAMP ? WHERE assistant = ? AND session = ? AND generation = ? AND bucket = ?"


def note(db: Database, what: Leftover) -> Note:
    """Note what is going to be left, should this server die."""
    made = Note(random.randrange(PARTS), db.clock.now_us(), uuid.uuid4().bytes, what)  # noqa: S311 (to spread, not to hide)
    db.write([(_INSERT, (made.part, _slot(made.since_us), made.since_us, made.id, _ENCODE(what)))])
    return made


def done(db: Database, notes: Sequence[Note]) -> None:
    """Forget notes, and what was pending elsewhere."""
    db.write([(_NO_INTENT, (each.what.intent,)) for each in notes if each.what.intent])
    db.write([(_DELETE, (each.part, _slot(each.since_us), each.since_us, each.id)) for each in notes])


def old(db: Database, part: int) -> list[Note]:
    """Return some notes that are so old that whoever made them is not at it any more.

    Slots in which there is none left are passed, and after a while not looked at again.
    """
    name = f"leftovers {part}"
    seen = _mark(db, name) or begin(db)
    before_us = db.clock.now_us() - AGE_SECONDS * 1_000_000
    slot = min(seen, _again(db))  # through a node whose clock is ahead all may have been seen to
    found: list[Note] = []
    while slot <= _slot(before_us) and not found:
        rows = db.rows(_READ, part, slot, before_us, AT_ONCE_MAX)
        found = [Note(number, since_us, note_id, _LEFTOVER.decode(what)) for number, since_us, note_id, what in rows]
        slot += not found
    if (passed := min(slot, _again(db))) > seen:
        db.write([(_SEE, (name, passed))])
    return found


def begin(db: Database) -> int:
    """Return the slot before which the keyspace has no notes; it is noted if it has none yet."""
    slot = _mark(db, _BEGIN)
    if slot is None:
        db.swap(f"{_SEE} IF NOT EXISTS", _BEGIN, _again(db))
        slot = _mark(db, _BEGIN)
    return slot or 0


def _mark(db: Database, name: str) -> int | None:
    """Return what a slot is known by, and set the clock by the node that tells it."""
    row = db.row(_SEEN, name)
    if row is None:
        return None
    db.clock.set(row[1])
    slot: int = row[0]
    return slot


def _slot(since_us: int) -> int:
    return since_us // (SLOT_SECONDS * 1_000_000)


def _again(db: Database) -> int:
    """Return the slot from which all are looked at again."""
    return _slot(db.clock.now_us() - AGAIN_SECONDS * 1_000_000)


def discard(db: Database, rows: Rows, what: Leftover) -> None:
    """Delete a generation of a session's rows, and what leads to it."""
    statements: list[Statement] = []
    forgotten: set[bytes] = set()
    before = what.seq - 1  # what leads to the session's newer rows was written later
    for _, _, told in rows.learn():
        for each in told:
            forgotten.add(each.trace)
            leading = filter(None, (each.span_id, each.otel_id))
            statements += [(_NO_SPAN_ID, (before, named, *what.ids, each.span_id)) for named in leading]
    for trace in filter(None, forgotten):
        if what.forgotten:
            traces.forget(db, trace, what.ids, what.seq)
        statements.append((_NO_TRACE, (what.seq, trace, *what.ids, what.generation)))
    db.write(statements)
    partitions = [(what.seq, *what.ids, what.generation, bucket) for bucket in range(what.buckets)]
    db.write([(f"DELETE FROM {table} {_NO_BUCKET}", each) for table in ("blocks", "spans") for each in partitions])
