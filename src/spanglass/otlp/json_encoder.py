"""Export requests in OTLP/JSON, written: the inverse of ``json_codec``."""

import base64
import math
from collections.abc import Iterable
from typing import Final

import msgspec

from spanglass.otlp import json_messages as wire
from spanglass.otlp.encoder import INT64
from spanglass.otlp.grouping import grouped
from spanglass.telemetry import Attributes, LogRecord, Resource, Scope, Span, Value

_encode: Final = msgspec.json.Encoder().encode


def encode_json(spans: Iterable[Span]) -> bytes:
    """Write an ``ExportTraceServiceRequest`` in one line. Integers beyond 64 bits become text."""
    return _encode(
        wire.Request(
            [
                wire.ResourceSpans(
                    _resource(resource),
                    [
                        wire.ScopeSpans(_scope(scope), list(map(_span, some)), scope.schema_url or None)
                        for scope, some in scopes
                    ],
                    resource.schema_url or None,
                )
                for resource, scopes in grouped(spans)
            ]
        )
    )


def encode_json_logs(records: Iterable[LogRecord]) -> bytes:
    """Write an ``ExportLogsServiceRequest``, as ``encode_json`` writes one of traces."""
    return _encode(
        wire.LogsRequest(
            [
                wire.ResourceLogs(
                    _resource(resource),
                    [
                        wire.ScopeLogs(_scope(scope), list(map(_log, some)), scope.schema_url or None)
                        for scope, some in scopes
                    ],
                    resource.schema_url or None,
                )
                for resource, scopes in grouped(records)
            ]
        )
    )


def _resource(resource: Resource) -> wire.Resource:
    return wire.Resource(_pairs(resource.attributes))


def _scope(scope: Scope) -> wire.Scope:
    return wire.Scope(scope.name or None, scope.version or None, _pairs(scope.attributes))


def _span(span: Span) -> wire.Span:
    status = wire.Status(span.status_code or None, span.status_message or None)
    return wire.Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        trace_state=span.trace_state or None,
        parent_span_id=span.parent_span_id.hex() or None,
        flags=span.flags or None,
        name=span.name,
        kind=span.kind or None,
        start_time_unix_nano=str(span.start_ns),
        end_time_unix_nano=str(span.end_ns) if span.end_ns else None,
        attributes=_pairs(span.attributes),
        dropped_attributes_count=span.dropped_attributes or None,
        events=[
            wire.Event(event.name, str(event.time_ns), _pairs(event.attributes), event.dropped_attributes or None)
            for event in span.events
        ]
        or None,
        dropped_events_count=span.dropped_events or None,
        links=[
            wire.Link(
                link.trace_id.hex(),
                link.span_id.hex(),
                link.trace_state or None,
                _pairs(link.attributes),
                link.dropped_attributes or None,
                link.flags or None,
            )
            for link in span.links
        ]
        or None,
        dropped_links_count=span.dropped_links or None,
        status=status if span.status_code or span.status_message else None,
    )


def _log(record: LogRecord) -> wire.LogRecord:
    return wire.LogRecord(
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        event_name=record.name or None,
        time_unix_nano=str(record.time_ns) if record.time_ns else None,
        observed_time_unix_nano=str(record.observed_ns) if record.observed_ns else None,
        severity_number=record.severity or None,
        severity_text=record.severity_text or None,
        body=None if record.body is None else _value(record.body),
        attributes=_pairs(record.attributes),
        dropped_attributes_count=record.dropped_attributes or None,
        flags=record.flags or None,
    )


def _pairs(attributes: Attributes) -> list[wire.KeyValue] | None:
    return [wire.KeyValue(key, _value(value)) for key, value in attributes.items()] or None


def _value(value: Value) -> wire.AnyValue:  # noqa: PLR0911 (one return a type)
    match value:
        case None:
            return wire.AnyValue()
        case bool():
            return wire.AnyValue(bool_value=value)
        case str():
            return wire.AnyValue(string_value=value)
        case int():
            return wire.AnyValue(int_value=str(value)) if value in INT64 else wire.AnyValue(string_value=str(value))
        case float():
            return wire.AnyValue(double_value=value if math.isfinite(value) else _NAMES.get(value, "NaN"))
        case bytes():
            return wire.AnyValue(bytes_value=base64.b64encode(value).decode())
        case list():
            return wire.AnyValue(array_value=wire.ArrayValue(list(map(_value, value))))
        case _:
            return wire.AnyValue(kvlist_value=wire.KeyValueList(_pairs(value)))


_NAMES: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}
