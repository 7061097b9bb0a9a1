"""OTLP/JSON, both directions: proto3's JSON, but ids in hexadecimal and enumerations as numbers.

See https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. protobuf's own JSON reader is of no use here: it
takes the ids for base64, without complaint.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import msgspec

from spanglass.config import Limits
from spanglass.otlp import json_messages as wire
from spanglass.otlp.errors import BadRequestError, Refusal
from spanglass.otlp.intake import SPAN_ID_BYTES, TRACE_ID_BYTES, export_request, logs_request
from spanglass.telemetry import Attributes, Event, ExportRequest, Link, LogRecord, Resource, Scope, Span, Value

_RequestT = TypeVar("_RequestT", wire.Request, wire.LogsRequest)

_REQUEST: Final = msgspec.json.Decoder(wire.Request)
_LOGS_REQUEST: Final = msgspec.json.Decoder(wire.LogsRequest)
_INT64: Final = range(-(1 << 63), 1 << 63)
_UINT64: Final = range(1 << 64)
_ENUMS: Final = {
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
    "STATUS_CODE_OK": 1,
    "STATUS_CODE_ERROR": 2,
} | {
    f"SEVERITY_NUMBER_{name}{step if step > 1 else ''}": 4 * level + step
    for level, name in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
    for step in range(1, 5)
}
"""Names that proto3's JSON writes and OTLP forbids; any other name is as good as unset."""
_SURROGATE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[\ud800-\udfff])"
    r"|\\."
)
_URL_SAFE: Final = str.maketrans("-_", "+/")
_EMPTY: Final = wire.AnyValue()


def decode_json(body: bytes, limits: Limits) -> ExportRequest:
    """Read an ``ExportTraceServiceRequest``; an empty body is one without spans.

    Lone surrogates, which JavaScript writes and UTF-8 does not know, become U+FFFD. A value nested deeper than
    ``limits.attribute_depth_max`` becomes the JSON of its AnyValue.

    Raises:
        BadRequestError: The body is no such message, or nested deeper than the parser goes (some hundred levels).
    """
    with _readable("ExportTraceServiceRequest"):
        return export_request(_spans(_request(body, _REQUEST), limits.attribute_depth_max))


def decode_json_logs(body: bytes, limits: Limits) -> ExportRequest:
    """Read an ``ExportLogsServiceRequest``, as ``decode_json`` reads one of traces.

    Raises:
        BadRequestError: As ``decode_json``.
    """
    with _readable("ExportLogsServiceRequest"):
        return logs_request(_logs(_request(body, _LOGS_REQUEST), limits.attribute_depth_max))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise BadRequestError("the body is nested too deep to be read as JSON") from None
    except ValueError as error:
        raise BadRequestError(f"the body is no {name} in JSON: {error}") from None


def _request(body: bytes, decoder: msgspec.json.Decoder[_RequestT]) -> _RequestT:
    if not body:
        return decoder.decode(b"{}")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except ValueError:
        repaired = _SURROGATE.sub(_without_lone, body.decode("utf-8", "surrogatepass")).encode()
        if repaired == body:
            raise
        return decoder.decode(repaired)


def _without_lone(match: re.Match[str]) -> str:
    return "\ufffd" if match["lone"] else match[0]


def _spans(request: wire.Request, depth: int) -> Iterator[Span | str]:
    for resource_spans in request.resource_spans or ():
        resource = _resource(resource_spans, depth)
        for scope_spans in resource_spans.scope_spans or ():
            scope = _scope(scope_spans, depth)
            for span in scope_spans.spans or ():
                yield _span(span, resource, scope, depth)


def _logs(request: wire.LogsRequest, depth: int) -> Iterator[LogRecord | str]:
    for resource_logs in request.resource_logs or ():
        resource = _resource(resource_logs, depth)
        for scope_logs in resource_logs.scope_logs or ():
            scope = _scope(scope_logs, depth)
            for record in scope_logs.log_records or ():
                yield _log(record, resource, scope, depth)


def _resource(of: wire.ResourceSpans | wire.ResourceLogs, depth: int) -> Resource:
    message = of.resource or wire.Resource()
    return Resource(_attributes(message.attributes, depth), of.schema_url or "")


def _scope(of: wire.ScopeSpans | wire.ScopeLogs, depth: int) -> Scope:
    scope = of.scope or wire.Scope()
    attributes = _attributes(scope.attributes, depth)
    return Scope(scope.name or "", scope.version or "", attributes, of.schema_url or "")


def _span(span: wire.Span, resource: Resource, scope: Scope, depth: int) -> Span | str:
    """Return the span, or what is wrong with its ids."""
    trace_id, span_id, parent_span_id = _id(span.trace_id), _id(span.span_id), _id(span.parent_span_id)
    if trace_id is None or span_id is None or parent_span_id is None:
        name = "traceId" if trace_id is None else "spanId" if span_id is None else "parentSpanId"
        return f"{name} is not hexadecimal"
    status = span.status or wire.Status()
    links = [made for link in span.links or () if (made := _link(link, depth))]
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        resource=resource,
        scope=scope,
        name=span.name or "",
        parent_span_id=parent_span_id,
        kind=_enum(span.kind),
        start_ns=_integer(span.start_time_unix_nano, _UINT64),
        end_ns=_integer(span.end_time_unix_nano, _UINT64),
        attributes=_attributes(span.attributes, depth),
        events=[_event(event, depth) for event in span.events or ()],
        links=links,
        status_code=_enum(status.code),
        status_message=status.message or "",
        trace_state=span.trace_state or "",
        flags=span.flags or 0,
        dropped_attributes=span.dropped_attributes_count or 0,
        dropped_events=span.dropped_events_count or 0,
        dropped_links=(span.dropped_links_count or 0) + len(span.links or ()) - len(links),
    )


def _log(record: wire.LogRecord, resource: Resource, scope: Scope, depth: int) -> LogRecord | str:
    """Return the log record, or what is wrong with its ids."""
    trace_id, span_id = _id(record.trace_id), _id(record.span_id)
    if trace_id is None or span_id is None:
        return f"{'traceId' if trace_id is None else 'spanId'} is not hexadecimal"
    return LogRecord(
        trace_id=trace_id,
        span_id=span_id,
        resource=resource,
        scope=scope,
        name=record.event_name or "",
        time_ns=_integer(record.time_unix_nano, _UINT64),
        observed_ns=_integer(record.observed_time_unix_nano, _UINT64),
        attributes=_attributes(record.attributes, depth),
        body=_value(record.body, depth) if record.body else None,
        severity=_enum(record.severity_number),
        severity_text=record.severity_text or "",
        flags=record.flags or 0,
        dropped_attributes=record.dropped_attributes_count or 0,
    )


def _id(text: str | None) -> bytes | None:
    try:
        return binascii.unhexlify(text or "")
    except ValueError:
        return None


def _enum(value: wire.Enum | None) -> int:
    return _ENUMS.get(value, 0) if isinstance(value, str) else value or 0


def _integer(value: wire.Integer | None, allowed: range) -> int:
    try:
        number = int(value or 0)
    except ValueError:
        number = allowed.stop
    if number not in allowed or (isinstance(value, float) and number != value):
        raise ValueError("a 64-bit integer or time is none")
    return number


def _event(event: wire.Event, depth: int) -> Event:
    attributes = _attributes(event.attributes, depth)
    time_ns = _integer(event.time_unix_nano, _UINT64)
    return Event(event.name or "", time_ns, attributes, event.dropped_attributes_count or 0)


def _link(link: wire.Link, depth: int) -> Link | None:
    """Return the link; None if it does not lead to a span, which counts as dropped."""
    trace_id, span_id = _id(link.trace_id), _id(link.span_id)
    if not trace_id or not span_id or len(trace_id) != TRACE_ID_BYTES or len(span_id) != SPAN_ID_BYTES:
        return None
    attributes = _attributes(link.attributes, depth)
    return Link(
        trace_id, span_id, link.trace_state or "", attributes, link.dropped_attributes_count or 0, link.flags or 0
    )


def _attributes(pairs: Iterable[wire.KeyValue] | None, depth: int) -> Attributes:
    attributes: Attributes = {}
    for pair in pairs or ():
        value = pair.value or _EMPTY
        text = value.string_value
        attributes[pair.key or ""] = _value(value, depth) if text is None else text
    return attributes


def _value(value: wire.AnyValue, depth: int) -> Value:
    array, pairs = value.array_value, value.kvlist_value
    if array is None and pairs is None:
        return _scalar(value)
    if not depth:
        return msgspec.json.encode(value).decode()
    if array is not None:
        return [_value(item, depth - 1) for item in array.values or ()]
    return _attributes(pairs.values if pairs else None, depth - 1)


def _scalar(value: wire.AnyValue) -> bool | int | float | str | bytes | None:
    if value.int_value is not None:
        return _integer(value.int_value, _INT64)
    if value.double_value is not None:
        return _float(value.double_value)
    if value.bytes_value is not None:
        return _bytes(value.bytes_value)
    return value.bool_value if value.string_value is None else value.string_value


def _float(value: float | str) -> float:
    """Read a number, "NaN", "Infinity" or "-Infinity"; Python reads all of them."""
    try:
        return float(value)
    except ValueError:
        raise ValueError("a doubleValue is no number") from None


def _bytes(text: str) -> bytes:
    """Read base64 in either alphabet, padded or not."""
    plain = text.rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise ValueError("a bytesValue is not base64") from None


def encode_json_response(rejected: int = 0, reason: str = "", noun: str = "Spans") -> bytes:
    """Write an ``ExportTraceServiceResponse``; it names a partial success only if there is something to say.

    With the ``noun`` ``LogRecords`` it is an ``ExportLogsServiceResponse``.
    """
    partial = {f"rejected{noun}": str(rejected), "errorMessage": reason}
    return msgspec.json.encode({"partialSuccess": partial} if rejected or reason else {})


def encode_json_status(refusal: Refusal) -> bytes:
    """Write a ``google.rpc.Status``, with a ``RetryInfo`` if the client is to try again."""
    status = {"code": refusal.code, "message": refusal.message}
    if refusal.retry_seconds is None:
        return msgspec.json.encode(status)
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{refusal.retry_seconds}s"}
    return msgspec.json.encode(status | {"details": [retry]})
