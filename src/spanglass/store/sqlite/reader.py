"""Reading a session's spans from blocks: from ordinals to items to records."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import apsw

from spanglass.model.record import Fragment, SpanRecord
from spanglass.store.compression import Compression
from spanglass.store.interface import Cursor
from spanglass.store.records import Entry, Item, decode_entry, span_record

CHUNK_SPANS = 100
"""Spans whose blocks are read together: a page at the default size is one round."""
DENSE = 8
"""A span of ordinals is read in one scan if it holds at most this many times the items asked for."""

Place = tuple[int, bytes, int]
"""A span's place in the order: start, id, ordinal of its entry."""


class Blocks:
    """The items of one session, read block by block as they are asked for and kept while this lives."""

    def __init__(self, connection: apsw.Connection, compression: Compression, session: int) -> None:
        self._connection = connection
        self._compression = compression
        self._session = session
        self.items: dict[int, Item] = {}
        self.fragments: dict[int, Fragment] = {}

    def load(self, ordinals: Iterable[int]) -> None:
        """Make sure that ``items`` has these ordinals."""
        missing = sorted(set(ordinals) - self.items.keys())
        if missing and missing[-1] - missing[0] < DENSE * len(missing):
            self._scan(missing[0], missing[-1])
            return
        for ordinal in missing:
            if ordinal not in self.items:
                self._scan(ordinal, ordinal)

    def _scan(self, low: int, high: int) -> None:
        rows = self._connection.execute(
            "SELECT first, heads, body FROM blocks WHERE session = ?1 AND first <= ?3 AND first >="
            " (SELECT max(first) FROM blocks WHERE session = ?1 AND first <= ?2)",
            (self._session, low, high),
        )
        for first, heads, body in rows:
            if first not in self.items:
                self.items.update(enumerate(self._compression.decode_block(heads, body), first))

    def records(self, places: Sequence[Place]) -> list[SpanRecord]:
        """Return the spans at these places."""
        self.load(ordinal for _, _, ordinal in places)
        entries = [decode_entry(self.items[ordinal].piece) for _, _, ordinal in places]
        self._make_fragments(entries)
        return [
            span_record(start_ns, span_id, entry, self.fragments)
            for (start_ns, span_id, _), entry in zip(places, entries, strict=True)
        ]

    def _make_fragments(self, entries: Sequence[Entry]) -> None:
        wanted: set[int] = set()
        wanted.update(*(entry.ordinals() for entry in entries))
        wanted -= self.fragments.keys()
        self.load(wanted)
        self.fragments.update((ordinal, self.items[ordinal].fragment()) for ordinal in wanted)


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
