"""What of a span's telemetry was kept verbatim (``detail``), as telemetry again; ``mapper`` made one of the other."""

import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

from spanglass.telemetry import Attributes, Event, Link, LogRecord, Resource, Scope, Span, Value

Whole: TypeAlias = Mapping[str, Any]
"""A span with nothing left out, as ``reading.Reader.whole_spans`` gives it."""

_BYTES: Final = {"bytes"}
"""The only key of what bytes became."""


def came_as_telemetry(whole: Whole) -> bool:
    """Tell whether a span came over OTLP; else it was put."""
    return "spanId" in whole["detail"]


def original_span(whole: Whole) -> Span:
    """Return a span without the attributes that its messages hold whole."""
    detail = whole["detail"]
    status = detail.get("status", {})
    return Span(
        trace_id=UUID(whole["requestId"]).bytes,
        span_id=bytes.fromhex(detail["spanId"]),
        resource=_resource(detail.get("resource", {})),
        scope=_scope(detail.get("scope", {})),
        name=detail.get("name", whole["spanName"]),
        parent_span_id=bytes.fromhex(detail.get("parentSpanId", "")),
        kind=detail.get("kind", 0),
        start_ns=int(detail.get("startTimeUnixNano", whole["startTimeUnixNano"])),
        end_ns=int(detail.get("endTimeUnixNano", whole.get("endTimeUnixNano", 0))),
        attributes=_attributes(detail),
        events=[
            Event(one["name"], int(one["timeUnixNano"]), _attributes(one), one.get("droppedAttributesCount", 0))
            for one in detail.get("events", ())
        ],
        links=[
            Link(
                bytes.fromhex(one["traceId"]),
                bytes.fromhex(one["spanId"]),
                one.get("traceState", ""),
                _attributes(one),
                one.get("droppedAttributesCount", 0),
                one.get("flags", 0),
            )
            for one in detail.get("links", ())
        ],
        status_code=status.get("code", 0),
        status_message=status.get("message", ""),
        trace_state=detail.get("traceState", ""),
        flags=detail.get("flags", 0),
        dropped_attributes=detail.get("droppedAttributesCount", 0),
        dropped_events=detail.get("droppedEventsCount", 0),
        dropped_links=detail.get("droppedLinksCount", 0),
    )


def original_logs(whole: Whole) -> Iterator[LogRecord]:
    """Return the log records that came for a span, in order."""
    detail = whole["detail"]
    joined = detail.get("joined", {"logs": (), "times": ()})
    origins = {
        key: (_resource(one.get("resource", {})), _scope(one.get("scope", {})))
        for key, one in detail.get("logOrigins", {}).items()
    }
    for key, (time_ns, observed_ns, _) in zip(joined["logs"], joined["times"], strict=True):
        log = detail["logs"][key]
        resource, scope = origins[log["origin"]]
        yield LogRecord(
            trace_id=UUID(whole["requestId"]).bytes,
            span_id=bytes.fromhex(detail["spanId"]),
            resource=resource,
            scope=scope,
            name=log.get("name", ""),
            time_ns=time_ns,
            observed_ns=observed_ns,
            attributes=_attributes(log),
            body=_value(log.get("body")),
            severity=log.get("severityNumber", 0),
            severity_text=log.get("severityText", ""),
            flags=log.get("flags", 0),
            dropped_attributes=log.get("droppedAttributesCount", 0),
        )


def _resource(told: Mapping[str, Any]) -> Resource:
    return Resource(_attributes(told), told.get("schemaUrl", ""))


def _scope(told: Mapping[str, Any]) -> Scope:
    return Scope(told.get("name", ""), told.get("version", ""), _attributes(told), told.get("schemaUrl", ""))


def _attributes(told: Mapping[str, Any]) -> Attributes:
    return {key: _value(value) for key, value in told.get("attributes", {}).items()}


def _value(value: Value) -> Value:
    """Undo what ``conventions.plain`` made of bytes."""
    if isinstance(value, list):
        return [_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == _BYTES and isinstance(text := value["bytes"], str):
        try:
            return binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            return value
    return {key: _value(item) for key, item in value.items()}
