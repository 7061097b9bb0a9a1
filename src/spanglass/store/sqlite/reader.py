"""Reading a session's spans from blocks: from ordinals to items to records."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import apsw

from spanglass.model.record import SpanRecord
from spanglass.store.compression import Compression
from spanglass.store.interface import LOOK_BACK, Cursor, OutlinePage
from spanglass.store.items import Items, Place
from spanglass.store.outline import outline_page
from spanglass.store.records import ENTRY, Entry, Item, decode_block, decode_entry, decode_kinds, decode_pieces
from spanglass.store.sqlite.database import fetch

CHUNK_SPANS = 100
"""Spans whose blocks are read together: a page at the default size is one round."""
DENSE = 8
"""A span of ordinals is read in one scan if it holds at most this many times the items asked for."""


_BLOCKS = (
    "SELECT first, heads, body FROM blocks WHERE session = ?1 AND first <= ?3 AND first >="
    " (SELECT max(first) FROM blocks WHERE session = ?1 AND first <= ?2) ORDER BY first"
)
"""The blocks of a session that hold the items from one ordinal to another."""


class Blocks(Items):
    """The items of one session by ordinal, read block by block as they are asked for and kept while this lives."""

    def __init__(self, connection: apsw.Connection, compression: Compression, session: int) -> None:
        super().__init__()
        self._connection = connection
        self._compression = compression
        self._session = session

    def __missing__(self, ordinal: int) -> Item:
        self._load(ordinal, ordinal)
        return self[ordinal]

    def read(self, start: int, stop: int) -> list[Item]:
        """Return the items from one ordinal up to another."""
        self._load(start, stop - 1)
        return [self[ordinal] for ordinal in range(start, stop)]

    def traces(self) -> set[bytes]:
        """Return the request ids of all spans that the session has or had."""
        self._load(0, 1 << 62)
        return {decode_entry(item).request_id for item in self.values() if isinstance(item, bytes)}

    def prepare(self, ordinals: Sequence[int]) -> None:
        """Read the blocks of these items in one scan where they lie close together."""
        if ordinals and max(ordinals) - min(ordinals) < DENSE * len(ordinals):
            self._load(min(ordinals), max(ordinals))

    def _load(self, low: int, high: int) -> None:
        for first, heads, body in self._connection.execute(_BLOCKS, (self._session, low, high)):
            if first not in self:
                self.update(enumerate(decode_block(heads, self._compression.decompress(body)), first))


def read_entries(
    connection: apsw.Connection, compression: Compression, session: int, low: int = 0, high: int = 1 << 62
) -> Iterator[tuple[int, Entry]]:
    """Yield the entries of a session from one ordinal to another, in order, also those that others replaced."""
    for first, heads, body in connection.execute(_BLOCKS, (session, low, high)):
        kinds = decode_kinds(heads)
        if ENTRY in kinds:
            pieces = decode_pieces(compression.decompress(body))
            for at, kind in enumerate(kinds, first):
                if kind == ENTRY and low <= at <= high:
                    yield at, decode_entry(pieces[at - first])


def read_places(connection: apsw.Connection, session: int, after: Cursor | None, *, running: bool) -> Iterator[Place]:
    """Yield the places of a session's spans in order, after a cursor."""
    start = (after.start_ns, after.span_id) if after else (-1, b"")
    yield from connection.execute(
        "SELECT start_ns, id, ordinal FROM spans"
        " WHERE session = ? AND (start_ns, id) > (?, ?) AND running <= ? ORDER BY start_ns, id",
        (session, *start, running),
    )


def read_spans(blocks: Blocks, places: Iterator[Place], limit: int) -> Iterator[SpanRecord]:
    """Yield spans, reading as many at a time as a page needs, with one to spare."""
    size = min(limit + 1, CHUNK_SPANS + 1)
    while chunk := list(islice(places, size)):
        yield from blocks.records(chunk)


def read_all(connection: apsw.Connection, compression: Compression, session: int) -> list[SpanRecord]:
    """Return all spans of a session, running ones too, in order."""
    places = list(read_places(connection, session, None, running=True))
    return Blocks(connection, compression, session).records(places)


class TraceTime(NamedTuple):
    """A trace and the times between which its spans start, in nanoseconds."""

    id: bytes
    first_ns: int
    last_ns: int


def read_trace(
    connection: apsw.Connection, compression: Compression, session: int, trace: TraceTime, limit: int
) -> list[SpanRecord]:
    """Return a trace's spans among the last ones of its session in the trace's time, in order, running ones too."""
    places = fetch(
        connection,
        "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND start_ns BETWEEN ? AND ?"
        " ORDER BY start_ns DESC, id DESC LIMIT ?",
        (session, trace.first_ns, trace.last_ns, limit),
    )
    spans = Blocks(connection, compression, session).records(places[::-1])
    return [span for span in spans if span.request_id == trace.id]


def read_outline(
    connection: apsw.Connection, compression: Compression, session: int, after: Cursor | None, limit: int
) -> OutlinePage:
    """Return a page of a session's outline; see ``interface.Store.outline``."""
    start = (after.start_ns, after.span_id) if after else (-1, b"")
    places = fetch(
        connection,
        "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND (start_ns, id) > (?, ?)"
        " ORDER BY start_ns, id LIMIT ?",
        (session, *start, limit + 1),
    )
    before = fetch(
        connection,
        "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND (start_ns, id) <= (?, ?)"
        " ORDER BY start_ns DESC, id DESC LIMIT ?",
        (session, *start, LOOK_BACK),
    )
    return outline_page(Blocks(connection, compression, session), before, places, limit)
