"""Which attribute names a span's session: one table over all dialects, strongest first.

Emitters disagree within one trace (LangChain's spans under Traceloop name a thread on one and a session on the next),
so the order is between attributes, not between dialects: what an application calls a session, then what the conventions
call a conversation, then a framework's thread. ``langsmith.trace.session_name`` is a project and ``agent.session``
spans of a browser are no conversation: neither stands here. Baggage is no attribute and is not read.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Final, TypeAlias

from spanglass.conventions import spanglass
from spanglass.conventions.readers import as_text, within
from spanglass.model.place import SERVICE_RANK
from spanglass.telemetry import Attributes, Value

_LEVELS: Final[tuple[tuple[str, ...], ...]] = (
    spanglass.SESSION,
    ("langfuse.session.id",),
    ("session.id",),
    ("gen_ai.conversation.id",),
    (
        "traceloop.association.properties.session_id",
        "langsmith.trace.session_id",
        "langsmith.metadata.session_id",
        "langsmith.metadata.conversation_id",
        "ai.telemetry.metadata.sessionId",
        "ai.telemetry.metadata.session_id",
        "mlflow.trace.session",
        "aws.bedrock.agent.session_id",
        "gcp.vertex.agent.session_id",
    ),
    (
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.chat_id",
        "langsmith.metadata.thread_id",
        "ai.telemetry.metadata.threadId",
        "ai.telemetry.metadata.thread_id",
        "gen_ai.thread.id",
    ),
)
RANKS: Final = {attribute: rank for rank, level in enumerate(_LEVELS) for attribute in level}
"""Attribute → strength of its claim, 0 the strongest."""
METADATA: Final = "metadata"
"""OpenInference's attribute, JSON of whatever an application or framework says of a call."""

Source: TypeAlias = tuple[tuple[int, Callable[[Value], str | None]], ...]
"""How strong an attribute's claims are, strongest first, and how each is read."""
_READ: Final[dict[str, Source]] = {attribute: ((rank, as_text),) for attribute, rank in RANKS.items()} | {
    METADATA: (
        (RANKS["langsmith.metadata.session_id"], within(as_text, "session_id", "conversation_id")),
        (RANKS["langsmith.metadata.thread_id"], within(as_text, "thread_id")),
    )
}


UNKNOWN_SERVICE: Final = "unknown_service"
"""What OpenTelemetry calls a service without a name."""


def session_sources(own: Iterable[str] = ()) -> dict[str, Source]:
    """Return what names sessions by attribute, strongest first, an application's ``own`` attributes among those."""
    found = _READ | dict.fromkeys(own, ((0, as_text),))
    return dict(sorted(found.items(), key=lambda item: item[1][0][0]))


def read_claim(value: Value, source: Source) -> tuple[int, str] | None:
    """Return the strongest usable claim that an attribute's value makes."""
    return next(((rank, text) for rank, read in source if (text := read(value)) is not None), None)


def session_claim(attributes: Attributes, present: Mapping[str, Source]) -> tuple[int, str] | None:
    """Return the strongest usable claim among the attributes ``present``, of equal ones the first."""
    claims = (read_claim(attributes[attribute], source) for attribute, source in present.items())
    return min(filter(None, claims), key=itemgetter(0), default=None)


def assistant_claim(attributes: Attributes) -> tuple[int, str] | None:
    """Return what a span's or a resource's own attributes name as assistant."""
    for attribute in spanglass.ASSISTANT:
        if attribute in attributes and (text := as_text(attributes[attribute])) is not None:
            return 0, text
    return None


def service_claim(resource: Attributes) -> tuple[int, str]:
    """Return the service's name, which stands for an assistant where none is named."""
    return SERVICE_RANK, as_text(resource.get("service.name")) or UNKNOWN_SERVICE
