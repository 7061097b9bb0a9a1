"""OTLP/JSON, both directions: proto3's JSON, but ids in hexadecimal and enumerations as numbers.

See https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. protobuf's own JSON reader is of no use here: it
takes the ids for base64, without complaint.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from spanglass.config import Limits
from spanglass.otlp import json_messages as wire
from spanglass.otlp.errors import BadRequestError, Refusal
from spanglass.otlp.intake import SPAN_ID_BYTES, TRACE_ID_BYTES, export_request
from spanglass.telemetry import Attributes, Event, ExportRequest, Link, Resource, Scope, Span, Value

_REQUEST: Final = msgspec.json.Decoder(wire.Request)
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
    try:
        return export_request(_spans(_request(body), limits.attribute_depth_max))
    except RecursionError:
        raise BadRequestError("the body is nested too deep to be read as JSON") from None
    except ValueError as error:
        raise BadRequestError(f"the body is no ExportTraceServiceRequest in JSON: {error}") from None


def _request(body: bytes) -> wire.Request:
    if not body:
        return wire.Request()
    try:
        return _REQUEST.decode(body)
    except msgspec.ValidationError:
        raise
    except ValueError:
        repaired = _SURROGATE.sub(_without_lone, body.decode("utf-8", "surrogatepass")).encode()
        if repaired == body:
            raise
        return _REQUEST.decode(repaired)


def _without_lone(match: re.Match[str]) -> str:
    return "\ufffd" if match["lone"] else match[0]


def _spans(request: wire.Request, depth: int) -> Iterator[Span | str]:
    for resource_spans in request.resource_spans or ():
        message = resource_spans.resource or wire.Resource()
        resource = Resource(_attributes(message.attributes, depth), resource_spans.schema_url or "")
        for scope_spans in resource_spans.scope_spans or ():
            scope = _scope(scope_spans, depth)
            for span in scope_spans.spans or ():
                yield _span(span, resource, scope, depth)


def _scope(scope_spans: wire.ScopeSpans, depth: int) -> Scope:
    scope = scope_spans.scope or wire.Scope()
    attributes = _attributes(scope.attributes, depth)
    return Scope(scope.name or "", scope.version or "", attributes, scope_spans.schema_url or "")


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


def encode_json_response(rejected: int = 0, reason: str = "") -> bytes:
    """Write an ``ExportTraceServiceResponse``; it names a partial success only if there is something to say."""
    partial = {"rejectedSpans": str(rejected), "errorMessage": reason}
    return msgspec.json.encode({"partialSuccess": partial} if rejected or reason else {})


def encode_json_status(refusal: Refusal) -> bytes:
    """Write a ``google.rpc.Status``, with a ``RetryInfo`` if the client is to try again."""
    status = {"code": refusal.code, "message": refusal.message}
    if refusal.retry_seconds is None:
        return msgspec.json.encode(status)
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{refusal.retry_seconds}s"}
    return msgspec.json.encode(status | {"details": [retry]})
