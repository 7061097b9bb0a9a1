"""The store over a cluster of Cassandra, which any number of servers may share."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from spanglass.model.place import Claims, TracePart
from spanglass.model.record import SPOKEN, Fragment, SpanRecord
from spanglass.store import counting
from spanglass.store.cassandra import (
    dictionaries,
    following,
    heads,
    keys,
    leftovers,
    listing,
    resources,
    schema,
    traces,
)
from spanglass.store.cassandra.address import Address, Credentials
from spanglass.store.cassandra.changes import Changes
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import Ids, Row
from spanglass.store.cassandra.reader import LostError, Rows
from spanglass.store.cassandra.writer import Writer
from spanglass.store.compression import Compression
from spanglass.store.conversation import Order, Orders, ordered, read_said, said_before
from spanglass.store.counting import place_and_time
from spanglass.store.interface import (
    TOTALLED_MAX,
    Capabilities,
    Change,
    Cursor,
    Facet,
    KeyRecord,
    OutlinePage,
    Relate,
    Resource,
    Said,
    SaidPage,
    SessionChange,
    SessionCursor,
    SessionPage,
    SessionRecord,
    SpanPage,
    Totals,
    UnavailableError,
    Version,
    WriteResult,
)
from spanglass.store.pages import cut
from spanglass.store.views import Piece, holds, matches, said_page
from spanglass.store.where import EVERYWHERE, Kind, Where

SCANNED_MAX: Final = 20_000
"""Sessions that one page of a list looks at."""
SCANNED_FOR_TEXT_MAX: Final = 500
"""Sessions whose messages one page of a list looks through."""
COUNTED_SESSIONS_MAX: Final = 200_000
"""Sessions whose summaries facets are counted from: the latest of a time."""
READ_TRIES_MAX: Final = 10
"""How often a session is read again because it was written anew meanwhile."""
_T = TypeVar("_T")


class CassandraStore:
    """Keeps sessions in a keyspace of a cluster. See ``interface.Store``."""

    capabilities = Capabilities(full_text_search=True, many_servers=True)

    def __init__(
        self, address: Address, credentials: Credentials | None = None, *, known_fragments_max: int = 400_000
    ) -> None:
        """Connect, and make the keyspace or bring it up to date unless the address says not to.

        Raises:
            NewerSchemaError: A newer Spanglass made the tables.
            StoreError: The cluster cannot be reached, or the keyspace is not to be changed and not up to date.
        """
        self._db = Database(address, credentials or Credentials())
        try:
            schema.open_keyspace(self._db, schema.scripts(), migrate=address.options.migrate == "auto")
            leftovers.begin(self._db)
            self._compression = Compression(lambda: dictionaries.read(self._db))
            self._changes = Changes(self._db)
            self._shards = listing.Shards(self._db)
            self._writer = Writer(self._db, self._compression, self._changes, self._shards, known_fragments_max)
        except BaseException:
            self._db.close()
            raise
        self._lock = threading.Lock()
        self._orders = Orders()
        self._part = 0

    def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
        """See ``interface.Store``."""
        with self._lock:
            return self._writer.put(parts, relate)

    # Sessions

    def _row(self, ids: Ids) -> Row | None:
        """Return the row of a session that has spans, all of whose other rows are written."""
        row = following.finished(self._db, ids)
        if row.is_abandoned:
            self._changes.tell({ids: row})
        return row if row.has_spans else None

    def _rows(self, ids: Ids, row: Row) -> Rows:
        return Rows(self._db, self._compression, ids, row)

    def _of(self, ids: Ids, read: Callable[[Row, Rows], _T]) -> _T | None:
        """Return what is read of a session that has spans, None if it has none.

        What is read is of one generation: else it is read again.
        """
        for _ in range(READ_TRIES_MAX):
            row = self._row(ids)
            if row is None:
                return None
            try:
                told = read(row, self._rows(ids, row))
            except LostError:
                continue
            if heads.generation(self._db, ids) == row.generation:
                return told
        raise UnavailableError("the session is being written anew again and again")

    def session(self, assistant_id: bytes, session_id: bytes) -> SessionRecord | None:
        """See ``interface.Store``."""
        ids = (assistant_id, session_id)
        row = heads.read(self._db, ids)
        return row.record(ids) if row.has_spans else None

    def version(self, assistant_id: bytes, session_id: bytes) -> Version | None:
        """See ``interface.Store``; states have numbers that only grow."""
        row = heads.read(self._db, (assistant_id, session_id))
        return (row.seq, row.generation) if row.has_spans else None

    def spans(
        self,
        assistant_id: bytes,
        session_id: bytes,
        *,
        after: Cursor | None = None,
        limit: int = 100,
        bytes_max: int = 1 << 62,
        running: bool = False,
    ) -> SpanPage | None:
        """See ``interface.Store``."""

        def page(_: Row, rows: Rows) -> SpanPage:
            return cut(rows.spans(rows.places(after, running=running), limit), limit, bytes_max)

        return self._of((assistant_id, session_id), page)

    def span(self, span_id: bytes, *, within: Ids | None = None) -> tuple[SessionRecord, SpanRecord] | None:
        """See ``interface.Store``."""
        query = "SELECT assistant, session, start_ns FROM span_ids WHERE id = ?"
        values: tuple[bytes, ...] = (span_id,)
        if within is not None:
            query, values = f"{query} AND assistant = ? AND session = ?", (span_id, *within)
        for assistant_id, session_id, start_ns in self._db.rows(query, *values):
            found = self._of((assistant_id, session_id), self._span_at((assistant_id, session_id), start_ns, span_id))
            if found is not None:
                return found
        return None

    @staticmethod
    def _span_at(
        ids: Ids, start_ns: int, span_id: bytes
    ) -> Callable[[Row, Rows], tuple[SessionRecord, SpanRecord] | None]:
        def read(row: Row, rows: Rows) -> tuple[SessionRecord, SpanRecord] | None:
            place = rows.at(start_ns, span_id)
            return None if place is None else (row.record(ids), rows.items().records([place])[0])

        return read

    def otel_spans(self, otel_id: bytes, *, limit: int = 50) -> list[tuple[SessionRecord, bytes]]:
        """See ``interface.Store``."""
        query = "SELECT assistant, session, span, start_ns FROM span_ids WHERE id = ?"
        found = []
        for assistant_id, session_id, span_id, start_ns in self._db.rows(query, otel_id):
            ids = (assistant_id, session_id)
            row = self._row(ids)
            if row is not None and self._rows(ids, row).at(start_ns, span_id) is not None:
                found.append((row.record(ids), span_id))
        return found[:limit]

    def trace(self, trace_id: bytes, *, limit: int = 1 << 31) -> tuple[SessionRecord, list[SpanRecord]] | None:
        """See ``interface.Store``."""
        known = traces.read(self._db, trace_id)
        if known is None:
            return None
        place = known.claims.place(trace_id)
        ids = (place.assistant_id, place.session_id)

        def read(row: Row, rows: Rows) -> tuple[SessionRecord, list[SpanRecord]]:
            query = (
                "SELECT first_ns, last_ns FROM trace_times"
                " WHERE trace = ? AND assistant = ? AND session = ? AND generation = ?"
            )
            times = self._db.row(query, trace_id, *ids, row.generation)
            places = rows.in_trace(trace_id, times[0], times[1], limit) if times else []
            return row.record(ids), rows.items().records(places)

        return self._of(ids, read)

    def claims(self, trace_ids: Collection[bytes]) -> dict[bytes, Claims]:
        """See ``interface.Store``."""
        return traces.read_claims(self._db, trace_ids)

    # Lists

    def sessions(
        self, where: Where = EVERYWHERE, *, after: SessionCursor | None = None, limit: int = 50
    ) -> SessionPage:
        """See ``interface.Store``."""
        found: list[SessionRecord] = []
        last: listing.Listed | None = None
        scanned = searched = 0
        for listed in self._listed(where, after):
            if len(found) == limit or scanned == SCANNED_MAX or searched == SCANNED_FOR_TEXT_MAX:
                assert last is not None  # noqa: S101 (one was looked at)
                return SessionPage(found, SessionCursor(last.start_ns, *last.ids))
            last = listed
            scanned += 1
            if not matches(listed.record, where):
                continue
            searched += where.text is not None
            row = heads.read(self._db, listed.ids)
            if row.listed_ns == listed.start_ns and row.has_spans and self._says(listed.ids, where.text):
                found.append(row.record(listed.ids))
        return SessionPage(found)

    def _listed(self, where: Where, after: SessionCursor | None = None) -> Iterator[listing.Listed]:
        if where.sessions:
            return listing.named(self._db, where, after)
        return listing.read(self._db, where, after)

    def _says(self, ids: Ids, text: str | None) -> bool:
        """Return whether one message of a session holds all words of a text."""
        if text is None:
            return True

        def read(_: Row, rows: Rows) -> bool:
            return any(
                isinstance(item, Fragment) and item.kind in SPOKEN and holds(item, text) for item in rows.written()
            )

        return bool(self._of(ids, read))

    def _records(self, where: Where) -> Iterator[SessionRecord]:
        """Yield what the sessions of a time and some assistants are found by, latest start first."""
        return (listed.record for listed in listing.read(self._db, place_and_time(where)))

    def facets(self, kind: Kind, where: Where = EVERYWHERE, *, prefix: str = "", limit: int = 50) -> list[Facet]:
        """See ``interface.Store``; of too many sessions only the latest are looked at."""
        return counting.facets(islice(self._records(where), COUNTED_SESSIONS_MAX), kind, prefix, limit)

    def totals(self, where: Where = EVERYWHERE, *, parts: int = 1) -> Totals:
        """See ``interface.Store``."""
        return counting.totals(self._records(where), where, parts, TOTALLED_MAX)

    def sample(self, where: Where = EVERYWHERE, *, limit: int = 1000) -> list[SessionRecord]:
        """See ``interface.Store``."""
        found = [listed.ids for listed in islice(listing.read(self._db, place_and_time(where)), TOTALLED_MAX)]
        chosen = found[:: -(-len(found) // limit) or 1]
        rows = zip(chosen, listing.rows_of(self._db, chosen), strict=True)
        return [row.record(ids) for ids, row in rows if row.has_spans]

    def last_change(self) -> int:
        """See ``interface.Store``."""
        return self._changes.last()

    def changes(self, after: int, *, limit: int = 100) -> list[SessionChange]:
        """See ``interface.Store``."""
        return self._changes.read(after, limit)

    # What was said

    def outline(
        self, assistant_id: bytes, session_id: bytes, *, after: Cursor | None = None, limit: int = 1000
    ) -> OutlinePage | None:
        """See ``interface.Store``."""
        return self._of((assistant_id, session_id), lambda _, rows: rows.outline(after, limit))

    def said(
        self,
        assistant_id: bytes,
        session_id: bytes,
        *,
        first: int = 0,
        limit: int = 100,
        bytes_max: int = 1 << 62,
        back: bool = False,
    ) -> SaidPage | None:
        """See ``interface.Store``."""
        ids = (assistant_id, session_id)

        def read(row: Row, rows: Rows) -> SaidPage:
            order = self._order(ids, row, rows)
            piece = Piece(first, limit, bytes_max, back)
            return said_page(order.uttered, partial(read_said, rows.items(), order.entries), piece)

        return self._of(ids, read)

    def said_before(self, assistant_id: bytes, session_id: bytes, before_ms: int) -> int | None:
        """See ``interface.Store``."""
        ids = (assistant_id, session_id)
        return self._of(ids, lambda row, rows: said_before(self._order(ids, row, rows).uttered, before_ms))

    def hits(self, assistant_id: bytes, session_id: bytes, text: str, *, limit: int = 3) -> list[Said]:
        """See ``interface.Store``."""
        ids = (assistant_id, session_id)

        def read(row: Row, rows: Rows) -> list[Said]:
            order, items = self._order(ids, row, rows), rows.items()
            items.update(enumerate(rows.written()))
            wanted = [each for each in order.said if holds(items.fragment(each[1]), text)]
            return list(read_said(items, order.entries, wanted[:limit]))

        return self._of(ids, read) or []

    def _order(self, ids: Ids, row: Row, rows: Rows) -> Order:
        def find() -> Order:
            places = {ordinal: (start_ns, span_id) for start_ns, span_id, ordinal in rows.places(None, running=True)}
            return ordered(rows.entries(), places, rows.items())

        return self._orders.of(ids, row.seq, find)

    # Resources

    def resource(self, assistant_id: bytes, session_id: bytes = b"") -> Resource | None:
        """See ``interface.Store``."""
        return resources.read(self._db, assistant_id, session_id)

    def assistants(self, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """See ``interface.Store``."""
        return resources.read_assistants(self._db, after, limit)

    def described(self, assistant_id: bytes, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """See ``interface.Store``."""
        return resources.read_described(self._db, assistant_id, after, limit)

    def change(self, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
        """See ``interface.Store``."""
        return resources.change(self._db, self._shards, assistant_id, session_id, change)

    def remember(self, key: bytes, value: bytes, *, now_ns: int, until_ns: int) -> bytes:
        """See ``interface.Store``."""
        return resources.remember(self._db, key, value, now_ns, until_ns)

    def delete_session(self, assistant_id: bytes, session_id: bytes) -> bool:
        """See ``interface.Store``."""
        return self._writer.delete_all([(assistant_id, session_id)]) > 0

    def delete_assistant(self, assistant_id: bytes) -> bool:
        """See ``interface.Store``."""
        where = Where(assistants=frozenset({assistant_id}))
        deleted = self._delete(listed.ids for listed in listing.read(self._db, where, spans=False))
        return resources.forget_assistant(self._db, assistant_id) or deleted > 0

    def delete_before(self, before_ns: int, *, limit: int = 1 << 31) -> int:
        """See ``interface.Store``."""
        if before_ns <= 0:
            return 0
        listed = listing.read(self._db, Where(to_ns=before_ns - 1), spans=False)
        old = (each.ids for each in listed if not each.record.spans or each.record.last_ns < before_ns)
        return self._delete(islice(old, limit))

    def _delete(self, sessions: Iterator[Ids]) -> int:
        """Delete sessions, some at a time."""
        deleted = 0
        while some := list(islice(sessions, listing.ROWS_AT_ONCE)):
            deleted += self._writer.delete_all(some)
        return deleted

    # Keys

    def add_key(self, key: KeyRecord) -> None:
        """See ``interface.Store``."""
        keys.add(self._db, key)

    def key(self, key_id: str) -> KeyRecord | None:
        """See ``interface.Store``."""
        return keys.read(self._db, key_id)

    def keys(self) -> list[KeyRecord]:
        """See ``interface.Store``."""
        return keys.read_all(self._db)

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """See ``interface.Store``."""
        return keys.revoke(self._db, key_id, now_ns)

    def maintain(self) -> bool:
        """Finish what servers that died have left behind, and train dictionaries; see ``interface.Store``."""
        self._part = (self._part + 1) % leftovers.PARTS
        notes = leftovers.old(self._db, self._part)
        with self._lock:
            for note in notes:
                self._writer.finish(note)
        return bool(notes) or dictionaries.learn(self._db, self._compression, self._changes.last())

    def close(self) -> None:
        """See ``interface.Store``."""
        self._writer.close()
        self._db.close()
