"""What a dialect is: which attribute fills which member, read how."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from spanglass.telemetry import Attributes, Span, Value

Read: TypeAlias = Callable[[Value], object]
"""Reads an attribute's value as a member's; None when it says nothing usable."""
Make: TypeAlias = Callable[[Span, tuple[str, ...]], Attributes]
"""Makes attributes of a span, given which of those that it is made of the span has."""


class Member(msgspec.Struct, frozen=True):
    """An attribute that fills a member.

    ``member`` is a member's name in snake case (``SpanAttributes.usageInputTokens`` is ``usage_input_tokens``), or one
    of the facts that several members are derived from (``operation``, ``tool_name``, …). ``was`` are older or
    emitter-specific spellings of the attribute, best first.
    """

    attribute: str
    member: str
    read: Read
    was: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """The attribute and all that it was called before."""
        return (self.attribute, *self.was)


MemberTable: TypeAlias = tuple[Member, ...]


class View(msgspec.Struct, frozen=True):
    """Attributes that a span has in another form only: scattered over many, among others' text, or as events.

    What ``make`` returns, of the names ``makes``, stands in the dialect's table like any attribute, but is not kept:
    what it is made of is.
    ``of`` are attributes, a name that ends in a dot standing for all that go on with an index, and ``events`` names of
    events; the view is made for a span that has any of them. An attribute that the span has itself is not made.

    ``whole`` promises that messages made by the view hold all that the attributes of ``of`` say, so that those need not
    be kept beside them.
    """

    makes: tuple[str, ...]
    make: Make
    of: tuple[str, ...] = ()
    events: frozenset[str] = frozenset()
    whole: bool = False


class Dialect(msgspec.Struct, frozen=True):
    """One vendor's way of writing GenAI attributes.

    ``recurring`` are attributes, or prefixes of attributes ending in a dot, that no member holds and that hardly differ
    between the spans of one role: kept verbatim once for all of them. Only the size on disk depends on it. ``views``
    make attributes of the table that spans have in another form only.
    """

    name: str
    members: MemberTable
    recurring: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
