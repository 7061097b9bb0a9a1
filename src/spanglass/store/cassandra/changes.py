"""The feed of changes: one order over all servers.

A row tells the sessions that one write changed, numbered one after the other from the row's number on. The next
row's number follows from it, and a row is inserted only if nobody else has inserted one of its number. So there is no
gap, and what is read once up to a number is never added to.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from spanglass.store.cassandra import heads
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import Ids, Row
from spanglass.store.cassandra.listing import rows_of
from spanglass.store.interface import SessionChange

BUCKET_BITS: Final = 12
"""Changes of a partition, as bits of their number."""
TOLD_MAX: Final = 1_000
"""Sessions of one row."""
READ_MAX: Final = 20_000
"""Changes that are gone over at a time."""

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_SESSIONS: Final = msgspec.msgpack.Decoder(list[Ids])
_INSERT: Final = "INSERT INTO changes (bucket, number, sessions) VALUES (?, ?, ?) IF NOT EXISTS"
_LAST: Final = "SELECT number, sessions FROM changes WHERE bucket = ? ORDER BY number DESC LIMIT 1"
_READ: Final = "SELECT number, sessions FROM changes WHERE bucket = ? AND number > ? AND number < ?"
_MARK: Final = "UPDATE marks USING TIMESTAMP ? SET value = ? WHERE name = 'changes'"
_MARKED: Final = "SELECT value FROM marks WHERE name = 'changes'"


class Changes:
    """The feed; used from any thread."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._last = 0
        """The number of a change, not long before the latest."""

    def tell(self, sessions: Mapping[Ids, Row]) -> None:
        """Add changes to sessions, then note in their rows that all that follows from these states is done."""
        left = iter(sessions.items())
        while some := list(islice(left, TOLD_MAX)):
            first = self._insert([ids for ids, _ in some])
            self._db.write([heads.mark(ids, row, number) for number, (ids, row) in enumerate(some, first)])

    def _insert(self, sessions: Sequence[Ids]) -> int:
        encoded = _ENCODE(list(sessions))
        with self._lock:
            number = (self._last or self.last()) + 1
            while self._db.swap(_INSERT, number >> BUCKET_BITS, number, encoded) is not None:
                number = self.last(number) + 1
            self._last = number + len(sessions) - 1
            self._db.write([(_MARK, (self._last, self._last))])
        return number

    def last(self, at_least: int = 0) -> int:
        """Return the number of the latest change; 0 if there was none."""
        if not at_least:
            marked = self._db.row(_MARKED)
            at_least = max(self._last, marked[0] if marked else 0)
        latest, bucket = at_least, at_least >> BUCKET_BITS
        while (row := self._db.row(_LAST, bucket)) is not None:
            latest = max(latest, row[0] + len(_SESSIONS.decode(row[1])) - 1)
            if (latest + 1) >> BUCKET_BITS == bucket:
                break
            bucket = (latest + 1) >> BUCKET_BITS
        return latest

    def read(self, after: int, limit: int) -> list[SessionChange]:
        """Return sessions that changed after a change, each with its latest; see ``interface.Store.changes``."""
        found: list[SessionChange] = []
        passed = after
        while len(found) < limit:
            latest = {ids: number for number, ids in self._between(passed, passed + READ_MAX)}
            if not latest and passed >= self.last():
                break
            passed += READ_MAX
            rows = zip(latest.items(), rows_of(self._db, latest), strict=True)
            found += [
                SessionChange(number, *ids, row.record(ids) if row.has_spans else None)
                for (ids, number), row in rows
                if row.change <= number
            ]
        return sorted(found, key=lambda change: change.number)[:limit]

    def _between(self, after: int, to: int) -> Iterator[tuple[int, Ids]]:
        """Yield changes after a number, up to another one, in order."""
        for bucket in range(max(0, after - TOLD_MAX) >> BUCKET_BITS, (to >> BUCKET_BITS) + 1):
            for first, sessions in self._db.rows(_READ, bucket, after - TOLD_MAX, to + 1):
                for number, ids in enumerate(_SESSIONS.decode(sessions), first):
                    if after < number <= to:
                        yield number, ids
