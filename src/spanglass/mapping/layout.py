"""Attributes sorted by what is done with them.

That is done once for each set of keys, so the cost of a span does not grow with the number of dialects.
"""

from collections.abc import Callable, Container, Mapping
from operator import itemgetter
from typing import Any, Final, TypeAlias

import msgspec

from spanglass.conventions import DIALECTS
from spanglass.conventions.dialect import Read
from spanglass.conventions.sessions import RANKS
from spanglass.conventions.spanglass import ASSISTANT
from spanglass.telemetry import Attributes

CONTENT: Final = frozenset(
    {"input_messages", "output_messages", "system_instructions", "tool_arguments", "tool_result"}
)
"""Members that become messages; what they were read from is kept verbatim only where messages lose something of it."""
VARYING: Final = frozenset(
    {
        "cache_read_input_tokens",
        "cache_read_tokens",
        "cache_write_input_tokens",
        "cache_write_tokens",
        "error_type",
        "grpc_status",
        "guardrail_assessments",
        "http_status",
        "input_tokens",
        "origin_request_id",
        "output_tokens",
        "provider_request_id",
        "response_finish_reasons",
        "response_id",
        "return_reason",
        "time_to_first_token_ms",
        "tool_call_id",
        "total_tokens",
        "usage_input_tokens",
        "usage_output_tokens",
        "usage_total_tokens",
    }
)
"""Members that differ from call to call; all others recur over the spans of one role."""
LAYOUTS_MAX: Final = 2048
"""Sets of keys remembered; an emitter has a few dozen."""

Facts: TypeAlias = dict[str, Any]
"""Members and facts by name, as the dialects' readers return them."""
Claims: TypeAlias = tuple[tuple[str, tuple[tuple[str, Read], ...]], ...]
"""Member, and the attributes that fill it, best first, each with its reader."""


class Layout(msgspec.Struct, eq=False, frozen=True):
    """What is done with the attributes of a set of keys.

    ``recurring`` picks the values of ``recurring_keys``, which with the span's name and origin determine all that the
    spans of one role share. ``own_keys`` are all other keys but those of ``content``. ``sessions`` are those
    that name a session, the strongest first; ``assistant`` is whether one names an assistant.
    """

    recurring_keys: tuple[str, ...]
    recurring: Callable[[Attributes], tuple[Any, ...]]
    recurring_claims: Claims
    own_keys: tuple[str, ...]
    own_claims: Claims
    content: Mapping[str, tuple[str, ...]]
    sessions: tuple[str, ...]
    assistant: bool

    def leftover(self, lossy: Container[str]) -> tuple[str, ...]:
        """Return the keys of content that nothing else holds: those of ``lossy`` members, and all but each best."""
        if not self.content:
            return ()
        return tuple([key for member, keys in self.content.items() for key in (keys if member in lossy else keys[1:])])


class Layouts:
    """Layouts by the keys that they are for."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Layout] = {}

    def of(self, attributes: Attributes) -> Layout:
        """Return the layout for a span's attributes."""
        keys = tuple(attributes)
        if (known := self._known.get(keys)) is None:
            if len(self._known) >= LAYOUTS_MAX:
                self._known.clear()
            known = self._known[keys] = _layout(keys)
        return known


def read(claims: Claims, attributes: Attributes) -> Facts:
    """Read the members that attributes claim; of several attributes for one, the best that says something usable."""
    facts: Facts = {}
    for member, sources in claims:
        for key, reader in sources:
            if (value := reader(attributes[key])) is not None:
                facts[member] = value
                break
    return facts


def _claims_by_attribute() -> dict[str, list[tuple[int, str, Read]]]:
    """Return, for each attribute of each dialect, the members that it fills and the rank of its word on them."""
    found: dict[str, list[tuple[int, str, Read]]] = {}
    spellings = (
        (attribute, member) for dialect in DIALECTS for member in dialect.members for attribute in member.spellings
    )
    for rank, (attribute, member) in enumerate(spellings):
        found.setdefault(attribute, []).append((rank, member.member, member.read))
    return found


_CLAIMS: Final = _claims_by_attribute()
_RECURRING: Final = frozenset(name for dialect in DIALECTS for name in dialect.recurring if not name.endswith("."))
_RECURRING_PREFIXES: Final = tuple(name for dialect in DIALECTS for name in dialect.recurring if name.endswith("."))


def _layout(keys: tuple[str, ...]) -> Layout:
    recurring: list[str] = []
    own: list[str] = []
    claims: dict[str, list[tuple[int, str, Read]]] = {}
    for key in keys:
        claimed = _CLAIMS.get(key, [])
        for rank, member, reader in claimed:
            claims.setdefault(member, []).append((rank, key, reader))
        members = {member for _, member, _ in claimed}
        if not members & CONTENT:
            (recurring if _recurs(key, members) else own).append(key)
    # In one order for all spans, so that equal members are equal bytes whatever order the attributes came in.
    sources = {
        member: tuple((key, reader) for _, key, reader in sorted(claims[member], key=itemgetter(0)))
        for member in sorted(claims)
    }
    return Layout(
        tuple(recurring),
        _picker(recurring),
        tuple((member, found) for member, found in sources.items() if member not in VARYING | CONTENT),
        tuple(own),
        tuple((member, found) for member, found in sources.items() if member in VARYING),
        {member: tuple(key for key, _ in found) for member, found in sources.items() if member in CONTENT},
        tuple(sorted((key for key in keys if key in RANKS), key=RANKS.__getitem__)),
        not set(ASSISTANT).isdisjoint(keys),
    )


def _recurs(key: str, members: set[str]) -> bool:
    if members:
        return not members & VARYING
    return key in _RECURRING or key.startswith(_RECURRING_PREFIXES)


def _picker(keys: list[str]) -> Callable[[Attributes], tuple[Any, ...]]:
    """Return what picks the values of the keys, always as a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda attributes: tuple([attributes[key] for key in keys])
