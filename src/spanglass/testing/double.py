"""A double of QConnect: the service itself, over sessions in memory, with faults on demand."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from spanglass import qconnect
from spanglass.config import Limits
from spanglass.logs import quiet
from spanglass.mapping import received
from spanglass.reading import Reader
from spanglass.registry import Registry
from spanglass.store.memory import MemoryStore
from spanglass.testing.builders import Session
from spanglass.testing.faults import Faults

SPANS_PER_PAGE_MAX: Final = 100
"""Spans that a ListSpansResponse may hold, and so what is checked at a time."""
FAULTS_TOLD_MAX: Final = 20


class Double:
    """An ASGI application that answers as QConnect does; ``faults`` are met before it answers."""

    def __init__(self) -> None:
        quiet()
        limits = Limits()
        self._store: Final = MemoryStore()
        self._threads: Final = ThreadPoolExecutor(limits.readers_max, thread_name_prefix="spanglass-double")
        backing = qconnect.Backing(Reader(self._store, limits), Registry(self._store, limits))
        self._service: Final = qconnect.app(backing, self._threads, limits)
        self.faults: Final = Faults()
        self.requests: Final[list[str]] = []
        """Every request so far: its method, and its path with the query as it came."""

    def add(self, *sessions: Session) -> None:
        """Keep sessions; spans of one that is there already replace those of the same id.

        Raises:
            ValueError: A span is none that AWS could answer with; the message names what is wrong.
        """
        for session in sessions:
            self.add_spans(session.assistant_id, session.session_id, session.spans)

    def add_spans(self, assistant_id: str, session_id: str, spans: Sequence[dict[str, Any]]) -> None:
        """Keep spans in ListSpans's shape, with times as numbers of seconds.

        Raises:
            ValueError: A span is none that AWS could answer with; the message names what is wrong.
        """
        place = (assistant_id, session_id)
        for start in range(0, len(spans), SPANS_PER_PAGE_MAX):
            page = spans[start : start + SPANS_PER_PAGE_MAX]
            if found := received.faults({"spans": page}, place):
                told = "\n".join(f"{fault.path}: {fault.constraint}" for fault in found[:FAULTS_TOLD_MAX])
                raise ValueError(f"AWS has no such spans:\n{told}")
            self._store.write([received.part(page, place)])

    def clear(self) -> None:
        """Forget all sessions, faults and requests."""
        for session in self._store.sessions(limit=1 << 31).sessions:
            self._store.delete_session(session.assistant_id, session.session_id)
        self.faults.clear()
        self.requests.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or show the next fault."""
        query = scope["query_string"].decode("ascii", "replace")
        path = scope["raw_path"].decode("ascii", "replace") + (f"?{query}" if query else "")
        self.requests.append(f"{scope['method']} {path}")
        fault = self.faults.next() if scope["path"].rstrip("/").endswith("/spans") else None
        if fault is None:
            await self._service(scope, receive, send)
        else:
            await fault(self._service, scope, receive, send)

    def close(self) -> None:
        """Let go of its threads."""
        self._threads.shutdown()
