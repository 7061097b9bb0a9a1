"""Telemetry without its content: nothing that was said, asked or answered stays, in whatever attribute it stands.

No list of attributes that hold content can be complete, so this goes by what is known to hold none: numbers, also those
in JSON, and short texts of attributes that fill a member other than messages, or name a session or an assistant. All
else is left out, the status message and an exception's text included, and a name that says more than these do.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from spanglass.conventions.plain import encode, read_json
from spanglass.conventions.roles import OPERATIONS
from spanglass.conventions.sessions import RANKS
from spanglass.conventions.spanglass import ASSISTANT
from spanglass.mapping.layout import CONTENT, members_of
from spanglass.telemetry import Attributes, Event, LogRecord, Span, Value

SAYING: Final = CONTENT | {"failure_message", "guardrail_assessments"}
"""Members that hold what was said, or may quote it."""
TEXT_CHARS_MAX: Final = 256
"""Characters of a text that may be a name, an id or a reason; a longer one is none."""
KEPT: Final = frozenset(
    {"event.name", "exception.type", "exception.escaped", "gen_ai.message.index", *RANKS, *ASSISTANT}
)
"""Attributes that stay though they fill no member."""


def without_content(span: Span, naming: frozenset[str] = frozenset()) -> tuple[Span, int]:
    """Return the span without its content, and how many values that took away; ``naming`` attributes stay."""
    attributes = _harmless(span.attributes, naming)
    events = [_event(event) for event in span.events]
    dropped = len(span.attributes) - len(attributes) + bool(span.status_message)
    dropped += sum(
        len(event.attributes) - len(kept.attributes) for event, kept in zip(span.events, events, strict=True)
    )
    name = _name(span.name, attributes)
    told = msgspec.structs.replace(
        span,
        name=name,
        status_message="",
        attributes=attributes,
        events=events,
        links=[msgspec.structs.replace(link, attributes=_harmless(link.attributes)) for link in span.links],
    )
    return told, dropped + (name != span.name)


def log_without_content(record: LogRecord, naming: frozenset[str] = frozenset()) -> tuple[LogRecord, int]:
    """Return the log record without its body and content, and how many values that took away."""
    attributes = _harmless(record.attributes, naming)
    dropped = len(record.attributes) - len(attributes) + (record.body is not None)
    return msgspec.structs.replace(record, attributes=attributes, body=None), dropped


def _event(event: Event) -> Event:
    return msgspec.structs.replace(event, attributes=_harmless(event.attributes))


def _harmless(attributes: Mapping[str, Value], naming: frozenset[str] = frozenset()) -> Attributes:
    told = ((key, value if key in naming else _told(key, value)) for key, value in attributes.items())
    return {key: value for key, value in told if value is not None}


def _told(key: str, value: Value) -> Value:
    """Return what of an attribute is no content, None if nothing is."""
    if isinstance(value, bool | int | float) or key in KEPT:
        return value
    members = members_of(key)
    if not members or members & SAYING:
        return None
    if isinstance(value, str) and value.startswith("{"):
        numbers = _numbers(read_json(value)[1])
        return encode(numbers).decode() if numbers else None
    texts = value if isinstance(value, list) else [value]
    return value if all(isinstance(text, str) and len(text) <= TEXT_CHARS_MAX for text in texts) else _numbers(value)


def _numbers(value: Value) -> Value:
    """Return the members of an object that are numbers, None if none is."""
    members = value.items() if isinstance(value, dict) else ()
    return {name: one for name, one in members if isinstance(one, bool | int | float)} or None


def _name(name: str, attributes: Attributes) -> str:
    """Return a span's name if each word of it is an operation's or stands in an attribute that stays."""
    known = {word for value in attributes.values() if isinstance(value, str) for word in value.split()}
    return name if known.union(OPERATIONS).issuperset(name.split()) else ""
