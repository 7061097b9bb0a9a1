"""The contract of a store, and what it answers with.

What every backend promises (``spanglass.store.testing`` holds each to it):

1. ``write`` returns only when the spans are durable (they survive SIGKILL and power loss) and the next call, on this
   store or another one opened on the same place, reads them.
2. A session's spans are ordered by (startTimestamp, spanId), startTimestamp at its full precision of a nanosecond. A
   page starts after its cursor. While spans arrive, no page repeats one, and none that was there at the first page is
   missed; a span that arrives later with an earlier start is seen by the next reading.
3. Deleting a session takes its spans, fragments, index entries, traces and settings, and nothing else.
4. A schema has a version: an older one is migrated on opening, a newer one refused with ``NewerSchemaError``.
5. Differences between backends are a value, ``Capabilities``.

Writing is idempotent and does not depend on order: the same span again changes nothing; the same span id with another
content replaces what was there, unless what was there ended later; and a trace whose better claim arrives late moves to
its session whole, in the same write. So one set of parts leaves one state, however it was cut, shuffled or repeated.

Assistants and sessions come into being with their first span or by ``change``, and are one ``Resource`` either way. An
assistant that has neither settings nor a session is not there: so what spans pass through on their way leaves no trace.

A store is used from any thread; ``write`` calls are serialised by the store. Nothing is raised but ``StoreError``, and
what a function that was handed in raises.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from spanglass.model.place import Claims, TracePart
from spanglass.model.record import Fragment, SpanRecord
from spanglass.store.strip import Strip
from spanglass.store.where import EVERYWHERE, Kind, Status, Where

Relate: TypeAlias = Callable[[Sequence[SpanRecord], Sequence[SpanRecord]], Sequence[SpanRecord]]
"""Given spans that a trace has, and spans that come to it, returns those to be written: what comes, each merged with
what the trace has of it already, and those that change for what the others tell of them."""

Version: TypeAlias = tuple[int, int]
"""Tells two states of a session apart."""

RELATED_SPANS_MAX: Final = 1_000
"""Spans of a trace's time that a new one is related to: what one write may cost, however long the trace."""
LOOK_BACK: Final = 64
"""Spans before a span, in order, among which the call that it goes on from is looked for."""
COUNTED_MAX: Final = 10_000
"""Sessions that a facet counts at most."""
TOTALLED_MAX: Final = 2_000_000
"""Sessions that totals count at most."""
GONE_MAX: Final = 1_000
"""Sessions that are remembered to be gone."""


class StoreError(Exception):
    """Whatever a store cannot do; the message is fit for a user.

    Nothing of the failed call has taken effect; of ``write`` see ``Capabilities.atomic_writes``.
    """


class NewerSchemaError(StoreError):
    """The place was written by a newer Spanglass: this one must not touch it."""


class UnavailableError(StoreError):
    """The store cannot answer now (busy, disk full, node down): the same call may succeed later."""


class NoAssistantError(StoreError):
    """A session cannot be made under an assistant that is not there."""

    def __init__(self) -> None:
        super().__init__("there is no such assistant")


class Capabilities(msgspec.Struct, frozen=True):
    """What a backend can do beyond the contract; the zero value is the least."""

    full_text_search: bool = False
    many_servers: bool = False
    """Whether servers on several machines may share the place."""
    atomic_writes: bool = False
    """Whether a ``write`` that fails has done nothing. Else some of its sessions may have taken what came to them, each
    all of it or nothing, and the same call again does the rest."""
    at_hand: bool = False
    """Whether small questions, as for a version, are answered without waiting for another machine."""


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A position among a session's spans: the page starts after it."""

    start_ns: int
    span_id: bytes


class SpanPage(msgspec.Struct, frozen=True):
    """Spans in order, and where the next page starts; None after the last."""

    spans: list[SpanRecord]
    next: Cursor | None = None


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One session and the roll-ups over its spans.

    Token counts are AWS's: ``input`` without cache, ``total`` as told. ``errors`` are spans that ended in ERROR or
    TIMEOUT, ``timeouts`` the latter alone, ``turns`` the customer's distinct messages. ``models``, ``agents``,
    ``tools``, ``error_types`` and ``contacts`` count spans by name.
    Times are nanoseconds since the epoch; ``last_ns`` is the latest end, or start where a span has not ended.

    ``usage`` is, by agent and model, of inferences: how many, tokens input, output, read from cache, written to cache,
    total. ``timings`` counts spans that have ended by operation and bucket of duration (``rollups.bucket``),
    ``tool_timings`` calls by tool and bucket. ``tool_sums`` is, by tool: calls, failed ones, microseconds, bytes of
    results. Of too many names the rest is one (``rollups.REST``).
    """

    assistant_id: bytes
    session_id: bytes
    name: str
    assistant_name: str
    spans: int = 0
    running: int = 0
    roots: int = 0
    errors: int = 0
    inferences: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    total_tokens: int = 0
    first_ns: int = 0
    last_ns: int = 0
    models: dict[str, int] = {}
    agents: dict[str, int] = {}
    tools: dict[str, int] = {}
    timeouts: int = 0
    turns: int = 0
    error_types: dict[str, int] = {}
    contacts: dict[str, int] = {}
    usage: dict[str, dict[str, list[int]]] = {}
    timings: dict[str, dict[int, int]] = {}
    tool_timings: dict[str, dict[int, int]] = {}
    tool_sums: dict[str, list[int]] = {}
    strip: Strip = msgspec.field(default_factory=Strip)


class SessionCursor(msgspec.Struct, frozen=True, array_like=True):
    """A position in the list of sessions, newest first: the page starts after it."""

    first_ns: int
    assistant_id: bytes
    session_id: bytes


class SessionPage(msgspec.Struct, frozen=True):
    """Sessions, latest start first, and where the next page starts; None after the last.

    A page may hold fewer than asked for, even none, and have a next: so many were looked at, and no more.
    """

    sessions: list[SessionRecord]
    next: SessionCursor | None = None


class Facet(msgspec.Struct, frozen=True):
    """A value that sessions have and how many do, counted up to ``COUNTED_MAX``; of an assistant also its id."""

    value: str
    count: int
    id: bytes = b""


class SessionChange(msgspec.Struct, frozen=True):
    """What a session became with a change: as it is now, or None if it is gone."""

    number: int
    assistant_id: bytes
    session_id: bytes
    session: SessionRecord | None = None


class Outlined(msgspec.Struct, frozen=True):
    """A span without what was said in it: ``span`` has no messages, instructions or details.

    ``messages`` counts its inputs. The first ``kept`` of them are what the span ``previous``, of the same operation,
    heard and said before; it is empty where none of the ``LOOK_BACK`` spans before begins alike. ``tool`` is what an
    ``execute_tool`` uses.
    """

    span: SpanRecord
    messages: int = 0
    previous: bytes = b""
    kept: int = 0
    tool: str = ""


class OutlinePage(msgspec.Struct, frozen=True):
    """Spans in order, and where the next page starts; None after the last."""

    spans: list[Outlined]
    next: Cursor | None = None


class Said(msgspec.Struct, frozen=True):
    """A message, and the span that said it first: as an input at its start, as an output at its end.

    Of several spans at one millisecond it is the last in order, which is the innermost.
    """

    message: Fragment
    span: SpanRecord
    """Without messages, instructions and details."""
    output: bool

    @property
    def ms(self) -> int:
        """When that was, in milliseconds since the epoch."""
        span = self.span
        return ((span.end_ns or span.start_ns) if self.output else span.start_ns) // 1_000_000


class SaidPage(msgspec.Struct, frozen=True):
    """Messages in the order in which they were said, from number ``first`` on, and whether more follow."""

    said: list[Said]
    first: int
    more: bool


class Totals(msgspec.Struct, frozen=True):
    """Counts over the sessions that begin within a time.

    ``statuses`` counts sessions by status, ``durations`` by bucket of duration (``rollups.bucket``). ``parts`` are, for
    equal parts of the time in order: sessions, those with an error or timeout, and tokens. ``complete`` is whether all
    were counted; else only the latest ``TOTALLED_MAX`` were.
    """

    sessions: int
    tokens: int
    statuses: dict[Status, int]
    durations: dict[int, int]
    parts: list[tuple[int, int, int]]
    complete: bool = True


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """An assistant or a session of one, as clients name, describe and tag it.

    Ids are 16 bytes; ``session_id`` is empty for an assistant. ``settings`` is what clients said of it, a JSON object,
    and ``changed_ns`` when they last did, in nanoseconds since the epoch; empty and 0 if they never did.
    """

    assistant_id: bytes
    session_id: bytes = b""
    name: str
    settings: bytes = b""
    changed_ns: int = 0


Change: TypeAlias = Callable[[Resource | None], Resource]
"""Given a resource as it is, None if there is none, returns it as it is to be. It may be called again, and whatever it
raises leaves all as it was."""


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the store knows it: nothing of it is secret.

    ``assistants`` are the ids (16 bytes each, in order) of those it is limited to, None is all. Times are nanoseconds
    since the epoch; ``revoked_ns`` is 0 while the key is in use.
    """

    key_id: str
    role: str
    name: str = ""
    assistants: tuple[bytes, ...] | None = None
    created_ns: int
    revoked_ns: int = 0


class WriteResult(msgspec.Struct, frozen=True):
    """What a write did: spans that were new, that replaced another content, and that changed nothing.

    ``foreign`` are the places, among those given, of parts that were left out.
    """

    written: int = 0
    replaced: int = 0
    unchanged: int = 0
    foreign: tuple[int, ...] = ()


class Store(Protocol):
    """Where sessions are kept; see the module for what it promises."""

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do beyond the contract."""

    def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
        """Keep the parts, all or, with ``Capabilities.atomic_writes``, none; on return they are durable and readable.

        Many requests' parts in one call share the cost of one durable commit. A part of a trace that has spans already
        is given to ``relate`` together with them, the latest ``RELATED_SPANS_MAX`` in the trace's time and those of the
        part's ids, and what that returns is written: within the same write, so that no span that comes by another way
        is overlooked.

        A part that would get to another assistant than those it is confined to is left out, and so is one whose trace
        is at another one: its sender would move there, or from there, what others wrote.
        """

    def session(self, assistant_id: bytes, session_id: bytes) -> SessionRecord | None:
        """Return one session, or None if there is none of this id under this assistant."""

    def version(self, assistant_id: bytes, session_id: bytes) -> Version | None:
        """Return the session's version, or None if ``spans`` knows no such session; it costs little.

        If it is the same before and after, all that ``spans`` returns of the session was the same in between. It never
        comes back, not even in another session of the same ids.
        """

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
        """Return a page of a session's spans, or None if there is no such session.

        The page ends at ``limit`` spans, or before the span whose shown fragments would take it past ``bytes_max``; it
        is never empty while more follow. Spans that have not ended are left out unless ``running``. Messages with a
        participant carry ``since_ms``; equal fragments of one page are one object.
        """

    def span(
        self, span_id: bytes, *, within: tuple[bytes, bytes] | None = None
    ) -> tuple[SessionRecord, SpanRecord] | None:
        """Return a span by its id, with its session: the one ``within`` an assistant's session, else any of that id."""

    def otel_spans(self, otel_id: bytes, *, limit: int = 50) -> list[tuple[SessionRecord, bytes]]:
        """Return the sessions with a span that has this id (8 bytes) in OpenTelemetry, and that span's id."""

    def trace(self, trace_id: bytes, *, limit: int = 1 << 31) -> tuple[SessionRecord, list[SpanRecord]] | None:
        """Return the spans of an OpenTelemetry trace in order, running ones too, or None if none was written.

        Of the session's spans in the trace's time only the last ``limit`` are looked at.
        """

    def claims(self, trace_ids: Collection[bytes]) -> dict[bytes, Claims]:
        """Return the best claims so far of those of these OpenTelemetry traces that have spans.

        They win and lose as those that came, and lead to the trace's session; of what they say each name may be another
        one of the same id, and each span id its first 8 bytes.
        """

    def sessions(
        self, where: Where = EVERYWHERE, *, after: SessionCursor | None = None, limit: int = 50
    ) -> SessionPage:
        """Return a page of the sessions that are meant, latest start first.

        A backend without ``full_text_search`` raises ``StoreError`` for ``Where.text``.
        """

    def facets(self, kind: Kind, where: Where = EVERYWHERE, *, prefix: str = "", limit: int = 50) -> list[Facet]:
        """Return the most frequent values of a kind that begin so, in whatever case; an assistant's is its name.

        Of ``where`` only the assistants and the time count. Of too many values only the first in order are looked at.
        """

    def totals(self, where: Where = EVERYWHERE, *, parts: int = 1) -> Totals:
        """Return counts over sessions; of ``where`` only the assistants and the time count, which is cut into parts."""

    def sample(self, where: Where = EVERYWHERE, *, limit: int = 1000) -> list[SessionRecord]:
        """Return sessions spread evenly over those that are meant, all if there are no more than ``limit``.

        Of ``where`` only the assistants and the time count.
        """

    def last_change(self) -> int:
        """Return the number of the latest change to any session; 0 if there was none."""

    def changes(self, after: int, *, limit: int = 100) -> list[SessionChange]:
        """Return the sessions that changed after a change, each with its latest one, in order of number.

        Numbers grow with every change, over all processes. Of sessions that are gone at least the latest
        ``GONE_MAX`` are told. Changes of more than a week ago may be forgotten where there are many servers.
        """

    def outline(
        self, assistant_id: bytes, session_id: bytes, *, after: Cursor | None = None, limit: int = 1000
    ) -> OutlinePage | None:
        """Return a page of a session's spans, running ones too, without reading what was said; None without session."""

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
        """Return distinct messages of a session in the order in which they were said, None if there is no session.

        The order is that of their times, then of the spans that said them first, inputs before outputs. A page ends
        before the message that would take it past ``bytes_max``; it is never empty while more follow. With ``back`` it
        holds the last messages before number ``first``, in the same order, and begins where it would get too large.
        """

    def said_before(self, assistant_id: bytes, session_id: bytes, before_ms: int) -> int | None:
        """Return how many distinct messages of a session were said before a time, None if there is no session."""

    def hits(self, assistant_id: bytes, session_id: bytes, text: str, *, limit: int = 3) -> list[Said]:
        """Return messages and system instructions of a session that hold all words of a text, the latest said last."""

    def resource(self, assistant_id: bytes, session_id: bytes = b"") -> Resource | None:
        """Return an assistant or a session, or None if there is none, neither with spans nor by ``change``."""

    def assistants(self, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """Return the assistants whose ids are greater, in order of id."""

    def described(self, assistant_id: bytes, *, after: bytes = b"", limit: int = 50) -> list[Resource]:
        """Return the sessions of an assistant that ``change`` made or changed, whose ids are greater, by id."""

    def change(self, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
        """Make a resource, or give it other settings, as ``change`` returns it; no other change comes in between.

        A session that was made before its first span keeps its name then.

        Raises:
            NoAssistantError: It is a session of an assistant that is not there.
        """

    def remember(self, key: bytes, value: bytes, *, now_ns: int, until_ns: int) -> bytes:
        """Return the value that is remembered under a key; if there is none, it is this one, until then.

        Of several calls at a time one is first. What is past ``now_ns`` is forgotten.
        """

    def add_key(self, key: KeyRecord) -> None:
        """Keep a key; its id must be new."""

    def key(self, key_id: str) -> KeyRecord | None:
        """Return a key as it is now, whichever process changed it last, or None if there never was one."""

    def keys(self) -> list[KeyRecord]:
        """Return all keys, revoked ones too, in order of creation."""

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """Revoke a key for ever; return whether there was one in use."""

    def delete_assistant(self, assistant_id: bytes) -> bool:
        """Delete an assistant and all its sessions as they are now; return whether there was one.

        Where this fails, some of the sessions may be gone; the same call goes on with the rest.
        """

    def delete_session(self, assistant_id: bytes, session_id: bytes) -> bool:
        """Delete a session and all that is in it; return whether there was one."""

    def delete_before(self, before_ns: int, *, limit: int = 1 << 31) -> int:
        """Delete the sessions whose ``last_ns``, without spans ``changed_ns``, is before the time; return how many.

        With a ``limit`` it deletes no more than so many at a time, and none only if none is left. Where this fails,
        some of them may be gone; the same call goes on with the rest.
        """

    def maintain(self) -> bool:
        """Do a bounded piece of housekeeping, such as merging what rests; return whether more is left to do."""

    def close(self) -> None:
        """Finish what was begun and let go of the place; the store is not usable afterwards."""
