"""A span as it is kept: fragments of wire JSON, content-addressed, that reading joins without parsing.

A conversation repeats itself: the k-th call of a model carries the k-1 before it. So a span is split into what it says
again (messages, system instructions, members that recur) and what only it says. What recurs is a ``Fragment``, named by
its content; a store keeps each fragment of a session once.
"""

import enum
import hashlib
from typing import Final

import msgspec

KEY_BYTES: Final = 16
"""Length of a fragment's key: a truncated BLAKE2b, long enough that no two contents of a session meet."""


class Kind(enum.IntEnum):
    """What a fragment holds, and so where reading puts it. The numbers stand on disk."""

    CUSTOMER = 1
    """The ``values`` array of a SpanMessage whose participant is CUSTOMER."""
    AGENT = 2
    """The same, said by a human agent."""
    BOT = 3
    """The same, said by the model or a tool."""
    SYSTEM = 4
    """A ``systemInstructions`` array."""
    MEMBERS = 5
    """Members of a Span that recur over spans, see ``Members``."""
    DETAIL = 6
    """A JSON object of verbatim telemetry (resource, scope, long attributes) that no member holds."""
    MESSAGE = 7
    """A whole SpanMessage, id and timestamp included: it came in as a QConnect span and keeps both."""


PARTICIPANTS: Final = {Kind.CUSTOMER: "CUSTOMER", Kind.AGENT: "AGENT", Kind.BOT: "BOT"}
SPOKEN: Final = frozenset({Kind.CUSTOMER, Kind.AGENT, Kind.BOT, Kind.SYSTEM, Kind.MESSAGE})
"""The kinds that full-text search reads."""


class Fragment(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A piece of wire JSON that spans of one session share; equal keys are equal fragments.

    ``json`` is compact UTF-8 JSON of the form that ``kind`` names. ``key`` names the content (``KEY_BYTES`` bytes).
    ``since_ms`` is when the message was first said, in milliseconds since the epoch: the earliest start of a span that
    has it as input, or end of one that has it as output. A writer leaves it 0; the store knows.
    """

    kind: Kind
    key: bytes
    json: bytes
    since_ms: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fragment) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def fragment(kind: Kind, json: bytes, occurrence: int = 0) -> Fragment:
    """Name ``json`` by its content; the n-th ``occurrence`` of one message in one conversation is a message of its own.

    The key does not depend on the session, so a span moves to another session without being rewritten
    (docs/decisions/002-ids-without-session.md).
    """
    digest = _HASHES[kind].copy() if occurrence == 0 else _hash(kind, occurrence)
    digest.update(json)
    return Fragment(kind, digest.digest(), json)


def _hash(kind: Kind, occurrence: int) -> "hashlib.blake2b":
    return hashlib.blake2b(digest_size=KEY_BYTES, salt=bytes((kind,)) + occurrence.to_bytes(4, "little"))


_HASHES: Final = {kind: _hash(kind, 0) for kind in Kind}
"""The beginnings of most keys, made once: copying one is quicker than making one."""


class Members(msgspec.Struct, frozen=True, gc=False):
    """Members of a Span and of its attributes as JSON text without braces: ``"spanName":"chat","status":"OK"``.

    Either may be empty. Joining needs only commas and braces.
    """

    span: bytes = b""
    attributes: bytes = b""

    def pack(self) -> bytes:
        """Join both in one text, by a newline, which compact JSON never holds."""
        return self.span + b"\n" + self.attributes

    @classmethod
    def unpack(cls, packed: bytes) -> "Members":
        """Undo ``pack``."""
        span, _, attributes = packed.partition(b"\n")
        return cls(span, attributes)


class SpanRecord(msgspec.Struct, frozen=True):
    """A span, mapped and split: what the store writes and reads back.

    Ids are 16 bytes (a UUID's), ``parent_span_id`` empty for a root; times are nanoseconds since the epoch,
    ``end_ns`` 0 while the span runs. ``recurring`` is a ``MEMBERS`` fragment (a packed ``Members``), ``own`` what is
    this span's alone. Neither holds spanId, parentSpanId, requestId, assistantId, sessionId, startTimestamp,
    endTimestamp or the three message lists: reading adds those.

    ``inputs`` and ``outputs`` are all messages in order; ListSpans shows them from ``inputs_shown_from`` and
    ``outputs_shown_from`` on (at most 50, no tool result without its use). ``system`` is at most two fragments: what
    ListSpans shows, and what did not fit.

    ``details`` are ``DETAIL`` fragments and ``own_detail`` is a JSON object: together what came in beyond the members,
    verbatim, for ``/api``. Merging the objects key by key, and objects under one key likewise, gives the whole.
    """

    span_id: bytes
    parent_span_id: bytes
    request_id: bytes
    start_ns: int
    end_ns: int
    recurring: Fragment
    own: Members = Members()
    inputs: tuple[Fragment, ...] = ()
    outputs: tuple[Fragment, ...] = ()
    system: tuple[Fragment, ...] = ()
    details: tuple[Fragment, ...] = ()
    own_detail: bytes = b"{}"
    inputs_shown_from: int = 0
    outputs_shown_from: int = 0
