"""From stored records to answers: ListSpans's page, joined from fragments, the list of sessions, and page tokens."""

import base64
import hashlib
import struct
from collections.abc import Callable
from typing import Any, Final, Self

import msgspec

from spanglass.config import Limits
from spanglass.mapping import detail, projection
from spanglass.model.record import PARTICIPANTS, Fragment, Kind, Members, SpanRecord
from spanglass.model.timestamp import seconds, seconds_ms
from spanglass.recent import RecentPages
from spanglass.store.interface import Cursor, SessionCursor, SessionRecord, SpanPage, Store
from spanglass.store.pages import cut
from spanglass.store.where import Where

ENVELOPE_BYTES_MAX: Final = 256
"""Bytes of a page besides its spans: the names, the brackets and the token."""


class SessionNotFoundError(LookupError):
    """There is no session of this id under this assistant; both are 16 bytes."""

    def __init__(self, assistant_id: bytes, session_id: bytes) -> None:
        self.assistant = _uuid(assistant_id).decode()
        self.session = _uuid(session_id).decode()
        super().__init__(f"Session {self.session} of assistant {self.assistant} was not found.")


class TokenError(ValueError):
    """A page token was not given out by this service, or for another list than the one asked for."""

    def __init__(self) -> None:
        super().__init__("The page token is not one that this service gave out for this list.")


class Listing(msgspec.Struct, frozen=True):
    """A finished ListSpansResponse: ``body`` is its JSON.

    ``withheld`` counts what the projection left out of these spans: messages, system instructions that did not fit, and
    members that the service model does not admit.
    """

    body: bytes
    withheld: int


class SessionListing(msgspec.Struct, frozen=True):
    """Sessions, newest first, and the token of the next page; None after the last."""

    sessions: list[SessionRecord]
    cursor: str | None = None


class Reader:
    """Answers what is asked of a store; used from any thread."""

    def __init__(self, store: Store, limits: Limits, recent: RecentPages | None = None, *, full: bool = False) -> None:
        """Read from a store; ``full`` lifts the bounds of the service model that ListSpans would hold."""
        self._full = full
        self._store = store
        self._limits = limits
        self._recent = recent or RecentPages(limits.recent_pages_bytes_max)

    def over(self, view: Callable[[Store], Store]) -> Self:
        """Return a reader of a view of the same store."""
        return type(self)(view(self._store), self._limits, self._recent, full=self._full)

    def list_spans(
        self, assistant_id: bytes, session_id: bytes, *, max_results: int | None = None, next_token: str | None = None
    ) -> Listing:
        """Return a page of a session's spans, in order of (startTimestamp, spanId), as the JSON of ListSpansResponse.

        Ids are 16 bytes. The page also ends at ``Limits.page_bytes_max``; it is never empty while more follow.

        Raises:
            SessionNotFoundError: There is no such session.
            TokenError: ``next_token`` is not of this session.
            StoreError: The store cannot answer.
        """
        version = self._store.version(assistant_id, session_id)  # before the page is read, so it is not newer
        if not self._store.capabilities.at_hand:
            recent = self._recent.get((assistant_id, session_id, max_results, next_token), version)
            if recent is not None:
                return Listing(*recent)
        listing = self._listing(assistant_id, session_id, max_results, next_token)
        if version is not None:
            key = (assistant_id, session_id, max_results, next_token)
            self._recent.put(key, version, listing.body, listing.withheld)
        return listing

    def recent_spans(
        self, assistant_id: bytes, session_id: bytes, *, max_results: int | None = None, next_token: str | None = None
    ) -> Listing | None:
        """Return what ``list_spans`` would if that was read lately, else None; it takes no time to speak of.

        A store that is not at hand is not asked.

        Raises:
            StoreError: The store cannot answer.
        """
        if not self._store.capabilities.at_hand:
            return None
        version = self._store.version(assistant_id, session_id)
        recent = self._recent.get((assistant_id, session_id, max_results, next_token), version)
        return None if recent is None else Listing(*recent)

    def _listing(
        self, assistant_id: bytes, session_id: bytes, max_results: int | None, next_token: str | None
    ) -> Listing:
        tokens = Tokens(b"spans/1", assistant_id + session_id, SPANS_FORM)
        page = self._store.spans(
            assistant_id,
            session_id,
            after=None if next_token is None else Cursor(*tokens.read(next_token)),
            limit=max_results or self._limits.page_spans_default,
            bytes_max=self._limits.page_bytes_max - ENVELOPE_BYTES_MAX,
        )
        if page is None:
            page = self._made(assistant_id, session_id)
        project = projection.unbounded if self._full else projection.bounded
        shown = [project(span) for span in page.spans]
        if self._full:
            page = _shortened(page, [each.span for each in shown], self._limits.page_bytes_max)
        rest = b"" if page.next is None else b',"nextToken":"%b"' % tokens.write(page.next).encode()
        body = Joiner(assistant_id, session_id).page(page.spans, rest)
        return Listing(body, sum(each.withheld for each in shown[: len(page.spans)]))

    def _made(self, assistant_id: bytes, session_id: bytes) -> SpanPage:
        """Return the page of a session without spans, which clients may make beforehand."""
        if self._store.resource(assistant_id, session_id) is None:
            raise SessionNotFoundError(assistant_id, session_id)
        return SpanPage([])

    def whole_spans(
        self, assistant_id: bytes, session_id: bytes, *, limit: int | None = None, cursor: str | None = None
    ) -> Listing:
        """Return a page of a session's spans with nothing left out, as JSON like ListSpans's.

        Running spans are there, without an endTimestamp. All messages are there. ``systemInstructionsRest`` holds the
        values that systemInstructions has no room for, ``detail`` what came in beyond the members (``mapping.detail``).

        Raises:
            SessionNotFoundError, TokenError, StoreError: As ``list_spans``.
        """
        tokens = Tokens(b"whole/1", assistant_id + session_id, SPANS_FORM)
        page = self._store.spans(
            assistant_id,
            session_id,
            after=None if cursor is None else Cursor(*tokens.read(cursor)),
            limit=limit or self._limits.page_spans_default,
            bytes_max=self._limits.page_bytes_max,
            running=True,
        )
        if page is None:
            page = self._made(assistant_id, session_id)
        joiner = Joiner(assistant_id, session_id)
        body: dict[str, Any] = {"spans": [joiner.whole(span) for span in page.spans]}
        if page.next is not None:
            body["nextCursor"] = tokens.write(page.next)
        return Listing(msgspec.json.encode(body), 0)

    def messages(
        self, assistant_id: bytes, session_id: bytes, *, first: int, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return distinct messages as SpanMessages in the order in which they were said, and whether more follow.

        They are those from number ``first`` on; a page also ends at ``Limits.page_bytes_max``, but is never empty.

        Raises:
            SessionNotFoundError, StoreError: As ``list_spans``.
        """
        bytes_max = self._limits.page_bytes_max
        page = self._store.said(assistant_id, session_id, first=first, limit=limit, bytes_max=bytes_max)
        if page is None:
            self._made(assistant_id, session_id)
            return [], False
        joiner = Joiner(assistant_id, session_id)
        return [msgspec.json.decode(joiner.message(each.message)) for each in page.said], page.more

    def session(self, assistant_id: bytes, session_id: bytes) -> SessionRecord:
        """Return a session with its roll-ups.

        Raises:
            SessionNotFoundError, StoreError: As ``list_spans``.
        """
        session = self._store.session(assistant_id, session_id)
        if session is None:
            raise SessionNotFoundError(assistant_id, session_id)
        return session

    def sessions(
        self, *, assistant_id: bytes | None = None, text: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> SessionListing:
        """Return a page of sessions, newest first; with ``text``, those in which one message holds all its words.

        An empty text is none.

        Raises:
            TokenError: ``cursor`` is not of this list.
            StoreError: The store cannot answer.
        """
        tokens = Tokens(b"sessions/1", (assistant_id or bytes(16)) + (text or "").encode(), SESSIONS_FORM)
        after = None if cursor is None else SessionCursor(*tokens.read(cursor))
        where = Where(assistants=None if assistant_id is None else frozenset({assistant_id}), text=text or None)
        page = self._store.sessions(where, after=after, limit=limit)
        return SessionListing(page.sessions, None if page.next is None else tokens.write(page.next))


def _shortened(page: SpanPage, shown: list[SpanRecord], bytes_max: int) -> SpanPage:
    """Return a page of spans that show more than the store counted, with as many as the bytes allow."""
    within = cut(shown, len(shown), bytes_max)
    return SpanPage(shown, page.next) if within.next is None else within


# Tokens --------------------------------------------------------------------------------------------------------------

SPANS_FORM: Final = struct.Struct(">q16s")
"""A ``Cursor``: start in nanoseconds, span id."""
SESSIONS_FORM: Final = struct.Struct(">q16s16s2x")
"""A ``SessionCursor``: start in nanoseconds, assistant id, session id; filled up so that base64 needs no padding."""
UUID_FORM: Final = struct.Struct(">16s2x")
"""A position that is an id alone."""
_DIGEST_BYTES: Final = 12


class Tokens:
    """Writes cursors of one list as opaque text that names the list and its order, and reads back only such text.

    The digest finds mistakes and mix-ups. It need not withstand forgers: a position is worth nothing without the right
    to read its list, and that is asked for at every page.
    """

    def __init__(self, order: bytes, scope: bytes, form: struct.Struct) -> None:
        self._order = order
        self._scope = scope
        self._form = form

    def write(self, cursor: msgspec.Struct) -> str:
        """Return a position as a token; its fields are those of the form."""
        return self._seal(self._form.pack(*msgspec.structs.astuple(cursor)))

    def read(self, token: str) -> tuple[Any, ...]:
        """Return a position's fields.

        Raises:
            TokenError: It is no token of this list.
        """
        try:
            position = base64.urlsafe_b64decode(token)[_DIGEST_BYTES:]
            cursor = self._form.unpack(position)
        except (ValueError, struct.error):
            raise TokenError from None
        if self._seal(position) != token:
            raise TokenError
        return cursor

    def _seal(self, position: bytes) -> str:
        digest = hashlib.blake2b(self._scope + position, digest_size=_DIGEST_BYTES, person=self._order).digest()
        return base64.urlsafe_b64encode(digest + position).decode()


# Pages ---------------------------------------------------------------------------------------------------------------

_PARTICIPANTS: Final = {kind: name.encode() for kind, name in PARTICIPANTS.items()}
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The two bits that tell an RFC 9562 UUID, put over a hex digit."""


class _MessageId(msgspec.Struct, rename="camel"):
    message_id: str


_MESSAGE_ID: Final = msgspec.json.Decoder(_MessageId)


class Joiner:
    """Makes the parts of one page, to be joined by commas; what spans share is made once.

    A page is thousands of parts, most of them messages that stand in it many times. Joining all in one step writes
    each byte once; joining lists, then spans, then the page takes twice as long.
    """

    def __init__(self, assistant_id: bytes, session_id: bytes) -> None:
        self._session = b'"assistantId":"%b","sessionId":"%b"' % (_uuid(assistant_id), _uuid(session_id))
        self._namespace = hashlib.sha1(session_id, usedforsecurity=False)
        self._places: dict[tuple[bytes, bytes], bytes] = {}
        self._members: dict[bytes, Members] = {}
        self._messages: dict[bytes, bytes] = {}
        self._openings: dict[tuple[bytes, bytes], bytes] = {}

    def page(self, spans: list[SpanRecord], rest: bytes) -> bytes:
        """Return the JSON of a page, ``rest`` being its members after the spans."""
        parts: list[bytes] = []
        for span in spans:
            parts += self._span(span)
        return b",".join(_enclosed(b'{"spans":[', parts, b"]" + rest + b"}"))

    def whole(self, span: SpanRecord) -> dict[str, Any]:
        """Return a span with nothing left out; see ``Reader.whole_spans``."""
        shown = msgspec.structs.replace(span, inputs_shown_from=0, outputs_shown_from=0)
        told: dict[str, Any] = msgspec.json.decode(b",".join(self._span(shown)))
        if not span.end_ns:
            del told["endTimestamp"]
        else:
            told["endTimeUnixNano"] = str(span.end_ns)
        told["startTimeUnixNano"] = str(span.start_ns)
        for rest in span.system[1:]:
            told["systemInstructionsRest"] = msgspec.Raw(rest.json)
        for name, withheld in (("inputMessages", span.inputs_shown_from), ("outputMessages", span.outputs_shown_from)):
            if withheld:
                told[f"{name}ShownFrom"] = withheld
        return told | {"detail": detail.whole(span)}

    def _span(self, span: SpanRecord) -> list[bytes]:
        shared, own = self._members.get(span.recurring.key) or self._unpack(span.recurring), span.own
        parts = [members for members in (shared.attributes, own.attributes) if members]
        if span.system:
            parts.append(self._opened(b'"systemInstructions":', span.system[0].key, span.system[0].json))
        if span.inputs:
            parts += self._list(b'"inputMessages":[', span.inputs[span.inputs_shown_from :])
        if span.outputs:
            parts += self._list(b'"outputMessages":[', span.outputs[span.outputs_shown_from :])
        members = b'{"spanId":"%b",%b,"startTimestamp":%b,"endTimestamp":%b%b%b,"attributes":{' % (
            _uuid(span.span_id),
            self._places.get((span.parent_span_id, span.request_id)) or self._place(span),
            seconds(span.start_ns),
            seconds(span.end_ns),
            shared.span,
            b"," + own.span if own.span else b"",
        )
        return _enclosed(members, parts, b"}}")

    def _unpack(self, recurring: Fragment) -> Members:
        """Return the members that recur, those of the span with a comma before them."""
        members = Members.unpack(recurring.json)
        if members.span:
            members = Members(b"," + members.span, members.attributes)
        self._members[recurring.key] = members
        return members

    def _place(self, span: SpanRecord) -> bytes:
        """Return the ids that siblings share."""
        parent = b'"parentSpanId":"%b",' % _uuid(span.parent_span_id) if span.parent_span_id else b""
        place = b'%b%b,"requestId":"%b"' % (parent, self._session, _uuid(span.request_id))
        self._places[span.parent_span_id, span.request_id] = place
        return place

    def _list(self, opening: bytes, fragments: tuple[Fragment, ...]) -> list[bytes]:
        known = self._messages
        messages = [known.get(fragment.key) or self.message(fragment) for fragment in fragments]
        if messages:
            messages[0] = self._opened(opening, fragments[0].key, messages[0])
            messages[-1] += b"]"
        return messages

    def _opened(self, opening: bytes, key: bytes, text: bytes) -> bytes:
        """Put ``opening`` before a text; all calls of a conversation begin with the same, maybe long, one."""
        opened = self._openings.get((opening, key))
        if opened is None:
            opened = self._openings[opening, key] = opening + text
        return opened

    def message(self, fragment: Fragment) -> bytes:
        """Make the JSON of a SpanMessage."""
        message = fragment.json
        participant = _PARTICIPANTS.get(fragment.kind)
        if participant is not None:  # else it is a whole message already
            message = b'{"messageId":"%b","participant":"%b","timestamp":%b,"values":%b}' % (
                self._message_id(fragment.key),
                participant,
                seconds_ms(fragment.since_ms),
                message,
            )
        self._messages[fragment.key] = message
        return message

    def message_id(self, fragment: Fragment) -> str | None:
        """Return the id of a message; None if the fragment is none, as system instructions are."""
        if fragment.kind is Kind.MESSAGE:
            return _MESSAGE_ID.decode(fragment.json).message_id
        return self._message_id(fragment.key).decode() if fragment.kind in _PARTICIPANTS else None

    def _message_id(self, key: bytes) -> bytes:
        """Return the UUIDv5 of the key's hex in the session: ``uuid.uuid5``, a few times as fast (RFC 9562 §5.5)."""
        name = self._namespace.copy()
        name.update(key.hex().encode())
        digits = name.hexdigest()
        return (
            f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
        ).encode()


def _enclosed(opening: bytes, parts: list[bytes], closing: bytes) -> list[bytes]:
    """Return parts which, joined by commas, stand between ``opening`` and ``closing``."""
    if not parts:
        return [opening + closing]
    parts[0] = opening + parts[0]
    parts[-1] += closing
    return parts


def _uuid(raw: bytes) -> bytes:
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()
