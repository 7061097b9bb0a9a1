"""Where a trace belongs: the claims its spans make on a session and an assistant, and which claim wins.

A session's id often stands on one span of a trace only, and not on the first to arrive. So every span makes its claim,
the smallest claim wins, and the smallest of a set does not depend on the order of arrival.
"""

import functools
import uuid
from typing import Final

import msgspec

from spanglass.model.record import SpanRecord

NAMESPACE: Final = uuid.UUID("6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11")
"""Root of all ids that Spanglass derives. Changing it renames everything ever stored."""
NAMESPACE_ASSISTANT: Final = uuid.uuid5(NAMESPACE, "assistant")
NAMESPACE_SPAN: Final = uuid.uuid5(NAMESPACE, "span")
NAMESPACE_TOOL_USE: Final = uuid.uuid5(NAMESPACE, "tool-use")
SERVICE_RANK: Final = 1
"""The rank of a claim on an assistant by a service's name, which stands where nothing names one: 0 is the stronger."""


def parse_uuid(text: str) -> uuid.UUID | None:
    """Read a UUID in its 36-character form, in either case; None for any other text."""
    if len(text) != 36:  # noqa: PLR2004 (the length of the one form that counts)
        return None
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text.lower() else None


def assistant_named(text: str) -> tuple[bytes, str]:
    """Return the id (16 bytes) and the name of the assistant that a text stands for: a UUID is an id itself."""
    found, name = _named(text, NAMESPACE_ASSISTANT)
    return found.bytes, name


def session_named(text: str, assistant_id: bytes) -> tuple[bytes, str]:
    """Return the id and the name of an assistant's session likewise."""
    found, name = _named(text, uuid.UUID(bytes=assistant_id))
    return found.bytes, name


class Claim(msgspec.Struct, frozen=True, order=True, array_like=True):
    """What one span says of its trace's session or assistant; the smallest claim of a trace wins.

    ``rank`` is the strength of the source (0 strongest); then a root outranks a child, then the earlier start, then the
    smaller span id.
    """

    rank: int
    child: bool
    start_ns: int
    span_id: bytes
    text: str


class Place(msgspec.Struct, frozen=True):
    """A session of an assistant: ids are a UUID's 16 bytes, names what people call them."""

    assistant_id: bytes
    session_id: bytes
    assistant_name: str = ""
    session_name: str = ""


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """The best claims of a trace so far."""

    assistant: Claim
    session: Claim | None = None

    def merged(self, other: "Claims") -> "Claims":
        """Return the best of both; commutative, associative, idempotent."""
        sessions = [claim for claim in (self.session, other.session) if claim is not None]
        return Claims(min(self.assistant, other.assistant), min(sessions, default=None))

    def place(self, trace_id: bytes) -> Place:
        """Return the session that the trace belongs to; without a claim, the trace is a session of its own."""
        assistant, assistant_name = _named(self.assistant.text, NAMESPACE_ASSISTANT)
        if self.session is None:
            session = uuid.UUID(bytes=trace_id)
            session_name = str(session)
        else:
            session, session_name = _named(self.session.text, assistant)
        return Place(assistant.bytes, session.bytes, assistant_name, session_name or str(session))


@functools.lru_cache(maxsize=4096)
def _named(text: str, namespace: uuid.UUID) -> tuple[uuid.UUID, str]:
    """Return the id that a text is or stands for, and its name: one id has one name, in whatever case it came."""
    parsed = parse_uuid(text)
    return (uuid.uuid5(namespace, text), text) if parsed is None else (parsed, str(parsed))


class TracePart(msgspec.Struct, frozen=True):
    """Spans of one trace that arrived together, and what they claim.

    ``trace_id`` is the 16 bytes of the OpenTelemetry trace; empty for spans that came in as QConnect spans, which stay
    where they were put. ``assistants`` are the ids of those that the sender may touch, None is all.
    """

    trace_id: bytes
    claims: Claims
    spans: tuple[SpanRecord, ...]
    assistants: frozenset[bytes] | None = None

    def confined(self, assistants: frozenset[bytes]) -> "TracePart":
        """Return the part as one may send it who may touch these assistants alone.

        If there is but one of them, it is the assistant of spans that name none.
        """
        claims = self.claims
        if len(assistants) == 1 and claims.assistant.rank == SERVICE_RANK:
            (only,) = assistants
            assistant = msgspec.structs.replace(claims.assistant, text=str(uuid.UUID(bytes=only)))
            claims = Claims(assistant, claims.session)
        return TracePart(self.trace_id, claims, self.spans, assistants)

    def fits(self, *places: Place) -> bool:
        """Return whether the sender may touch these places."""
        return self.assistants is None or all(place.assistant_id in self.assistants for place in places)
