"""Everything of one store into another, through the contract alone.

Whatever is written again changes nothing, so a copy that was broken off is gone on with by the same call. What differs
in the end is told: each session's spans right after they were written, and at last what both stores tell of all
assistants, sessions and keys, which finds what came in or moved meanwhile. What is remembered for a while
(``Store.remember``) stays behind.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from spanglass.config import Limits
from spanglass.model.place import Claim, Claims, TracePart, assistant_named, session_named
from spanglass.model.record import Fragment, SpanRecord
from spanglass.store.interface import KeyRecord, Resource, SessionRecord, Store

PAGE_SPANS: Final = 100
"""Spans that are read at a time, and among which the content of a fragment is hashed once."""
WRITE_SPANS: Final = 2_000
"""Spans that are written at a time, about, so that small sessions share a commit."""
LISTED: Final = 100
"""Sessions, assistants and settings that are listed at a time."""

_MEANWHILE: Final = ", which counts otherwise; did spans come in meanwhile?"
_pack: Final = msgspec.msgpack.Encoder().encode


class Copied(msgspec.Struct):
    """What a copy has done so far; ``present`` are sessions that were there already, equal."""

    keys: int = 0
    assistants: int = 0
    sessions: int = 0
    present: int = 0
    spans: int = 0


class Content:
    """Spans in order, counted and hashed as they pass: equal if the same ones passed, in pages of whatever size."""

    def __init__(self) -> None:
        self.spans = 0
        self.bytes = 0
        self._hash = hashlib.blake2b(digest_size=32)
        self._passed: set[bytes] = set()

    def add(self, span: SpanRecord) -> None:
        """Let a span pass."""
        if self.spans % PAGE_SPANS == 0:
            self._passed.clear()
        self.spans += 1
        lists = ((span.recurring,), span.inputs, span.outputs, span.system, span.details)
        keys = [[fragment.key for fragment in fragments] for fragments in lists]
        times = (span.start_ns, span.end_ns)
        shown = (span.inputs_shown_from, span.outputs_shown_from)
        self._update(span.span_id, span.parent_span_id, span.request_id, times, shown, keys)
        self._update(span.own.pack(), span.own_detail)
        for fragments in lists:
            for fragment in fragments:
                if fragment.key not in self._passed:
                    self._passed.add(fragment.key)
                    self._update(fragment.kind, fragment.key, fragment.json)

    def _update(self, *told: object) -> None:
        packed = _pack(told)
        self.bytes += len(packed)
        self._hash.update(packed)

    @property
    def told(self) -> tuple[int, bytes]:
        """How many spans have passed, and their hash."""
        return self.spans, self._hash.digest()


class Copying:
    """Copies a store into another; ``copied`` counts along, and ``seen`` is told of spans as they are written."""

    def __init__(
        self, source: Store, target: Store, limits: Limits, seen: Callable[[int], None] = lambda _: None
    ) -> None:
        self.copied = Copied()
        self._source = source
        self._target = target
        self._limits = limits
        self._seen = seen
        self._parts: list[TracePart] = []
        self._spans = 0
        self._unproven: list[tuple[SessionRecord, Content]] = []

    def run(self) -> Iterator[tuple[str, str]]:
        """Copy everything, and yield whatever differs then, and how.

        Raises:
            StoreError: A store cannot be read or written; the same call goes on with the rest.
        """
        keys = self._source.keys()
        for key in keys:
            self._copy_key(key)
        for assistant in _assistants(self._source):
            self._copy_resources(assistant)
        for session in _sessions(self._source):
            if self._has(session):
                self.copied.present += 1
            else:
                self._copy_session(session)
            if sum(content.spans for _, content in self._unproven) >= WRITE_SPANS:
                yield from self._prove()
        yield from self._prove()
        yield from self._differences()

    def _copy_key(self, key: KeyRecord) -> None:
        if self._target.key(key.key_id) is None:
            self._target.add_key(key)
        elif key.revoked_ns:
            self._target.revoke_key(key.key_id, key.revoked_ns)
        self.copied.keys += 1

    def _copy_resources(self, assistant: Resource) -> None:
        """Copy what clients said of an assistant and its sessions; whatever came with spans alone comes with them."""
        if assistant.settings or assistant.changed_ns:
            self._settle(assistant)
        for session in _described(self._source, assistant):
            self._settle(assistant)  # without which there can be no session
            self._settle(session)
        self.copied.assistants += 1

    def _settle(self, resource: Resource) -> None:
        """Have the target's resource be this one, unless it was changed later."""
        if self._target.resource(resource.assistant_id, resource.session_id) != resource:
            self._target.change(
                resource.assistant_id,
                resource.session_id,
                lambda known: known if known is not None and known.changed_ns > resource.changed_ns else resource,
            )

    def _has(self, session: SessionRecord) -> bool:
        """Return whether the target has a session as it is, to the last word."""
        if not self._target_has(session):
            return False
        return self._content(self._source, session).told == self._content(self._target, session).told

    def _copy_session(self, session: SessionRecord) -> None:
        """Read a session and write it in pieces; the last of it may wait to be written together with others'."""
        content = Content()
        written = 0
        for page in self._pages(self._source, session):
            claims = self._source.claims({span.request_id for span in page})
            self._parts += _parts(page, session, claims)
            self._spans += len(page)
            for span in page:
                content.add(span)
            if self._spans >= WRITE_SPANS or content.bytes - written >= self._limits.commit_bytes_max:
                written = content.bytes
                self._write()
        self._unproven.append((session, content))

    def _write(self) -> None:
        self._target.write(self._parts)
        self.copied.spans += self._spans
        self._seen(self._spans)
        self._parts, self._spans = [], 0

    def _prove(self) -> Iterator[tuple[str, str]]:
        """Write what waits, and yield the sessions of which the target tells the same but has other spans."""
        self._write()
        for session, content in self._unproven:
            if self._target_has(session) and content.told != self._content(self._target, session).told:
                yield _named(session), "the target has spans of another content"
        self.copied.sessions += len(self._unproven)
        self._unproven.clear()

    def _target_has(self, session: SessionRecord) -> bool:
        """Return whether the target tells of a session what the source does."""
        return self._target.session(session.assistant_id, session.session_id) == session

    def _content(self, store: Store, session: SessionRecord) -> Content:
        content = Content()
        for page in self._pages(store, session):
            for span in page:
                content.add(span)
        return content

    def _pages(self, store: Store, session: SessionRecord) -> Iterator[Sequence[SpanRecord]]:
        """Yield a session's spans in order, running ones too; none if it is gone."""
        ids, bytes_max = (session.assistant_id, session.session_id), self._limits.page_bytes_max
        page = store.spans(*ids, limit=PAGE_SPANS, bytes_max=bytes_max, running=True)
        while page is not None:
            yield page.spans
            if page.next is None:
                return
            page = store.spans(*ids, after=page.next, limit=PAGE_SPANS, bytes_max=bytes_max, running=True)

    def _differences(self) -> Iterator[tuple[str, str]]:
        """Yield what the stores tell differently of what there is."""
        keys = self._source.keys()
        for key in keys:
            if self._target.key(key.key_id) != key:
                yield f"key {key.key_id}", "the target has another one of this id"
        for assistant in _assistants(self._source):
            for resource in (assistant, *_described(self._source, assistant)):
                if self._target.resource(resource.assistant_id, resource.session_id) != resource:
                    yield _named(resource), "the target has other settings or another name"
        for session in _sessions(self._source):
            known = self._target.session(session.assistant_id, session.session_id)
            if known != session:
                yield _named(session), f"{session.spans} spans, {known.spans if known else 0} in the target{_MEANWHILE}"


def _assistants(store: Store) -> Iterator[Resource]:
    listed = store.assistants(limit=LISTED)
    while listed:
        yield from listed
        listed = store.assistants(after=listed[-1].assistant_id, limit=LISTED)


def _described(store: Store, assistant: Resource) -> Iterator[Resource]:
    listed = store.described(assistant.assistant_id, limit=LISTED)
    while listed:
        yield from listed
        listed = store.described(assistant.assistant_id, after=listed[-1].session_id, limit=LISTED)


def _sessions(store: Store) -> Iterator[SessionRecord]:
    page = store.sessions(limit=LISTED)
    yield from page.sessions
    while page.next is not None:
        page = store.sessions(after=page.next, limit=LISTED)
        yield from page.sessions


def _parts(page: Sequence[SpanRecord], session: SessionRecord, claims: dict[bytes, Claims]) -> Iterator[TracePart]:
    """Yield a session's spans as they came, by trace; what no trace can move is a part without one."""
    ids = (session.assistant_id, session.session_id)
    texts = (
        _text(session.assistant_name, ids[0], assistant_named(session.assistant_name)[0]),
        _text(session.name, ids[1], session_named(session.name, ids[0])[0]),
    )
    stays = Claims(*(Claim(0, False, 0, b"", text) for text in texts))
    timeless: dict[bytes, Fragment] = {}
    traces: dict[bytes, list[SpanRecord]] = {}
    for span in page:
        traces.setdefault(span.request_id, []).append(_as_it_came(span, timeless))
    for trace_id, spans in traces.items():
        told = claims.get(trace_id)
        place = told and told.place(trace_id)
        if told and place and (place.assistant_id, place.session_id) == ids:
            yield TracePart(trace_id, _renamed(told, *texts), tuple(spans))
        else:
            yield TracePart(b"", stays, tuple(spans))


def _text(name: str, wanted: bytes, named: bytes) -> str:
    """Return what claims an id: its name, unless that is only what it was called."""
    return name if named == wanted else str(uuid.UUID(bytes=wanted))


def _renamed(claims: Claims, assistant: str, session: str) -> Claims:
    """Return claims under the names that assistant and session have, so that they keep them."""
    replace = msgspec.structs.replace
    return Claims(replace(claims.assistant, text=assistant), claims.session and replace(claims.session, text=session))


def _as_it_came(span: SpanRecord, timeless: dict[bytes, Fragment]) -> SpanRecord:
    """Return a span whose messages have no time, which the store tells."""

    def of(fragments: tuple[Fragment, ...]) -> tuple[Fragment, ...]:
        return tuple(
            timeless.setdefault(each.key, msgspec.structs.replace(each, since_ms=0)) if each.since_ms else each
            for each in fragments
        )

    return msgspec.structs.replace(span, inputs=of(span.inputs), outputs=of(span.outputs))


def _named(what: SessionRecord | Resource) -> str:
    """Return what people find an assistant or a session by."""
    kind = "session" if what.session_id else "assistant"
    return f"{kind} {'/'.join(str(uuid.UUID(bytes=each)) for each in (what.assistant_id, what.session_id) if each)}"
