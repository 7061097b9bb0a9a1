"""Which attribute names a span's session: one table over all dialects, strongest first.

Emitters disagree within one trace (LangChain's spans under Traceloop name a thread on one and a session on the next),
so the order is between attributes, not between dialects: what an application calls a session, then what the conventions
call a conversation, then a framework's thread. ``langsmith.trace.session_name`` is a project and ``agent.session``
spans of a browser are no conversation: neither stands here. Baggage is no attribute and is not read.
"""

from typing import Final

from spanglass.conventions import spanglass
from spanglass.conventions.readers import as_text
from spanglass.model.place import SERVICE_RANK
from spanglass.telemetry import Attributes

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
    ),
    (
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.chat_id",
        "langsmith.metadata.thread_id",
        "ai.telemetry.metadata.threadId",
        "ai.telemetry.metadata.thread_id",
    ),
)
RANKS: Final = {attribute: rank for rank, level in enumerate(_LEVELS) for attribute in level}
"""Attribute → strength of its claim, 0 the strongest."""


UNKNOWN_SERVICE: Final = "unknown_service"
"""What OpenTelemetry calls a service without a name."""


def session_claim(attributes: Attributes, present: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the strongest usable claim among the attributes ``present``, which are in order of rank."""
    for attribute in present:
        if (text := as_text(attributes[attribute])) is not None:
            return RANKS[attribute], text
    return None


def assistant_claim(attributes: Attributes) -> tuple[int, str] | None:
    """Return what a span's or a resource's own attributes name as assistant."""
    for attribute in spanglass.ASSISTANT:
        if attribute in attributes and (text := as_text(attributes[attribute])) is not None:
            return 0, text
    return None


def service_claim(resource: Attributes) -> tuple[int, str]:
    """Return the service's name, which stands for an assistant where none is named."""
    return SERVICE_RANK, as_text(resource.get("service.name")) or UNKNOWN_SERVICE
