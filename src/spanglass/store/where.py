"""Which sessions are meant: conditions that all hold together."""

from typing import Final, Literal, TypeAlias

import msgspec

Status: TypeAlias = Literal["ok", "error", "timeout", "running"]
"""A session's: it has a span that ended in ERROR, in TIMEOUT, or that has not ended; ``ok`` is none of these."""
Kind: TypeAlias = Literal["agent", "model", "tool", "error_type", "contact", "name", "assistant"]
"""What a session is found by; ``name`` is its own if it is not its id, ``assistant`` the id in hex."""
FIELDS: Final[dict[Kind, str]] = {
    "agent": "agents",
    "model": "models",
    "tool": "tools",
    "error_type": "error_types",
    "contact": "contacts",
    "name": "names",
    "assistant": "assistants",
}
"""The field of ``Where`` for each kind."""

MOST: Final = (1 << 63) - 1
"""The greatest number that is kept."""


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions on sessions; an empty set is no condition, of a set's values a session has any.

    ``assistants`` and ``sessions`` hold ids of 16 bytes; None is all assistants, an empty set none. A session's start
    is at least ``from_ns`` and at most ``to_ns``, its duration is from its start to when it was last heard of. With
    ``text``, one message holds all of its words, compared whole and without regard to case or diacritics; an empty
    text has no words and is held by none.
    """

    assistants: frozenset[bytes] | None = None
    sessions: frozenset[bytes] = frozenset()
    text: str | None = None
    from_ns: int = 0
    to_ns: int = MOST
    agents: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    error_types: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    statuses: frozenset[Status] = frozenset()
    duration_min_ns: int = 0
    duration_max_ns: int = MOST
    tokens_min: int = 0
    tokens_max: int = MOST


EVERYWHERE: Final = Where()
