"""Which sessions: conditions that all hold together, as the JSON API takes them."""

from datetime import datetime
from typing import Final, TypeAlias

import msgspec

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
