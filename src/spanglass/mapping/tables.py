"""What all dialects together say of attributes and events, looked up by name.

Finding takes as long however many dialects there are: nothing here walks through them.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from spanglass.conventions import DIALECTS
from spanglass.conventions.dialect import Dialect, Read, View
from spanglass.conventions.indexed import is_indexed
from spanglass.telemetry import Event

Views: TypeAlias = tuple[tuple[View, tuple[str, ...]], ...]
"""Views that can be made of a span, each with those of its attributes that the span has."""

KEYS_MAX: Final = 1 << 14
"""Names of attributes whose views are remembered: those of long lists come again with each call."""
_INDEX: Final = re.compile(r"\.(?=[0-9])")


class Tables:
    """The tables of dialects, which stand in order of precedence."""

    def __init__(self, dialects: Sequence[Dialect] = DIALECTS) -> None:
        self._claims: dict[str, list[tuple[int, str, Read]]] = {}
        members = [member for dialect in dialects for member in dialect.members]
        spellings = [(attribute, member) for member in members for attribute in member.spellings]
        for rank, (attribute, member) in enumerate(spellings):
            self._claims.setdefault(attribute, []).append((rank, member.member, member.read))
        recurring = [name for dialect in dialects for name in dialect.recurring]
        self._recurring = frozenset(name for name in recurring if not name.endswith("."))
        self._recurring_prefixes = frozenset(name for name in recurring if name.endswith("."))
        self._views = [view for dialect in dialects for view in dialect.views]
        self._views_of: dict[str, list[int]] = {}
        self._views_of_events: dict[str, list[int]] = {}
        self._known: dict[str, Sequence[int]] = {}
        for number, view in enumerate(self._views):
            for name in view.of:
                self._views_of.setdefault(name, []).append(number)
            for name in view.events:
                self._views_of_events.setdefault(name, []).append(number)

    def claims(self, attribute: str) -> Sequence[tuple[int, str, Read]]:
        """Return the members that an attribute fills, each with the rank of its word on them and its reader."""
        return self._claims.get(attribute, ())

    def recurs(self, attribute: str) -> bool:
        """Tell whether an attribute that no member holds hardly differs between the spans of one role."""
        if attribute in self._recurring:
            return True
        dot = attribute.find(".")
        while dot >= 0:
            if attribute[: dot + 1] in self._recurring_prefixes:
                return True
            dot = attribute.find(".", dot + 1)
        return False

    def views_of_keys(self, keys: Sequence[str]) -> Views:
        """Return the views that can be made of attributes, in order of precedence."""
        found: dict[int, list[str]] = {}
        for key in keys:
            numbers = self._known.get(key)
            for number in self._views_of_key(key) if numbers is None else numbers:
                found.setdefault(number, []).append(key)
        return tuple((self._views[number], tuple(found[number])) for number in sorted(found))

    def _views_of_key(self, key: str) -> Sequence[int]:
        if len(self._known) >= KEYS_MAX:
            self._known.clear()
        numbers = self._known[key] = self._views_of.get(key) or self._views_of_list(key)
        return numbers

    def _views_of_list(self, key: str) -> Sequence[int]:
        """Return the views of the list that an attribute is of an element of, by the name before its first index."""
        index = _INDEX.search(key)
        if index is None:
            return ()
        prefix = key[: index.end()]
        return self._views_of.get(prefix, ()) if is_indexed(key, prefix) else ()

    def views_of_events(self, events: Sequence[Event]) -> Views:
        """Return the views that can be made of events, in order of precedence."""
        found = {number for event in events for number in self._views_of_events.get(event.name, ())}
        return tuple((self._views[number], ()) for number in sorted(found))


TABLES: Final = Tables()
"""Those of all dialects that there are."""
