"""How a span's attributes were read, as plain data."""

from typing import Any, Literal, TypeAlias

import msgspec

Outcome: TypeAlias = Literal["used", "outranked", "unusable", "part", "kept"]
"""``used``: fills the member. ``outranked``: ``by`` does, which stands before it. ``unusable``: its value says nothing
that the member can hold. ``part``: ``by`` was made of it. ``kept``: nobody claims it; it is kept verbatim."""


class Claimed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one dialect makes of one attribute; ``made`` tells that the attribute is none of the span's own."""

    attribute: str
    outcome: Outcome
    dialect: str = ""
    member: str = ""
    by: str = ""
    made: bool = False


class Explanation(msgspec.Struct, frozen=True):
    """A span, how its attributes were read, and what came of it.

    ``members`` are the span's as ListSpans has them but for ids, times and messages; ``messages`` counts those;
    ``withheld`` are values that the service model does not admit. Ids are OpenTelemetry's, in hex.
    """

    name: str
    trace_id: str
    span_id: str
    scope: str
    claims: list[Claimed]
    members: dict[str, Any]
    messages: dict[str, int]
    withheld: dict[str, Any]
