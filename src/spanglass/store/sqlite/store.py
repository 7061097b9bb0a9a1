"""The store over one SQLite file: a writer behind a lock, readers from a pool."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import apsw

from spanglass.model.place import Claims, TracePart
from spanglass.model.record import SpanRecord
from spanglass.store.compression import Compression
from spanglass.store.interface import (
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
    StoreError,
    Totals,
    Version,
    WriteResult,
)
from spanglass.store.pages import cut
from spanglass.store.sqlite import dictionaries, index, keys, resources, summaries, traces
from spanglass.store.sqlite.conversation import Conversations
from spanglass.store.sqlite.database import (
    fetch,
    immediate,
    is_at_rest,
    open_existing,
    open_reader,
    open_writer,
    schema_scripts,
    store_errors,
)
from spanglass.store.sqlite.reader import Blocks, TraceTime, read_outline, read_places, read_spans, read_trace
from spanglass.store.sqlite.sessions import find_within, read_session, read_sessions, session_number, session_version
from spanglass.store.sqlite.writer import Writer
from spanglass.store.views import Piece
from spanglass.store.where import EVERYWHERE, Kind, Where

REST_SESSIONS = 32
"""Sessions whose blocks one piece of housekeeping merges."""
VACUUM_PAGES = 512
"""Free pages that one piece of housekeeping gives back to the file system."""
VACUUM_SHARE = 32
"""Free pages are given back once they are more than the file's pages divided by this."""
DELETED_SESSIONS = 100
"""Sessions that one transaction deletes at most, where many are to be deleted: spans can come in between."""
INDEXED_SESSIONS = 1_000
"""Sessions that one transaction indexes for a search: spans can come in between."""
_SESSION_IDS = "SELECT a.id, s.id FROM sessions AS s JOIN assistants AS a ON a.number = s.assistant"
_T = TypeVar("_T")


class SqliteStore:
    """Keeps sessions in one SQLite file, which several processes of one machine may share. See ``interface.Store``."""

    capabilities = Capabilities(full_text_search=True, atomic_writes=True, at_hand=True)

    def __init__(self, path: Path | str, *, known_fragments_max: int = 400_000, existing: bool = False) -> None:
        """Open or make the store; ``existing`` opens one that is there as it is, be it read-only.

        Raises:
            NewerSchemaError: A newer Spanglass wrote the file.
            StoreError: The file is no store, or cannot be opened; or an older Spanglass wrote it, and it is opened as
                it is.
        """
        self._path = Path(path)
        self._lock = threading.Lock()
        self._idle: list[apsw.Connection] = []
        self._closed = False
        with store_errors():
            opened = open_existing if existing else open_writer
            self._connection = opened(self._path, schema_scripts())
            self._at_rest = is_at_rest(self._connection)
            self._is_readonly = self._connection.readonly("main")  # asked now: later, another thread may be writing
            if not existing:
                dictionaries.read(self._connection)
            self._compression = Compression(self._read_dictionaries)
            self._conversations = Conversations(self._compression)
            self._writer = Writer(self._connection, self._compression, known_fragments_max)

    def _open_reader(self) -> apsw.Connection:
        return open_reader(self._path, at_rest=self._at_rest)

    def _read_dictionaries(self) -> dict[int, bytes]:
        connection = self._open_reader()
        try:
            return dictionaries.read(connection)
        finally:
            connection.close()

    def _change(self, change: Callable[[Writer], _T]) -> _T:
        with self._lock, store_errors():
            return self._writer.transact(change)

    @contextmanager
    def _lending(self) -> Iterator[apsw.Connection]:
        """Lend a connection for reading."""
        with store_errors():
            connection = self._idle.pop() if self._idle else self._open_reader()
            try:
                yield connection
            finally:
                self._idle.append(connection)

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """Lend a connection that sees one state of the store throughout."""
        with self._lending() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
        """See ``interface.Store``."""
        return self._change(lambda writer: writer.put(parts, relate))

    def session(self, assistant_id: bytes, session_id: bytes) -> SessionRecord | None:
        """See ``interface.Store``."""
        with self._reading() as connection:
            number = session_number(connection, assistant_id, session_id)
            return None if number is None else read_session(connection, number)

    def version(self, assistant_id: bytes, session_id: bytes) -> Version | None:
        """See ``interface.Store``; numbers of sessions are never used again."""
        with self._lending() as connection:
            return session_version(connection, assistant_id, session_id)

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
        with self._reading() as connection:
            number = session_number(connection, assistant_id, session_id)
            if number is None:
                return None
            places = read_places(connection, number, after, running=running)
            blocks = Blocks(connection, self._compression, number)
            return cut(read_spans(blocks, places, limit), limit, bytes_max)

    def span(
        self, span_id: bytes, *, within: tuple[bytes, bytes] | None = None
    ) -> tuple[SessionRecord, SpanRecord] | None:
        """See ``interface.Store``."""
        if within is None:
            self._index()
        with self._reading() as connection:
            found = index.find_span(connection, span_id) if within is None else find_within(connection, within, span_id)
            if found is None:
                return None
            session, place = found
            (record,) = Blocks(connection, self._compression, session).records([place])
            return read_session(connection, session), record

    def otel_spans(self, otel_id: bytes, *, limit: int = 50) -> list[tuple[SessionRecord, bytes]]:
        """See ``interface.Store``."""
        self._index()
        with self._reading() as connection:
            found = index.find_otel_spans(connection, self._compression, otel_id, limit)
            return [(read_session(connection, session), span_id) for session, span_id in found]

    def trace(self, trace_id: bytes, *, limit: int = 1 << 31) -> tuple[SessionRecord, list[SpanRecord]] | None:
        """See ``interface.Store``."""
        with self._reading() as connection:
            rows = fetch(connection, "SELECT session, first_ns, last_ns FROM traces WHERE id = ?", (trace_id,))
            if not rows:
                return None
            ((session, first_ns, last_ns),) = rows
            time = TraceTime(trace_id, first_ns, last_ns)
            return read_session(connection, session), read_trace(connection, self._compression, session, time, limit)

    def claims(self, trace_ids: Collection[bytes]) -> dict[bytes, Claims]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            rows = {trace_id: traces.read_row(connection, trace_id) for trace_id in trace_ids}
        return {trace_id: row.claims for trace_id, row in rows.items() if row is not None}

    def sessions(
        self, where: Where = EVERYWHERE, *, after: SessionCursor | None = None, limit: int = 50
    ) -> SessionPage:
        """See ``interface.Store``."""
        if where.text is not None:
            self._index()
        with self._reading() as connection:
            return read_sessions(connection, where, after, limit)

    def facets(self, kind: Kind, where: Where = EVERYWHERE, *, prefix: str = "", limit: int = 50) -> list[Facet]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return summaries.read_facets(connection, kind, where, prefix, limit)

    def totals(self, where: Where = EVERYWHERE, *, parts: int = 1) -> Totals:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return summaries.read_totals(connection, where, parts)

    def sample(self, where: Where = EVERYWHERE, *, limit: int = 1000) -> list[SessionRecord]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return summaries.read_sample(connection, where, limit)

    def last_change(self) -> int:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return summaries.last_change(connection)

    def changes(self, after: int, *, limit: int = 100) -> list[SessionChange]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return summaries.read_changes(connection, after, limit)

    def outline(
        self, assistant_id: bytes, session_id: bytes, *, after: Cursor | None = None, limit: int = 1000
    ) -> OutlinePage | None:
        """See ``interface.Store``."""
        with self._reading() as connection:
            number = session_number(connection, assistant_id, session_id)
            return None if number is None else read_outline(connection, self._compression, number, after, limit)

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
        with self._reading() as connection:
            number = session_number(connection, assistant_id, session_id)
            if number is None:
                return None
            return self._conversations.page(connection, number, Piece(first, limit, bytes_max, back))

    def said_before(self, assistant_id: bytes, session_id: bytes, before_ms: int) -> int | None:
        """See ``interface.Store``."""
        with self._reading() as connection:
            number = session_number(connection, assistant_id, session_id)
            return None if number is None else self._conversations.before(connection, number, before_ms)

    def hits(self, assistant_id: bytes, session_id: bytes, text: str, *, limit: int = 3) -> list[Said]:
        """See ``interface.Store``."""
        self._index()
        with self._reading() as connection:
            number = session_number(connection, assistant_id, session_id)
            return [] if number is None else self._conversations.hits(connection, number, text, limit)

    def _index(self) -> None:
        """Have everything written so far in the index."""
        with self._reading() as connection:
            behind = index.behind(connection)
        if behind and self._is_readonly:
            raise StoreError(f"the words of {behind} sessions are not indexed yet, and the file cannot be written")
        for _ in range(0, behind, INDEXED_SESSIONS):
            self._change(lambda writer: writer.index(INDEXED_SESSIONS))

    def resource(self, assistant_id: bytes, session_id: bytes = b"") -> Resource | None:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return resources.read_resource(connection, assistant_id, session_id)

    def assistants(self, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return resources.read_assistants(connection, after, limit)

    def described(self, assistant_id: bytes, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return resources.read_described(connection, assistant_id, after, limit)

    @contextmanager
    def _settling(self) -> Iterator[apsw.Connection]:
        """Lend the writer's connection for a transaction that changes nothing of what the writer remembers."""
        with self._lock, store_errors(), immediate(self._connection):
            yield self._connection

    def change(self, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
        """See ``interface.Store``."""
        with self._settling() as connection:
            return resources.write_change(connection, assistant_id, session_id, change)

    def remember(self, key: bytes, value: bytes, *, now_ns: int, until_ns: int) -> bytes:
        """See ``interface.Store``."""
        with self._settling() as connection:
            return resources.remember(connection, key, value, now_ns, until_ns)

    def add_key(self, key: KeyRecord) -> None:
        """See ``interface.Store``."""
        self._change(lambda _: keys.add_key(self._connection, key))

    def key(self, key_id: str) -> KeyRecord | None:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return keys.read_key(connection, key_id)

    def keys(self) -> list[KeyRecord]:
        """See ``interface.Store``."""
        with self._reading() as connection:
            return keys.read_keys(connection)

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """See ``interface.Store``."""
        return self._change(lambda _: keys.revoke_key(self._connection, key_id, now_ns))

    def delete_assistant(self, assistant_id: bytes) -> bool:
        """See ``interface.Store``; what is left after some of its sessions have gone is an assistant as any other."""
        with self._reading() as connection:
            sessions = fetch(connection, f"{_SESSION_IDS} WHERE a.id = ?", (assistant_id,))
        for start in range(0, len(sessions), DELETED_SESSIONS):
            self._delete_sessions(sessions[start : start + DELETED_SESSIONS])
        with self._settling() as connection:
            return resources.forget_assistant(connection, assistant_id) or bool(sessions)

    def _delete_sessions(self, ids: Sequence[tuple[bytes, bytes]]) -> None:
        self._change(lambda writer: [self._delete(writer, *each) for each in ids])

    def _delete(self, writer: Writer, assistant_id: bytes, session_id: bytes) -> bool:
        """Delete a session within the writer's transaction; return whether there was one."""
        number = session_number(self._connection, assistant_id, session_id)
        if number is not None:
            writer.delete(number)
        return resources.forget_session(self._connection, assistant_id, session_id) or number is not None

    def delete_session(self, assistant_id: bytes, session_id: bytes) -> bool:
        """See ``interface.Store``."""
        return self._change(lambda writer: self._delete(writer, assistant_id, session_id))

    def delete_before(self, before_ns: int, *, limit: int = 1 << 31) -> int:
        """See ``interface.Store``; spans can come in between one transaction and the next."""

        def delete(writer: Writer) -> int:
            # What ended before has begun before, which an index knows: else each call would look at every session.
            statement = f"{_SESSION_IDS} WHERE s.first_ns < ?1 AND s.last_ns < ?1 ORDER BY s.first_ns LIMIT ?2"
            rows = fetch(self._connection, statement, (before_ns, min(limit - deleted, DELETED_SESSIONS)))
            for assistant_id, session_id in rows:
                self._delete(writer, assistant_id, session_id)
            return len(rows)

        deleted = 0
        while count := self._change(delete):
            deleted += count
        with self._settling() as connection:
            return deleted + resources.forget_before(connection, before_ns, limit - deleted)

    def maintain(self) -> bool:
        """Index words, merge blocks, or give free pages back; see ``interface.Store``."""
        if self._change(lambda writer: writer.keep_house(REST_SESSIONS)):
            return True
        with self._lock, store_errors():
            free, pages = self._connection.pragma("freelist_count"), self._connection.pragma("page_count")
            if free * VACUUM_SHARE <= pages:
                return False
            fetch(self._connection, f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
            return True

    def close(self) -> None:
        """See ``interface.Store``; the last process to close leaves one file, without its log."""
        with self._lock, store_errors():
            for connection in (*self._idle, self._connection):
                connection.close()
            self._idle.clear()
