"""A store as one caller may see it: what is not theirs is not there, by whatever way it is asked for."""

from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Final, Protocol, Self, TypeVar

import msgspec

from spanglass.access.caller import Caller
from spanglass.access.errors import ForbiddenError
from spanglass.model.place import Claims, TracePart
from spanglass.model.record import SpanRecord
from spanglass.store.interface import (
    Capabilities,
    Change,
    Cursor,
    Facet,
    KeyRecord,
    NoAssistantError,
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
    Store,
    Totals,
    Version,
    WriteResult,
)
from spanglass.store.where import EVERYWHERE, Kind, Where


class _OverStore(Protocol):
    """What answers from a store: ``reading.Reader``, ``registry.Registry``."""

    def over(self, view: Callable[[Store], Store]) -> Self: ...


TOO_WIDE: Final = "this concerns assistants that this key is not for"
_T = TypeVar("_T", bound=_OverStore)


def limited(answering: _T, caller: Caller) -> _T:
    """Return a reader or registry that finds only what the caller may see; all else reads as what does not exist."""
    if caller.assistants is None:
        return answering
    return answering.over(lambda store: ScopedStore(store, caller.assistants))


class ScopedStore(Store):
    """Some assistants of a store; see ``interface.Store`` for what each method answers.

    What concerns all assistants raises ``ForbiddenError``.
    """

    def __init__(self, store: Store, assistants: Collection[bytes] | None) -> None:
        self._store = store
        self._assistants = frozenset(assistants or ())

    @property
    def capabilities(self) -> Capabilities:
        """Those of the store."""
        return self._store.capabilities

    def session(self, assistant_id: bytes, session_id: bytes) -> SessionRecord | None:
        """Return a session of these assistants."""
        return self._store.session(assistant_id, session_id) if assistant_id in self._assistants else None

    def version(self, assistant_id: bytes, session_id: bytes) -> Version | None:
        """Return the version of a session of these assistants."""
        return self._store.version(assistant_id, session_id) if assistant_id in self._assistants else None

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
        """Return spans of a session of these assistants."""
        if assistant_id not in self._assistants:
            return None
        return self._store.spans(
            assistant_id, session_id, after=after, limit=limit, bytes_max=bytes_max, running=running
        )

    def span(
        self, span_id: bytes, *, within: tuple[bytes, bytes] | None = None
    ) -> tuple[SessionRecord, SpanRecord] | None:
        """Return a span of these assistants."""
        found = self._store.span(span_id, within=within)
        return found if found is not None and found[0].assistant_id in self._assistants else None

    def otel_spans(self, otel_id: bytes, *, limit: int = 50) -> list[tuple[SessionRecord, bytes]]:
        """Return spans of these assistants."""
        found = self._store.otel_spans(otel_id, limit=limit)
        return [each for each in found if each[0].assistant_id in self._assistants]

    def trace(self, trace_id: bytes, *, limit: int = 1 << 31) -> tuple[SessionRecord, list[SpanRecord]] | None:
        """Return a trace of these assistants."""
        found = self._store.trace(trace_id, limit=limit)
        return found if found is not None and found[0].assistant_id in self._assistants else None

    def claims(self, trace_ids: Collection[bytes]) -> dict[bytes, Claims]:
        """Return what traces of these assistants claim."""
        found = self._store.claims(trace_ids)
        return {each: told for each, told in found.items() if told.place(each).assistant_id in self._assistants}

    def _within(self, where: Where) -> Where:
        """Return the conditions held to these assistants."""
        wanted = self._assistants if where.assistants is None else self._assistants & where.assistants
        return msgspec.structs.replace(where, assistants=wanted)

    def sessions(
        self, where: Where = EVERYWHERE, *, after: SessionCursor | None = None, limit: int = 50
    ) -> SessionPage:
        """Return sessions of these assistants."""
        return self._store.sessions(self._within(where), after=after, limit=limit)

    def facets(self, kind: Kind, where: Where = EVERYWHERE, *, prefix: str = "", limit: int = 50) -> list[Facet]:
        """Return values that sessions of these assistants have."""
        return self._store.facets(kind, self._within(where), prefix=prefix, limit=limit)

    def totals(self, where: Where = EVERYWHERE, *, parts: int = 1) -> Totals:
        """Return counts over sessions of these assistants."""
        return self._store.totals(self._within(where), parts=parts)

    def sample(self, where: Where = EVERYWHERE, *, limit: int = 1000) -> list[SessionRecord]:
        """Return some sessions of these assistants."""
        return self._store.sample(self._within(where), limit=limit)

    def last_change(self) -> int:
        """Return the number of the latest change to any session."""
        return self._store.last_change()

    def changes(self, after: int, *, limit: int = 100) -> list[SessionChange]:
        """Return changes to sessions of these assistants; there may be more when there are fewer than asked for."""
        while True:
            changes = self._store.changes(after, limit=limit)
            found = [change for change in changes if change.assistant_id in self._assistants]
            if found or len(changes) < limit:
                return found
            after = changes[-1].number

    def outline(
        self, assistant_id: bytes, session_id: bytes, *, after: Cursor | None = None, limit: int = 1000
    ) -> OutlinePage | None:
        """Return the outline of a session of these assistants."""
        if assistant_id not in self._assistants:
            return None
        return self._store.outline(assistant_id, session_id, after=after, limit=limit)

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
        """Return messages of a session of these assistants."""
        if assistant_id not in self._assistants:
            return None
        return self._store.said(assistant_id, session_id, first=first, limit=limit, bytes_max=bytes_max, back=back)

    def said_before(self, assistant_id: bytes, session_id: bytes, before_ms: int) -> int | None:
        """Return how many messages of a session of these assistants were said before a time."""
        if assistant_id not in self._assistants:
            return None
        return self._store.said_before(assistant_id, session_id, before_ms)

    def hits(self, assistant_id: bytes, session_id: bytes, text: str, *, limit: int = 3) -> list[Said]:
        """Return hits in a session of these assistants."""
        return self._store.hits(assistant_id, session_id, text, limit=limit) if assistant_id in self._assistants else []

    def resource(self, assistant_id: bytes, session_id: bytes = b"") -> Resource | None:
        """Return one of these assistants, or a session of theirs."""
        return self._store.resource(assistant_id, session_id) if assistant_id in self._assistants else None

    def assistants(self, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """Return those of these assistants that are there."""
        found = (self._store.resource(each) for each in sorted(self._assistants) if each > after)
        return list(islice(filter(None, found), limit))

    def described(self, assistant_id: bytes, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """Return sessions of one of these assistants that were given settings."""
        if assistant_id not in self._assistants:
            return []
        return self._store.described(assistant_id, after=after, limit=limit)

    def change(self, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
        """Change one of these assistants, or a session of theirs."""
        if assistant_id not in self._assistants:
            raise NoAssistantError
        return self._store.change(assistant_id, session_id, change)

    def delete_assistant(self, assistant_id: bytes) -> bool:
        """Delete one of these assistants."""
        return assistant_id in self._assistants and self._store.delete_assistant(assistant_id)

    def delete_session(self, assistant_id: bytes, session_id: bytes) -> bool:
        """Delete a session of these assistants."""
        return assistant_id in self._assistants and self._store.delete_session(assistant_id, session_id)

    def key(self, key_id: str) -> KeyRecord | None:
        """Show no key."""
        return None

    def keys(self) -> list[KeyRecord]:
        """Show no key."""
        return []

    def add_key(self, key: KeyRecord) -> None:
        """Refuse."""
        raise ForbiddenError(TOO_WIDE)

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """Refuse."""
        raise ForbiddenError(TOO_WIDE)

    def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
        """Refuse: spans are written by the recorder."""
        raise ForbiddenError(TOO_WIDE)

    def remember(self, key: bytes, value: bytes, *, now_ns: int, until_ns: int) -> bytes:
        """Remember for all: a key names the assistant that it is about."""
        return self._store.remember(key, value, now_ns=now_ns, until_ns=until_ns)

    def delete_before(self, before_ns: int, *, limit: int = 1 << 31) -> int:
        """Refuse."""
        raise ForbiddenError(TOO_WIDE)

    def maintain(self) -> bool:
        """Leave that to the store."""
        return False

    def close(self) -> None:
        """Leave that to the store."""
