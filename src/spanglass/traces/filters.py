"""Which sessions: conditions that all hold together, as the JSON API takes them."""

from datetime import datetime
from typing import Final, TypeAlias

import msgspec

from spanglass.answers import Session

Moment: TypeAlias = datetime | float
"""A time: aware, or naive and then local; or seconds since the epoch."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions on sessions; an empty one is none, of several values a session has any.

    ``text`` are words that one message holds, all of them. Assistants are named by
    UUID, ARN or name. A session began at ``since`` or later,
    and before ``until``. Durations are milliseconds, tokens those in total.
    """

    text: str = ""
    assistants: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    error_types: tuple[str, ...] = ()
    since: Moment | None = None
    until: Moment | None = None
    min_duration_ms: float | None = None
    max_duration_ms: float | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None

    def parameters(self) -> list[tuple[str, str]]:
        """Return the API's parameters."""
        told: list[tuple[str, str]] = []
        for field, name in _PARAMETERS.items():
            value = getattr(self, field)
            values = value if isinstance(value, tuple) else () if value in {None, ""} else (value,)
            told += [(name, _text(each)) for each in values]
        return told

    def met_by(self, session: Session) -> bool:
        """Return whether a session meets all conditions but the words, with assistants named by UUID."""
        named = (
            (self.assistants, {session.assistant_id}),
            (self.agents, session.agents.keys()),
            (self.models, session.models.keys()),
            (self.tools, session.tools.keys()),
            (self.error_types, session.error_types.keys()),
            (self.statuses, _statuses(session)),
        )
        bounds = (
            (self.min_duration_ms, session.duration_ms, self.max_duration_ms),
            (self.min_tokens, session.total_tokens, self.max_tokens),
            (self.since and seconds(self.since), session.start_timestamp, None),
        )
        late = self.until is not None and session.start_timestamp >= seconds(self.until)
        return (
            not late
            and all(not wanted or not has.isdisjoint(wanted) for wanted, has in named)
            and all((least or 0) <= figure <= (figure if most is None else most) for least, figure, most in bounds)
        )


def _statuses(session: Session) -> set[str]:
    told = {"error": session.errors > session.timeouts, "timeout": session.timeouts, "running": session.running}
    return {status for status, has in told.items() if has} or {"ok"}


_PARAMETERS: Final = {
    "text": "q",
    "assistants": "assistantId",
    "agents": "agent",
    "models": "model",
    "tools": "tool",
    "statuses": "status",
    "error_types": "errorType",
    "since": "from",
    "until": "to",
    "min_duration_ms": "minDurationMs",
    "max_duration_ms": "maxDurationMs",
    "min_tokens": "minTokens",
    "max_tokens": "maxTokens",
}


def seconds(moment: Moment) -> float:
    """Return a time in seconds since the epoch."""
    return moment.timestamp() if isinstance(moment, datetime) else moment


def _text(value: object) -> str:
    return str(seconds(value)) if isinstance(value, datetime) else str(value)
