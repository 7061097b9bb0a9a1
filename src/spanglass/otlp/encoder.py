"""Export requests in protobuf, written: the inverse of ``codec``."""

from collections.abc import Iterable
from typing import Any, Final

from spanglass.otlp.codec import ArrayValue, KeyValueList, LogsRequest, Request
from spanglass.otlp.grouping import grouped
from spanglass.telemetry import Attributes, LogRecord, Scope, Span, Value

INT64: Final = range(-(1 << 63), 1 << 63)


def encode_protobuf(spans: Iterable[Span]) -> bytes:
    """Write an ``ExportTraceServiceRequest``. Integers beyond 64 bits become text."""
    request = Request()
    for resource, scopes in grouped(spans):
        resource_spans = request.resource_spans.add(schema_url=resource.schema_url)
        _pairs(resource_spans.resource.attributes, resource.attributes)
        for scope, some in scopes:
            scope_spans = resource_spans.scope_spans.add(schema_url=scope.schema_url)
            _scope(scope_spans.scope, scope)
            for span in some:
                _span(scope_spans.spans.add(), span)
    return request.SerializeToString()


def encode_protobuf_logs(records: Iterable[LogRecord]) -> bytes:
    """Write an ``ExportLogsServiceRequest``, as ``encode_protobuf`` writes one of traces."""
    request = LogsRequest()
    for resource, scopes in grouped(records):
        resource_logs = request.resource_logs.add(schema_url=resource.schema_url)
        _pairs(resource_logs.resource.attributes, resource.attributes)
        for scope, some in scopes:
            scope_logs = resource_logs.scope_logs.add(schema_url=scope.schema_url)
            _scope(scope_logs.scope, scope)
            for record in some:
                _log(scope_logs.log_records.add(), record)
    return request.SerializeToString()


def _span(message: Any, span: Span) -> None:  # noqa: ANN401 (the generated classes are the codec's)
    message.trace_id = span.trace_id
    message.span_id = span.span_id
    message.parent_span_id = span.parent_span_id
    message.name = span.name
    message.kind = span.kind
    message.start_time_unix_nano = span.start_ns
    message.end_time_unix_nano = span.end_ns
    message.trace_state = span.trace_state
    message.flags = span.flags
    message.dropped_attributes_count = span.dropped_attributes
    message.dropped_events_count = span.dropped_events
    message.dropped_links_count = span.dropped_links
    if span.status_code or span.status_message:
        message.status.code = span.status_code
        message.status.message = span.status_message
    _pairs(message.attributes, span.attributes)
    for event in span.events:
        told = message.events.add(
            name=event.name, time_unix_nano=event.time_ns, dropped_attributes_count=event.dropped_attributes
        )
        _pairs(told.attributes, event.attributes)
    for link in span.links:
        told = message.links.add(
            trace_id=link.trace_id,
            span_id=link.span_id,
            trace_state=link.trace_state,
            flags=link.flags,
            dropped_attributes_count=link.dropped_attributes,
        )
        _pairs(told.attributes, link.attributes)


def _log(message: Any, record: LogRecord) -> None:  # noqa: ANN401 (as above)
    message.trace_id = record.trace_id
    message.span_id = record.span_id
    message.event_name = record.name
    message.time_unix_nano = record.time_ns
    message.observed_time_unix_nano = record.observed_ns
    message.severity_number = record.severity
    message.severity_text = record.severity_text
    message.flags = record.flags
    message.dropped_attributes_count = record.dropped_attributes
    if record.body is not None:
        _value(message.body, record.body)
    _pairs(message.attributes, record.attributes)


def _scope(message: Any, scope: Scope) -> None:  # noqa: ANN401 (as above)
    message.name = scope.name
    message.version = scope.version
    _pairs(message.attributes, scope.attributes)


def _pairs(pairs: Any, attributes: Attributes) -> None:  # noqa: ANN401 (as above)
    for key, value in attributes.items():
        _value(pairs.add(key=key).value, value)


def _value(message: Any, value: Value) -> None:  # noqa: ANN401 (as above)
    """Write an ``AnyValue``; nothing is one without a member. Arrays and lists are bytes, see the codec."""
    match value:
        case None:
            message.SetInParent()
        case bool():
            message.bool_value = value
        case str():
            message.string_value = value
        case int():
            if value in INT64:
                message.int_value = value
            else:
                message.string_value = str(value)
        case float():
            message.double_value = value
        case bytes():
            message.bytes_value = value
        case list():
            array = ArrayValue()
            for item in value:
                _value(array.values.add(), item)
            message.array_value = array.SerializeToString()
        case _:
            pairs = KeyValueList()
            _pairs(pairs.values, value)
            message.kvlist_value = pairs.SerializeToString()
