"""Reading a session's rows: the places of spans in order, and its items from blocks.

A session's state names the generation that its rows are of, and the buckets that they are in. Where a query has to look
at several buckets, it does so at the same time.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from spanglass.model.record import SpanRecord
from spanglass.store.cassandra.database import Database, Statement
from spanglass.store.cassandra.heads import Head, Ids, Row
from spanglass.store.compression import Compression
from spanglass.store.interface import LOOK_BACK, Cursor, OutlinePage
from spanglass.store.items import Items, Place, spread
from spanglass.store.outline import outline_page
from spanglass.store.records import ENTRY, Entry, Item, decode_block, decode_entry, decode_kinds, decode_pieces

BLOCK_ITEMS: Final = 128
"""Items of a block at most: so a query for an item needs not know where its block begins."""
GAP: Final = 128
"""Ordinals between two items up to which they are read by one query."""
CHUNK_SPANS: Final = 100
"""Spans whose blocks are read together: a page at the default size is one round."""
LIMIT_MAX: Final = (1 << 31) - 1
"""The greatest number that CQL takes for a limit or an ordinal."""

_PARTITION: Final = "assistant = ? AND session = ? AND generation = ? AND bucket = ?"
_PLACES: Final = f"SELECT start_ns, span, ordinal, running, trace FROM spans WHERE {_PARTITION}"
_AFTER: Final = f"{_PLACES} AND (start_ns, span) > (?, ?)"
_BACK: Final = f"{_PLACES} AND (start_ns, span) <= (?, ?) ORDER BY start_ns DESC, span DESC LIMIT ?"
_BETWEEN: Final = f"{_PLACES} AND start_ns >= ? AND start_ns <= ? ORDER BY start_ns DESC, span DESC LIMIT ?"
_AT: Final = f"{_PLACES} AND start_ns = ? AND span = ?"
_BLOCKS: Final = f"SELECT first, part, heads, body FROM blocks WHERE {_PARTITION}"
_SOME_BLOCKS: Final = f"{_BLOCKS} AND first > ? AND first <= ?"
_HEADS: Final = f"SELECT heads, places FROM blocks WHERE {_PARTITION}"
_HEADS_OF: Final = f"SELECT first, heads FROM blocks WHERE {_PARTITION} AND first > ? AND first <= ?"


class LostError(Exception):
    """A row that a session's state leads to is not there: the session has been written anew meanwhile."""


class Told(NamedTuple):
    """What a block's row tells of an entry: the span's start, id and trace, and its id in OpenTelemetry."""

    start_ns: int
    span_id: bytes
    trace: bytes
    otel_id: bytes


class Rows:
    """The rows of one session as of a state."""

    def __init__(self, db: Database, compression: Compression, ids: Ids, row: Row) -> None:
        self._db = db
        self._compression = compression
        self.head = row.head
        self.partition = (*ids, row.generation)

    def places(self, after: Cursor | None, *, running: bool) -> Iterator[Place]:
        """Yield the places of spans in order, after a cursor."""
        start = (after.start_ns, after.span_id) if after else (-1, b"")
        left = [
            (bucket.low_ns, number) for number, bucket in enumerate(self.head.buckets) if bucket.high_ns >= start[0]
        ]
        heapq.heapify(left)
        merged: list[tuple[tuple[Any, ...], int, Iterator[tuple[Any, ...]]]] = []
        while left or merged:
            while left and (not merged or left[0][0] <= merged[0][0][0]):
                _, number = heapq.heappop(left)
                rows = self._db.rows(_AFTER, *self.partition, number, *start, fetch=CHUNK_SPANS + 1)
                if (first := next(rows, None)) is not None:
                    heapq.heappush(merged, (first, number, rows))
            if merged:
                row, number, rows = merged[0]
                if (following := next(rows, None)) is None:
                    heapq.heappop(merged)
                else:
                    heapq.heapreplace(merged, (following, number, rows))
                if running or not row[3]:
                    yield row[:3]

    def spans(self, places: Iterator[Place], limit: int) -> Iterator[SpanRecord]:
        """Yield spans, reading as many at a time as a page needs, with one to spare."""
        items = self.items()
        while chunk := list(islice(places, min(limit + 1, CHUNK_SPANS + 1))):
            yield from items.records(chunk)

    def all(self) -> list[SpanRecord]:
        """Return all spans, running ones too, in order."""
        return list(self.spans(self.places(None, running=True), LIMIT_MAX))

    def at(self, start_ns: int, span_id: bytes) -> Place | None:
        """Return the place of a span, or None if it does not start then."""
        found = self._overlapping(start_ns, start_ns, _AT, (start_ns, span_id))
        return found[0][:3] if found else None

    def in_trace(self, trace: bytes, first_ns: int, last_ns: int, limit: int) -> list[Place]:
        """Return the places of a trace's spans among the last ones of the session between these starts, in order."""
        values = (first_ns, last_ns, min(limit, LIMIT_MAX))
        found = sorted(self._overlapping(first_ns, last_ns, _BETWEEN, values))[-limit:]
        return [row[:3] for row in found if row[4] == trace]

    def outline(self, after: Cursor | None, limit: int) -> OutlinePage:
        """Return a page of the session's outline."""
        places = list(islice(self.places(after, running=True), limit + 1))
        before: list[Place] = []
        if after is not None:
            found = self._overlapping(0, after.start_ns, _BACK, (after.start_ns, after.span_id, LOOK_BACK))
            before = [row[:3] for row in sorted(found, reverse=True)[:LOOK_BACK]]
        return outline_page(self.items(), before, places, limit)

    def _overlapping(self, low_ns: int, high_ns: int, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query from all buckets that have spans between these starts."""
        numbers = [n for n, each in enumerate(self.head.buckets) if each.low_ns <= high_ns and each.high_ns >= low_ns]
        found = self._db.all([(query, (*self.partition, number, *values)) for number in numbers])
        return [row for rows in found for row in rows]

    def items(self) -> "Blocks":
        """Return the session's items."""
        return Blocks(self._db, self._compression, self.partition, self.head)

    def learn(self, first_bucket: int = 0, since: int = 0) -> Iterator[tuple[int, bytes, list[Told]]]:
        """Yield, of the blocks of buckets in order: the bucket, the heads, and what is told of the entries."""
        for number in range(first_bucket, len(self.head.buckets)):
            values = (*self.partition, number, since, self.head.items)
            for heads, places in self._db.rows(f"{_HEADS} AND first >= ? AND first < ?", *values):
                if heads is not None:  # else it is a further part of a body
                    yield number, heads, _TOLD.decode(places)

    def heads_of(self, ordinals: Iterable[int]) -> Iterator[tuple[int, int, bytes]]:
        """Yield bucket, first ordinal and heads of the blocks that have these items."""
        for low, high in _ranges(sorted(ordinals)):
            for bucket in range(self.head.bucket_of(low), self.head.bucket_of(high) + 1):
                for first, heads in self._db.rows(_HEADS_OF, *self.partition, bucket, low - BLOCK_ITEMS, high):
                    if heads is not None:
                        yield bucket, first, heads

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield all entries in order of writing, with their ordinals, also those that others replaced."""
        for first, heads, body in self._bodies():
            kinds = decode_kinds(heads)
            if ENTRY in kinds:
                pieces = decode_pieces(self._compression.decompress(body))
                yield from ((first + at, decode_entry(pieces[at])) for at, kind in enumerate(kinds) if kind == ENTRY)

    def pieces(self) -> Iterator[bytes]:
        """Yield what the blocks are made of, in order of writing."""
        for _, _, body in self._bodies():
            yield from decode_pieces(self._compression.decompress(body))

    def written(self) -> Iterator[Item]:
        """Yield all items in order of writing."""
        for _, heads, body in self._bodies():
            yield from decode_block(heads, self._compression.decompress(body))

    def _bodies(self) -> Iterator[tuple[int, bytes, bytes]]:
        for number in range(len(self.head.buckets)):
            yield from whole(self._db.rows(_BLOCKS, *self.partition, number, fetch=CHUNK_SPANS))


_TOLD: Final = msgspec.msgpack.Decoder(list[Told])


class Blocks(Items):
    """The items of one session by ordinal, read block by block as they are asked for and kept while this lives."""

    def __init__(self, db: Database, compression: Compression, partition: tuple[Any, ...], head: Head) -> None:
        super().__init__()
        self._db = db
        self._compression = compression
        self._partition = partition
        self._firsts = [bucket.first for bucket in head.buckets]

    def __missing__(self, ordinal: int) -> Item:
        self._read([ordinal])
        if ordinal not in self:
            raise LostError
        return self[ordinal]

    def prepare(self, ordinals: Sequence[int]) -> None:
        """Read these items, and the entries that those among them go on from."""
        self._read(ordinals)
        wanted = {earlier for ordinal in ordinals if (earlier := self._before(ordinal)) is not None}
        while wanted:
            self._read(sorted(wanted))
            wanted = {earlier for ordinal in wanted if (earlier := self._before(ordinal)) is not None}

    def records(self, places: Sequence[Place]) -> list[SpanRecord]:
        """Return the spans at these places, after reading all that they refer to at once."""
        ordinals = [ordinal for _, _, ordinal in places]
        self.prepare(ordinals)
        wanted: set[int] = set()
        seen: set[int] = set()
        left = list(ordinals)
        while left:
            ordinal = left.pop()
            if ordinal in seen:
                continue
            seen.add(ordinal)
            entry = decode_entry(self[ordinal])
            wanted.add(entry.recurring)
            for coded in (entry.inputs, entry.outputs, entry.system, entry.details):
                wanted.update(spread(coded))
            if entry.back:
                left.append(ordinal - entry.back)
        self._read(sorted(wanted))
        return super().records(places)

    def _before(self, ordinal: int) -> int | None:
        """Return the ordinal of the entry that an item goes on from, if it does and that was not read yet."""
        item = self[ordinal]
        if not isinstance(item, bytes):
            return None
        entry = decode_entry(item)
        earlier = ordinal - entry.back
        return earlier if entry.back and earlier not in self else None

    def _read(self, ordinals: Iterable[int]) -> None:
        """Read the blocks of items that were not read yet."""
        missing = sorted({ordinal for ordinal in ordinals if ordinal not in self})
        statements: list[Statement] = []
        for low, high in _ranges(missing):
            for bucket in range(self._bucket(low), self._bucket(high) + 1):
                statements.append((_SOME_BLOCKS, (*self._partition, bucket, low - BLOCK_ITEMS, high)))  # noqa: PERF401
        for rows in self._db.all(statements):
            for first, heads, body in whole(rows):
                if first not in self:
                    self.update(enumerate(decode_block(heads, self._compression.decompress(body)), first))

    def _bucket(self, ordinal: int) -> int:
        return bisect_right(self._firsts, ordinal) - 1


def _ranges(ordinals: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of ordinals that lie close together."""
    start = 0
    for at in range(1, len(ordinals) + 1):
        if at == len(ordinals) or ordinals[at] - ordinals[at - 1] > GAP:
            yield ordinals[start], ordinals[at - 1]
            start = at


def whole(rows: Iterable[tuple[int, int, bytes | None, bytes]]) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield blocks, first ordinal, heads and body, each put together from its rows."""
    first, heads = -1, b""
    parts: list[bytes] = []
    for start, part, told, body in rows:
        if part == 0:
            if parts:
                yield first, heads, b"".join(parts)
            first, heads, parts = start, told or b"", []
        parts.append(body)
    if parts:
        yield first, heads, b"".join(parts)
