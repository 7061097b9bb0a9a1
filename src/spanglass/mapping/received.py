"""Spans that come in as QConnect spans: split into records as they are, every id kept."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from spanglass.conventions.plain import read_json
from spanglass.mapping.detail import TIME_MAX
from spanglass.model.constraints import Violation, pruned, violations
from spanglass.model.place import Claim, Claims, TracePart, parse_uuid
from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment

RESOLUTION: Final = 1_000_000
"""Parts of a second that are read of a time: finer, a double of today's seconds is not exact."""
SECONDS_MAX: Final = TIME_MAX // 1_000_000_000
"""The latest time, in seconds since the epoch, that stores order by: in the year 2262."""

_RECORDED: Final = frozenset(
    ("spanId", "parentSpanId", "requestId", "assistantId", "sessionId", "startTimestamp", "endTimestamp", "attributes")
)
"""Members of a span that the record has a place for."""
_RECURRING: Final = frozenset(("spanName", "spanType"))
_LISTS: Final = ("inputMessages", "outputMessages", "systemInstructions")
_OWN: Final = frozenset(
    (
        *("errorType", "guardrailAssessments", "interactionMode", "responseFinishReasons", "returnReason"),
        *("cacheReadInputTokens", "cacheWriteInputTokens", "usageInputTokens", "usageOutputTokens", "usageTotalTokens"),
        *("targetAgentId", "timeToFirstTokenMs"),
    )
)
"""Attributes that are one span's alone; the others recur from call to call."""

_encode: Final = msgspec.json.Encoder().encode


def faults(page: object, place: tuple[str, str]) -> list[Violation]:
    """Name what keeps a ``ListSpansResponse`` from being kept in a session, whose assistant and self ``place`` names.

    That is whatever breaks the service model, members that it does not know, other ids than those of the session, and
    times that cannot be ordered.
    """
    found = violations("ListSpansResponse", page, strict=True)
    if found or not isinstance(page, dict):
        return found
    spans = enumerate(page["spans"], start=1)
    return [fault for number, span in spans for fault in _faults(span, place, f"spans.{number}.member")]


def _faults(span: Mapping[str, Any], place: tuple[str, str], path: str) -> Iterable[Violation]:
    for name, expected in zip(("assistantId", "sessionId"), place, strict=True):
        if span[name] != expected:
            yield Violation(f"{path}.{name}", f"Member must be that of the path, {expected}")
    for name in ("spanId", "parentSpanId", "requestId"):
        if name in span and span[name] is not None and parse_uuid(span[name]) is None:
            yield Violation(f"{path}.{name}", "Member must be a UUID and nothing else")
    for name in ("startTimestamp", "endTimestamp"):
        if span[name] > SECONDS_MAX:
            yield Violation(f"{path}.{name}", f"Member must have value less than or equal to {SECONDS_MAX}")
    if _ns(span["endTimestamp"]) == 0:
        yield Violation(f"{path}.endTimestamp", "Member must have value greater than 0")


def part(spans: Iterable[Mapping[str, Any]], place: tuple[str, str]) -> TracePart:
    """Return spans without ``faults`` as records, in the session where they are to stay."""
    assistant, session = (Claim(0, False, 0, b"", each) for each in place)
    return TracePart(b"", Claims(assistant, session), tuple(_record(pruned("Span", span)) for span in spans))


def carried(text: object) -> tuple[tuple[str, str], dict[str, Any]] | None:
    """Return the place of the span that an attribute's value is the JSON of, and it; None if it has ``faults``."""
    if not isinstance(text, str):
        return None
    span: Any = read_json(text)[1]
    if not isinstance(span, dict):
        return None
    place = (str(span.get("assistantId")).lower(), str(span.get("sessionId")).lower())
    if any(parse_uuid(one) is None for one in place):
        return None
    return None if faults({"spans": [span]}, place) else (place, span)


def _record(span: dict[str, Any]) -> SpanRecord:
    attributes = span["attributes"]
    told = {name: value for name, value in attributes.items() if name not in _LISTS or not value}
    recurring = Members(
        _members({name: span[name] for name in span if name in _RECURRING}),
        _members({name: value for name, value in told.items() if name not in _OWN | set(_LISTS)}),
    )
    own = Members(
        _members({name: span[name] for name in span if name not in _RECORDED | _RECURRING}),
        _members({name: value for name, value in told.items() if name in _OWN or name in _LISTS}),
    )
    system = attributes.get("systemInstructions")
    return SpanRecord(
        UUID(span["spanId"]).bytes,
        UUID(span["parentSpanId"]).bytes if "parentSpanId" in span else b"",
        UUID(span["requestId"]).bytes,
        _ns(span["startTimestamp"]),
        _ns(span["endTimestamp"]),
        fragment(Kind.MEMBERS, recurring.pack()),
        own,
        _messages(attributes.get("inputMessages", ())),
        _messages(attributes.get("outputMessages", ())),
        (fragment(Kind.SYSTEM, _encode(system)),) if system else (),
    )


def _messages(messages: Iterable[object]) -> tuple[Fragment, ...]:
    return tuple(fragment(Kind.MESSAGE, _encode(message)) for message in messages)


def _members(values: Mapping[str, object]) -> bytes:
    """Write members as JSON without braces."""
    return _encode(values)[1:-1]


def _ns(seconds: float) -> int:
    """Read a time by its digits: times 1,000,000 a double of the 22nd century's seconds is another millisecond."""
    return round(Decimal(repr(seconds)) * RESOLUTION) * (1_000_000_000 // RESOLUTION)
