"""The reference store: plain dictionaries, everything computed on reading. It is the oracle of the other backends."""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import itemgetter

import msgspec

from spanglass.model.place import Claims, Place, TracePart
from spanglass.model.record import PARTICIPANTS, Fragment, SpanRecord
from spanglass.store import counting
from spanglass.store.counting import place_and_time
from spanglass.store.interface import (
    RELATED_SPANS_MAX,
    TOTALLED_MAX,
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
    StoreError,
    Totals,
    Version,
    WriteResult,
)
from spanglass.store.pages import cut, said_ms, supersedes
from spanglass.store.rollups import as_members, last_ns, rolled_up
from spanglass.store.views import (
    UTTERED,
    Piece,
    conversation,
    holds,
    matches,
    otel_span_id,
    outlined,
    said_page,
)
from spanglass.store.where import EVERYWHERE, Kind, Where

_Ids = tuple[bytes, bytes]


class _Session:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.spans: dict[bytes, SpanRecord] = {}

    def ordered(self) -> list[SpanRecord]:
        return sorted(self.spans.values(), key=lambda span: (span.start_ns, span.span_id))

    def record(self) -> SessionRecord:
        spans = self.spans.values()
        return SessionRecord(
            assistant_id=self.place.assistant_id,
            session_id=self.place.session_id,
            name=self.place.session_name,
            assistant_name=self.place.assistant_name,
            first_ns=min(span.start_ns for span in spans),
            last_ns=max(last_ns(span) for span in spans),
            **as_members(rolled_up(spans)),  # type: ignore[arg-type]  # names and types are SessionRecord's own
        )

    def fragments(self) -> Iterator[Fragment]:
        for span in self.spans.values():
            yield from span.inputs + span.outputs + span.system

    def told(self) -> list[SpanRecord]:
        """Return the spans in order, each message with the time it was first said."""
        since: dict[bytes, int] = {}
        for span in self.spans.values():
            for fragment, ms in said_ms(span):
                since[fragment.key] = min(ms, since.get(fragment.key, ms))
        timed = {
            fragment.key: msgspec.structs.replace(fragment, since_ms=since[fragment.key])
            if fragment.kind in PARTICIPANTS
            else fragment
            for fragment in self.fragments()
        }

        def of(fragments: Iterable[Fragment]) -> tuple[Fragment, ...]:
            return tuple(timed[fragment.key] for fragment in fragments)

        return [
            msgspec.structs.replace(span, inputs=of(span.inputs), outputs=of(span.outputs), system=of(span.system))
            for span in self.ordered()
        ]


def _near(spans: list[SpanRecord], trace_id: bytes, limit: int) -> list[SpanRecord]:
    """Return a trace's spans among the last ones of its session in the trace's time."""
    starts = [span.start_ns for span in spans if span.request_id == trace_id]
    near = [span for span in spans if starts and min(starts) <= span.start_ns <= max(starts)]
    return [span for span in near[-limit:] if span.request_id == trace_id]


class MemoryStore:
    """Keeps sessions in memory, for tests and as the oracle of the other backends. Nothing outlives the process."""

    capabilities = Capabilities(full_text_search=True, atomic_writes=True, at_hand=True)

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._keys: dict[str, KeyRecord] = {}
        self._sessions: dict[_Ids, _Session] = {}
        self._traces: dict[bytes, tuple[Claims, _Ids]] = {}
        self._names: dict[bytes, str] = {}
        self._changed: dict[_Ids, Resource] = {}
        self._remembered: dict[bytes, tuple[bytes, int]] = {}
        self._writes = 0
        self._change_number = 0
        self._change_numbers: dict[_Ids, int] = {}

    def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
        """See ``interface.Store``."""
        with self._lock:
            self._writes += 1
            outcomes = [
                None if (session := self._locate(part)) is None else self._put(part, session, relate) for part in parts
            ]
        counts = [counts for counts in outcomes if counts is not None]
        written, replaced, unchanged = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
        foreign = tuple(number for number, counts in enumerate(outcomes) if counts is None)
        return WriteResult(written, replaced, unchanged, foreign)

    def _locate(self, part: TracePart) -> _Session | None:
        """Return the session of a part, after moving what came of its trace before to it; None if it may not go."""
        known, old = self._traces.get(part.trace_id, (part.claims, None))
        claims = known.merged(part.claims)
        place = claims.place(part.trace_id)
        if not part.fits(known.place(part.trace_id), place):
            return None
        ids = (place.assistant_id, place.session_id)
        session = self._sessions.get(ids) or self._begin(place)
        if part.trace_id:
            self._traces[part.trace_id] = (claims, ids)
        if old is not None and old != ids:
            self._move(part.trace_id, old, session)
            self._changed_now(old)
        self._changed_now(ids)
        return session

    def _begin(self, place: Place) -> _Session:
        """Return a new session; the names are those that were there first."""
        ids = (place.assistant_id, place.session_id)
        made = self._changed.get(ids)
        session_name = made.name if made else place.session_name
        assistant_name = self._names.setdefault(place.assistant_id, place.assistant_name)
        self._sessions[ids] = _Session(Place(*ids, assistant_name, session_name))
        return self._sessions[ids]

    def _move(self, trace_id: bytes, old: _Ids, session: _Session) -> None:
        left = self._sessions[old]
        for span in [span for span in left.spans.values() if span.request_id == trace_id]:
            self._keep(session, left.spans.pop(span.span_id))
        if not left.spans:
            del self._sessions[old]

    def _put(self, part: TracePart, session: _Session, relate: Relate | None) -> tuple[int, int, int]:
        spans: Sequence[SpanRecord] = part.spans
        if relate is not None and part.trace_id:
            known = _near(session.ordered(), part.trace_id, RELATED_SPANS_MAX)
            told = {span.span_id for span in known}
            known += [session.spans[s.span_id] for s in spans if s.span_id in session.spans and s.span_id not in told]
            spans = relate(known, spans) if known else spans
        results = [self._keep(session, span) for span in spans]
        return results.count("written"), results.count("replaced"), results.count("unchanged")

    def _keep(self, session: _Session, span: SpanRecord) -> str:
        known = session.spans.get(span.span_id)
        if known is not None and not supersedes(span, known):
            return "unchanged"
        session.spans[span.span_id] = span
        return "written" if known is None else "replaced"

    def session(self, assistant_id: bytes, session_id: bytes) -> SessionRecord | None:
        """See ``interface.Store``."""
        with self._lock:
            session = self._sessions.get((assistant_id, session_id))
            return None if session is None else session.record()

    def version(self, assistant_id: bytes, session_id: bytes) -> Version | None:
        """See ``interface.Store``."""
        with self._lock:
            return (self._writes, 0) if (assistant_id, session_id) in self._sessions else None

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
        with self._lock:
            session = self._sessions.get((assistant_id, session_id))
            if session is None:
                return None
            start = (after.start_ns, after.span_id) if after else (-1, b"")
            spans = [s for s in session.told() if (s.start_ns, s.span_id) > start and (running or s.end_ns)]
        return cut(spans, limit, bytes_max)

    def span(
        self, span_id: bytes, *, within: tuple[bytes, bytes] | None = None
    ) -> tuple[SessionRecord, SpanRecord] | None:
        """See ``interface.Store``."""
        with self._lock:
            for ids, session in self._sessions.items():
                if span_id in session.spans and within in {None, ids}:
                    return session.record(), next(s for s in session.told() if s.span_id == span_id)
        return None

    def otel_spans(self, otel_id: bytes, *, limit: int = 50) -> list[tuple[SessionRecord, bytes]]:
        """See ``interface.Store``."""
        with self._lock:
            return [
                (session.record(), span.span_id)
                for session in self._sessions.values()
                for span in session.ordered()
                if otel_span_id(span.own_detail) == otel_id
            ][:limit]

    def trace(self, trace_id: bytes, *, limit: int = 1 << 31) -> tuple[SessionRecord, list[SpanRecord]] | None:
        """See ``interface.Store``."""
        with self._lock:
            if trace_id not in self._traces:
                return None
            session = self._sessions[self._traces[trace_id][1]]
            return session.record(), _near(session.told(), trace_id, limit)

    def claims(self, trace_ids: Collection[bytes]) -> dict[bytes, Claims]:
        """See ``interface.Store``."""
        with self._lock:
            return {each: self._traces[each][0] for each in trace_ids if each in self._traces}

    def _records(self, where: Where) -> list[SessionRecord]:
        """Return the sessions that are meant, latest start first."""
        found = [
            record
            for session in self._sessions.values()
            if matches(record := session.record(), where)
            and (where.text is None or any(holds(each, where.text) for each in session.fragments()))
        ]
        return sorted(found, key=lambda record: (-record.first_ns, record.assistant_id, record.session_id))

    def sessions(
        self, where: Where = EVERYWHERE, *, after: SessionCursor | None = None, limit: int = 50
    ) -> SessionPage:
        """See ``interface.Store``."""
        with self._lock:
            records = self._records(where)
        start = (-after.first_ns, after.assistant_id, after.session_id) if after else (-(1 << 63), b"", b"")
        found = [record for record in records if (-record.first_ns, record.assistant_id, record.session_id) > start]
        if len(found) <= limit:
            return SessionPage(found)
        last = found[limit - 1]
        return SessionPage(found[:limit], SessionCursor(last.first_ns, last.assistant_id, last.session_id))

    def facets(self, kind: Kind, where: Where = EVERYWHERE, *, prefix: str = "", limit: int = 50) -> list[Facet]:
        """See ``interface.Store``."""
        with self._lock:
            records = self._records(place_and_time(where))
        return counting.facets(records, kind, prefix, limit)

    def totals(self, where: Where = EVERYWHERE, *, parts: int = 1) -> Totals:
        """See ``interface.Store``."""
        with self._lock:
            records = self._records(place_and_time(where))
        return counting.totals(records, where, parts, TOTALLED_MAX)

    def sample(self, where: Where = EVERYWHERE, *, limit: int = 1000) -> list[SessionRecord]:
        """See ``interface.Store``."""
        with self._lock:
            records = self._records(place_and_time(where))
        return records[:: -(-len(records) // limit) or 1]

    def last_change(self) -> int:
        """See ``interface.Store``."""
        with self._lock:
            return self._change_number

    def changes(self, after: int, *, limit: int = 100) -> list[SessionChange]:
        """See ``interface.Store``."""
        with self._lock:
            return [
                SessionChange(number, *ids, self._sessions[ids].record() if ids in self._sessions else None)
                for ids, number in sorted(self._change_numbers.items(), key=itemgetter(1))
                if number > after
            ][:limit]

    def _changed_now(self, ids: _Ids) -> None:
        self._change_number += 1
        self._change_numbers[ids] = self._change_number

    def outline(
        self, assistant_id: bytes, session_id: bytes, *, after: Cursor | None = None, limit: int = 1000
    ) -> OutlinePage | None:
        """See ``interface.Store``."""
        with self._lock:
            session = self._sessions.get((assistant_id, session_id))
            return None if session is None else outlined(session.ordered(), after, limit)

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
        with self._lock:
            session = self._sessions.get((assistant_id, session_id))
            if session is None:
                return None
            said = [each for each in conversation(session.told()) if each.message.kind in UTTERED]
        return said_page(said, iter, Piece(first, limit, bytes_max, back))

    def said_before(self, assistant_id: bytes, session_id: bytes, before_ms: int) -> int | None:
        """See ``interface.Store``."""
        with self._lock:
            session = self._sessions.get((assistant_id, session_id))
            if session is None:
                return None
            said = [each for each in conversation(session.told()) if each.message.kind in UTTERED]
        return sum(each.ms < before_ms for each in said)

    def hits(self, assistant_id: bytes, session_id: bytes, text: str, *, limit: int = 3) -> list[Said]:
        """See ``interface.Store``."""
        with self._lock:
            session = self._sessions.get((assistant_id, session_id))
            said = [] if session is None else conversation(session.told())
        return [each for each in said if holds(each.message, text)][:limit]

    def resource(self, assistant_id: bytes, session_id: bytes = b"") -> Resource | None:
        """See ``interface.Store``."""
        ids = (assistant_id, session_id)
        with self._lock:
            if ids in self._changed:
                return self._changed[ids]
            if ids in self._sessions:
                name = self._sessions[ids].place.session_name
                return Resource(assistant_id=assistant_id, session_id=session_id, name=name)
            if not session_id and self._of(assistant_id):
                return Resource(assistant_id=assistant_id, name=self._names[assistant_id])
        return None

    def _of(self, assistant_id: bytes) -> set[_Ids]:
        """Return what there is of an assistant: itself if it has settings, and its sessions."""
        return {ids for ids in self._sessions.keys() | self._changed.keys() if ids[0] == assistant_id}

    def assistants(self, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """See ``interface.Store``."""
        with self._lock:
            found = [self.resource(assistant_id) for assistant_id in sorted(self._names) if assistant_id > after]
        return [assistant for assistant in found if assistant is not None][:limit]

    def described(self, assistant_id: bytes, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """See ``interface.Store``."""
        with self._lock:
            found = [ids for ids in self._changed if ids[0] == assistant_id and ids[1] > after]
            return [self._changed[ids] for ids in sorted(found)][:limit]

    def change(self, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
        """See ``interface.Store``."""
        with self._lock:
            if session_id and not self._of(assistant_id):
                raise NoAssistantError
            changed = change(self.resource(assistant_id, session_id))
            self._changed[assistant_id, session_id] = changed
            if not session_id:
                self._names[assistant_id] = changed.name
        return changed

    def remember(self, key: bytes, value: bytes, *, now_ns: int, until_ns: int) -> bytes:
        """See ``interface.Store``."""
        with self._lock:
            self._remembered = {each: kept for each, kept in self._remembered.items() if kept[1] > now_ns}
            return self._remembered.setdefault(key, (value, until_ns))[0]

    def delete_assistant(self, assistant_id: bytes) -> bool:
        """See ``interface.Store``."""
        with self._lock:
            self._names.pop(assistant_id, None)
            deleted = [self.delete_session(*ids) for ids in self._of(assistant_id)]
        return any(deleted)

    def delete_session(self, assistant_id: bytes, session_id: bytes) -> bool:
        """See ``interface.Store``."""
        ids = (assistant_id, session_id)
        with self._lock:
            self._traces = {trace: kept for trace, kept in self._traces.items() if kept[1] != ids}
            changed, spans = self._changed.pop(ids, None), self._sessions.pop(ids, None)
            if spans is not None:
                self._changed_now(ids)
            return changed is not None or spans is not None

    def delete_before(self, before_ns: int, *, limit: int = 1 << 31) -> int:
        """See ``interface.Store``."""
        with self._lock:
            last = {ids: each.changed_ns for ids, each in self._changed.items() if ids[1]}
            last |= {ids: session.record().last_ns for ids, session in self._sessions.items()}
            old = [ids for ids, ns in last.items() if ns < before_ns]
            return sum(self.delete_session(*ids) for ids in old[:limit])

    def add_key(self, key: KeyRecord) -> None:
        """See ``interface.Store``."""
        with self._lock:
            if key.key_id in self._keys:
                raise StoreError("there is a key of this id already")
            self._keys[key.key_id] = key

    def key(self, key_id: str) -> KeyRecord | None:
        """See ``interface.Store``."""
        with self._lock:
            return self._keys.get(key_id)

    def keys(self) -> list[KeyRecord]:
        """See ``interface.Store``."""
        with self._lock:
            return sorted(self._keys.values(), key=lambda key: (key.created_ns, key.key_id))

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """See ``interface.Store``."""
        with self._lock:
            key = self._keys.get(key_id)
            if key is None or key.revoked_ns:
                return False
            self._keys[key_id] = msgspec.structs.replace(key, revoked_ns=now_ns)
            return True

    def maintain(self) -> bool:
        """See ``interface.Store``: there is nothing to keep in shape."""
        return False

    def close(self) -> None:
        """See ``interface.Store``."""
