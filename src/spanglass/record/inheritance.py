"""What all spans within a block inherit: session, assistant and contact.

It is kept in OpenTelemetry's context, so it goes wherever that goes, and a span processor writes it to every span that
begins there, also to those of instrumentations that know nothing of it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

from spanglass.record.attributes import ASSISTANT, SESSION, named

_KEY: Final = contexts.create_key("spanglass-inherited")


def inherited(context: Context | None = None) -> Mapping[str, str]:
    """Return the attributes that a span which begins in a context, the current one by default, inherits."""
    return cast("Mapping[str, str]", contexts.get_value(_KEY, context) or {})


@contextlib.contextmanager
def conversation(
    session: str | None = None,
    *,
    assistant: str | None = None,
    contact_id: str | None = None,
    initial_contact_id: str | None = None,
    instance_arn: str | None = None,
    session_name: str | None = None,
    invoker: str | None = None,
) -> Iterator[None]:
    """Have all spans of the block, or of the function (no coroutine) that this decorates, belong to a session.

    ``session`` and ``assistant`` are names or UUIDs; all else is QConnect's. What an outer block says and this one does
    not still holds.
    """
    told: dict[str, Any] = {SESSION: session, ASSISTANT: assistant} | named(
        contact_id=contact_id,
        initial_contact_id=initial_contact_id,
        instance_arn=instance_arn,
        session_name=session_name,
        ai_agent_invoker=invoker,
    )
    now = {name: str(value) for name, value in told.items() if value is not None}
    token = contexts.attach(contexts.set_value(_KEY, {**inherited(), **now}))
    try:
        yield
    finally:
        contexts.detach(token)


class Inheriting(SpanProcessor):
    """Writes what is inherited to each span that begins; ``setup`` adds one to its provider."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Write it."""
        span.set_attributes(dict(inherited(parent_context)))
