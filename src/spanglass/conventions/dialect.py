"""What a dialect is: which attribute fills which member, read how."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from spanglass.telemetry import Value

Read: TypeAlias = Callable[[Value], object]
"""Reads an attribute's value as a member's; None when it says nothing usable."""


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


class Dialect(msgspec.Struct, frozen=True):
    """One vendor's way of writing GenAI attributes.

    ``recurring`` are attributes, or prefixes of attributes ending in a dot, that no member holds and that hardly differ
    between the spans of one role: kept verbatim once for all of them. Only the size on disk depends on it.
    """

    name: str
    members: MemberTable
    recurring: tuple[str, ...] = ()
