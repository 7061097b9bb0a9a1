"""Attributes sorted by what is done with them.

That is done once for each set of keys, so the cost of a span does not grow with the number of dialects.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from operator import itemgetter
from typing import Any, Final, TypeAlias, TypeVar, cast

import msgspec

from spanglass.conventions.dialect import Read
from spanglass.conventions.sessions import Source, session_sources
from spanglass.conventions.spanglass import ASSISTANT
from spanglass.mapping.tables import TABLES, Tables, Views
from spanglass.telemetry import Attributes, Span, Value

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
        "failed",
        "failure_message",
        "foreign_call_id",
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

Key = TypeVar("Key")
Known = TypeVar("Known")

Facts: TypeAlias = dict[str, Any]
"""Members and facts by name, as the dialects' readers return them."""
Claims: TypeAlias = tuple[tuple[str, tuple[tuple[str, Read], ...]], ...]
"""Member, and the attributes that fill it, best first, each with its reader."""
Made: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""The attributes that views made, each with those that need not be kept because it holds them."""


class Layout(msgspec.Struct, eq=False, frozen=True):
    """What is done with the attributes of a set of keys.

    ``recurring`` picks the values which with the span's name and origin determine all that the spans of one role share,
    those of ``recurring_keys`` among them. ``own_keys`` are all other keys but those of content. ``content`` are
    the attributes that hold messages or the content of a tool's call, ``kept`` what each of those was made of,
    which is itself unless a view made it. ``sessions`` are those that name a session, the strongest first, with
    how each is read; ``assistant`` is whether one names an assistant. ``views`` can be made of the attributes.
    """

    recurring_keys: tuple[str, ...]
    recurring: Callable[[Attributes], tuple[Any, ...]]
    recurring_claims: Claims
    own_keys: tuple[str, ...]
    own_claims: Claims
    content: Claims
    kept: Mapping[str, tuple[str, ...]]
    sessions: Mapping[str, Source]
    assistant: bool
    views: Views

    def read_content(self, attributes: Attributes) -> tuple[dict[str, Value], dict[str, str]]:
        """Return the content by member, from the best attribute that says something, and which attribute that is."""
        content: dict[str, Value] = {}
        best: dict[str, str] = {}
        for member, sources in self.content:
            for key, reader in sources:
                if (value := reader(attributes[key])) is not None:
                    content[member], best[member] = cast("Value", value), key
                    break
        return content, best

    def leftover(self, best: Mapping[str, str], lossy: Container[str]) -> tuple[str, ...]:
        """Return the keys of content that nothing else holds: those of ``lossy`` members, and all but each best's."""
        if not self.content:
            return ()
        held = {key for member, name in best.items() if member not in lossy for key in self.kept[name]}
        keys = [key for _, sources in self.content for name, _ in sources for key in self.kept[name] if key not in held]
        return tuple(dict.fromkeys(keys))


class Layouts:
    """Layouts by the keys that they are for; ``sessions`` are attributes of an application's own that name one."""

    def __init__(self, sessions: Iterable[str] = (), tables: Tables = TABLES) -> None:
        self._tables = tables
        self._sessions = session_sources(sessions)
        self._known: dict[tuple[tuple[str, ...], Made], Layout] = {}
        self._views: dict[tuple[str, ...], Views] = {}

    def of(self, span: Span) -> tuple[Span, Layout]:
        """Return the span with the attributes that views make of it among its own, and the layout for all of these."""
        attributes = span.attributes
        keys = tuple(attributes)
        if (views := self._views.get(keys)) is None:
            views = _kept(self._views, keys, self._tables.views_of_keys(keys))
        made: Attributes = {}
        kept: list[tuple[str, tuple[str, ...]]] = []
        for view, of in views + self._tables.views_of_events(span.events) if span.events else views:
            for name, value in view.make(span, of).items():
                if name not in attributes and name not in made:
                    made[name] = value
                    kept.append((name, of if view.whole else ()))
        layout = self._known.get((keys, tuple(kept)))
        if layout is None:
            layout = _layout(keys, tuple(kept), views, self._sessions, self._tables)
            _kept(self._known, (keys, tuple(kept)), layout)
        return (msgspec.structs.replace(span, attributes=attributes | made) if made else span), layout


def _kept(known: dict[Key, Known], key: Key, value: Known) -> Known:
    """Keep what was found out for a set of keys; endless new sets do not add up."""
    if len(known) >= LAYOUTS_MAX:
        known.clear()
    known[key] = value
    return value


def read(claims: Claims, attributes: Attributes) -> Facts:
    """Read the members that attributes claim; of several attributes for one, the best that says something usable."""
    facts: Facts = {}
    for member, sources in claims:
        for key, reader in sources:
            if (value := reader(attributes[key])) is not None:
                facts[member] = value
                break
    return facts


def members_of(attribute: str) -> set[str]:
    """Return the members that an attribute fills, in any dialect."""
    return {member for _, member, _ in TABLES.claims(attribute)}


def _layout(keys: tuple[str, ...], made: Made, views: Views, sessions: Mapping[str, Source], tables: Tables) -> Layout:
    claims: dict[str, list[tuple[int, str, Read]]] = {}
    kept: dict[str, tuple[str, ...]] = dict(made)
    recurring: list[str] = []
    own: list[str] = []
    deciding: list[str] = []
    held: set[str] = set()
    gathered = {key for view, present in views if view.whole for key in present}
    for key in (*keys, *kept):
        claimed = tables.claims(key)
        if not claimed and key in gathered:
            own.append(key)
            continue
        for rank, member, reader in claimed:
            claims.setdefault(member, []).append((rank, key, reader))
        members = {member for _, member, _ in claimed}
        if members & CONTENT:
            held.update(kept.setdefault(key, (key,)))
        else:
            recurs = not members & VARYING if members else tables.recurs(key)
            (recurring if recurs else own).append(key)
            if recurs:
                deciding.append(key)
                continue
        if members - VARYING - CONTENT:
            deciding.append(key)
    # In one order for all spans, so that equal members are equal bytes whatever order the attributes came in.
    read_by = {
        member: tuple((key, reader) for _, key, reader in sorted(claims[member], key=itemgetter(0)))
        for member in sorted(claims)
    }
    beside = held.union(kept)
    present = {*keys, *kept}
    return Layout(
        tuple(key for key in recurring if key not in beside),
        _picker(deciding),
        tuple((member, found) for member, found in read_by.items() if member not in VARYING | CONTENT),
        tuple(key for key in own if key not in beside),
        tuple((member, found) for member, found in read_by.items() if member in VARYING),
        tuple((member, found) for member, found in read_by.items() if member in CONTENT),
        kept,
        {key: source for key, source in sessions.items() if key in present},
        not set(ASSISTANT).isdisjoint(keys),
        views,
    )


def _picker(keys: list[str]) -> Callable[[Attributes], tuple[Any, ...]]:
    """Return what picks the values of the keys, always as a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda attributes: tuple([attributes[key] for key in keys])
