"""What a record keeps beside the members: the span as it came in, verbatim, less what the record holds anyway.

One JSON object, in pieces: ``SpanRecord.details`` are pieces that spans share, ``own_detail`` is the span's alone;
merging them key by key, and objects under one key likewise, gives the whole (``whole``). Its keys, all but the first
only where they say something:

- ``spanId``, ``parentSpanId``: the OpenTelemetry ids, in hex; the trace id is the record's request id.
- ``name``: the span's name, where it is not the spanName.
- ``kind``, ``flags``: numbers. ``traceState``: text. ``status``: ``{"code", "message"}``.
- ``startTimeUnixNano``, ``endTimeUnixNano``: text, where the record's time differs, which is bounded and ends no
  earlier than it begins.
- ``attributes``: every attribute but those whose whole content the messages hold.
- ``events``: ``[{"name", "timeUnixNano", "attributes", "droppedAttributesCount"}]``; in a piece, long attributes stand
  under ``said``, by the key that the event's ``attributesSaid`` is.
- ``links``: ``[{"traceId", "spanId", "traceState", "flags", "attributes", "droppedAttributesCount"}]``.
- ``resource``: ``{"attributes", "schemaUrl"}``. ``scope``: ``{"name", "version", "attributes", "schemaUrl"}``.
- ``droppedAttributesCount``, ``droppedEventsCount``, ``droppedLinksCount``: numbers.
- ``messages``: key of a fragment, in hex, to the message as it came, where the fragment leaves out something of it.
- ``toolUseIds``: toolUseId to the emitter's id, of what the outputs use. An id that stands in inputs alone is not kept:
  anybody can compute its toolUseId (``identity.tool_use_id``).
- ``responseId``: the id of the answer, where no attribute is it.
- ``withheld``: member to the value that the service model does not admit.
- ``logs``: the span's log records, by a hash of what they say: ``{"name", "body", "attributes", "severityNumber",
  "severityText", "flags", "droppedAttributesCount", "origin"}``; ``logOrigins``: ``{"resource", "scope"}`` by origin.
- ``joined``: ``times``, ``[timeUnixNano, observedTimeUnixNano, order]`` of each log record, and what they filled
  (``joining``); ``logs`` are their hashes in the order of the times.
- ``unpaired``: true for a tool's span without the emitter's id of the call (``pairing``).
- ``related``: what ``relations`` made of the span, and what it takes to undo that (``rewriting``).

Integers beyond 4,096 bits are hexadecimal text, bytes ``{"bytes": base64}``, NaN and the infinities their names.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from spanglass.conventions.plain import Plain, clean, encode, plain
from spanglass.mapping.memo import Memo
from spanglass.model.record import Fragment, Kind, SpanRecord, fragment
from spanglass.telemetry import Attributes, Link, Resource, Scope, Span, Value

LONG_BYTES: Final = 256
"""Bytes of text or JSON from which on an attribute is a piece of its own, shared by the spans that repeat it."""
RESPONSE_ID: Final = "responseId"
TIME_MAX: Final = 2**63 - 1
"""The latest time that stores order by, in nanoseconds since the epoch: in the year 2262."""

_WITHHELD: Final = "withheld"
_MENTION: Final = b'"withheld":{'
_encode: Final = msgspec.json.Encoder().encode


def origin(resource: Resource, scope: Scope) -> bytes:
    """Write resource and scope as members of an object, without its braces."""
    who: dict[str, Value] = {"attributes": resource.attributes, "schemaUrl": resource.schema_url}
    how: dict[str, Value] = {
        "name": scope.name,
        "version": scope.version,
        "attributes": scope.attributes,
        "schemaUrl": scope.schema_url,
    }
    return encode({"resource": _told(who), "scope": _told(how)})[1:-1]


class Verbatim:
    """Writes attributes verbatim; long ones, which tend to repeat, are remembered."""

    def __init__(self, memo_bytes_max: int) -> None:
        self._long: Memo[tuple[str, str], Fragment] = Memo(memo_bytes_max)

    def shared(self, told: dict[str, Value], origin: bytes, attributes: Attributes) -> tuple[Fragment, ...]:
        """Write what many spans have in common: what is ``told``, the ``origin``, and attributes."""
        short, long = self.divided(attributes, attributes)
        members = (encode(_told(told | {"attributes": short}))[1:-1], origin)
        return (fragment(Kind.DETAIL, b"{%b}" % b",".join(filter(None, members))), *long)

    def divided(self, attributes: Attributes, keys: Iterable[str]) -> tuple[Attributes, list[Fragment]]:
        """Return the short attributes among the keys, as JSON can hold them, and the long ones each as a piece."""
        short: Attributes = {}
        long: list[Fragment] = []
        for key in keys:
            value = attributes[key]
            if isinstance(value, str):
                if len(value) > LONG_BYTES:
                    long.append(self._piece(key, value))
                    continue
            elif not isinstance(value, int):
                value = plain(value)
                if not isinstance(value, float) and len(json := _encode(value)) > LONG_BYTES:
                    long.append(fragment(Kind.DETAIL, b'{"attributes":{%b:%b}}' % (encode(key), json)))
                    continue
            short[key] = value
        return short, long

    def _piece(self, key: str, value: str) -> Fragment:
        if (known := self._long.get((key, value))) is None:
            known = fragment(Kind.DETAIL, encode({"attributes": {key: value}}))
            self._long.put((key, value), known, 2 * (len(value) + len(key)))
        return known


def happened(span: Span) -> tuple[list[Plain], list[Fragment]]:
    """Return a span's events, and what long ones say each as a piece: the next call's events say it again."""
    events: list[Plain] = []
    said: list[Fragment] = []
    for event in span.events:
        told = _told({"droppedAttributesCount": event.dropped_attributes})
        one: dict[str, Plain] = {"name": clean(event.name), "timeUnixNano": str(event.time_ns)}
        attributes = encode(event.attributes) if event.attributes else b""
        if len(attributes) > LONG_BYTES:
            key = fragment(Kind.DETAIL, attributes).key.hex()
            said.append(fragment(Kind.DETAIL, b'{"said":{"%b":%b}}' % (key.encode(), attributes)))
            one["attributesSaid"] = key
        elif attributes:
            one["attributes"] = plain(event.attributes)
        events.append(one | told)
    return events, said


def own(span: Span, told: dict[str, Plain], attributes: Attributes, events: list[Plain]) -> bytes:
    """Write what is the span's alone: what is ``told`` of it, and attributes and events without what pieces hold."""
    detail: dict[str, Value] = {"spanId": span.span_id.hex()}
    if span.parent_span_id:
        detail["parentSpanId"] = span.parent_span_id.hex()
    if attributes:
        detail["attributes"] = attributes
    detail |= told
    if span.status_code or span.status_message:
        detail["status"] = {"code": span.status_code, "message": span.status_message}
    if events:
        detail["events"] = events
    if span.links:
        detail["links"] = [plain(_link(link)) for link in span.links]
    if span.trace_state or span.dropped_attributes or span.dropped_events or span.dropped_links:
        detail |= _told(
            {
                "traceState": span.trace_state,
                "droppedAttributesCount": span.dropped_attributes,
                "droppedEventsCount": span.dropped_events,
                "droppedLinksCount": span.dropped_links,
            }
        )
    for name, time_ns in (("startTimeUnixNano", span.start_ns), ("endTimeUnixNano", span.end_ns)):
        if not 0 <= time_ns <= TIME_MAX or (0 < time_ns < span.start_ns):
            detail[name] = str(time_ns)
    try:
        return _encode(detail)
    except (ValueError, OverflowError):  # a lone surrogate, or a number of thousands of digits
        return encode(detail)


def whole(record: SpanRecord) -> dict[str, Any]:
    """Return all that is kept of a span beside its members: the module's object, its pieces merged."""
    merged: dict[str, Any] = {}
    for piece in (*(one.json for one in record.details), record.own_detail):
        _merge(merged, msgspec.json.decode(piece))
    if "joined" in merged:  # equal records of several times are one under "logs"
        count = len(merged["joined"]["times"])
        merged["joined"]["logs"] = [
            key for one in record.details[-count:] for key in msgspec.json.decode(one.json)["logs"]
        ]
    if said := merged.pop("said", None):
        for event in merged["events"]:
            if "attributesSaid" in event:
                event["attributes"] = said[event.pop("attributesSaid")]
    return merged


def withheld(record: SpanRecord) -> dict[str, Any]:
    """Return the members that the service model does not admit; pieces that cannot hold any are not read."""
    told: dict[str, Any] = {}
    for piece in (*(one.json for one in record.details), record.own_detail):
        if _MENTION in piece:
            told |= msgspec.json.decode(piece).get(_WITHHELD, {})
    return told


def _merge(into: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for key, value in piece.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            into[key] |= value
        else:
            into[key] = value


def _told(members: Mapping[str, Value]) -> dict[str, Value]:
    """Leave out what says nothing."""
    return {name: value for name, value in members.items() if value}


def _link(link: Link) -> Value:
    told: dict[str, Value] = {
        "traceState": link.trace_state,
        "flags": link.flags,
        "attributes": link.attributes,
        "droppedAttributesCount": link.dropped_attributes,
    }
    return {"traceId": link.trace_id.hex(), "spanId": link.span_id.hex()} | _told(told)
