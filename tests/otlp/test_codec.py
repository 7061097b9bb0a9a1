"""Telemetry survives protobuf and JSON, and what is no telemetry is refused in words."""

import base64
import contextlib
import random
from typing import Any

import msgspec
import pytest
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # has stubs, but says not
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from spanglass import telemetry
from spanglass.config import Limits
from spanglass.otlp.codec import decode_protobuf, encode_protobuf_response, encode_protobuf_status
from spanglass.otlp.errors import BadRequestError, Code, Refusal
from spanglass.otlp.json_codec import decode_json

LIMITS = Limits()

# The other direction, written plainly from the .proto files and the OTLP/JSON rules.


SCALARS = {bool: "bool", int: "int", float: "double", str: "string", bytes: "bytes"}


def any_value(value: telemetry.Value) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))
    if isinstance(value, dict):
        return AnyValue(kvlist_value=KeyValueList(values=key_values(value)))
    members: dict[str, Any] = {} if value is None else {f"{SCALARS[type(value)]}_value": value}
    return AnyValue(**members)


def key_values(attributes: telemetry.Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span_message(span: telemetry.Span) -> Span:
    message = Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        trace_state=span.trace_state,
        parent_span_id=span.parent_span_id,
        flags=span.flags,
        name=span.name,
        kind=span.kind,  # type: ignore[arg-type]  # any number is allowed on the wire
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=key_values(span.attributes),
        dropped_attributes_count=span.dropped_attributes,
        dropped_events_count=span.dropped_events,
        dropped_links_count=span.dropped_links,
    )
    message.status.message = span.status_message
    message.status.code = span.status_code  # type: ignore[assignment]  # same
    for event in span.events:
        message.events.add(
            time_unix_nano=event.time_ns,
            name=event.name,
            attributes=key_values(event.attributes),
            dropped_attributes_count=event.dropped_attributes,
        )
    for link in span.links:
        message.links.add(
            trace_id=link.trace_id,
            span_id=link.span_id,
            trace_state=link.trace_state,
            attributes=key_values(link.attributes),
            dropped_attributes_count=link.dropped_attributes,
            flags=link.flags,
        )
    return message


def to_protobuf(request: telemetry.ExportRequest) -> bytes:
    message = ExportTraceServiceRequest()
    for span in request.spans:
        resource_spans = message.resource_spans.add(schema_url=span.resource.schema_url)
        resource_spans.resource.attributes.extend(key_values(span.resource.attributes))
        scope_spans = resource_spans.scope_spans.add(schema_url=span.scope.schema_url)
        scope_spans.scope.name = span.scope.name
        scope_spans.scope.version = span.scope.version
        scope_spans.scope.attributes.extend(key_values(span.scope.attributes))
        scope_spans.spans.append(span_message(span))
    return message.SerializeToString()


def json_value(value: telemetry.Value) -> dict[str, Any]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [json_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": json_pairs(value)}}
    return {} if value is None else {f"{SCALARS[type(value)]}Value": json_scalar(value)}


def json_scalar(value: telemetry.Value) -> telemetry.Value:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(value), value)
    return str(value) if type(value) is int and value % 2 else value


def json_pairs(attributes: telemetry.Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": json_value(value)} for key, value in attributes.items()]


def json_span(span: telemetry.Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex().upper(),
        "traceState": span.trace_state,
        "parentSpanId": span.parent_span_id.hex(),
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": span.end_ns,
        "attributes": json_pairs(span.attributes),
        "droppedAttributesCount": span.dropped_attributes,
        "events": [
            {
                "timeUnixNano": str(event.time_ns),
                "name": event.name,
                "attributes": json_pairs(event.attributes),
                "droppedAttributesCount": event.dropped_attributes,
            }
            for event in span.events
        ],
        "droppedEventsCount": span.dropped_events,
        "links": [
            {
                "traceId": link.trace_id.hex(),
                "spanId": link.span_id.hex(),
                "traceState": link.trace_state,
                "attributes": json_pairs(link.attributes),
                "droppedAttributesCount": link.dropped_attributes,
                "flags": link.flags,
            }
            for link in span.links
        ],
        "droppedLinksCount": span.dropped_links,
        "status": {"message": span.status_message, "code": span.status_code},
    }


def to_json(request: telemetry.ExportRequest) -> bytes:
    resource_spans = [
        {
            "resource": {"attributes": json_pairs(span.resource.attributes)},
            "schemaUrl": span.resource.schema_url,
            "scopeSpans": [
                {
                    "scope": {
                        "name": span.scope.name,
                        "version": span.scope.version,
                        "attributes": json_pairs(span.scope.attributes),
                    },
                    "schemaUrl": span.scope.schema_url,
                    "spans": [json_span(span)],
                }
            ],
        }
        for span in request.spans
    ]
    return msgspec.json.encode({"resourceSpans": resource_spans})


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
attributes = st.dictionaries(st.text(max_size=20), values, max_size=5)
text = st.text(max_size=20)
counts = st.integers(0, (1 << 32) - 1)
times = st.integers(0, (1 << 63) - 1)
trace_ids = st.binary(min_size=16, max_size=16).filter(any)
span_ids = st.binary(min_size=8, max_size=8).filter(any)
spans = st.builds(
    telemetry.Span,
    trace_ids,
    span_ids,
    st.builds(telemetry.Resource, attributes, text),
    st.builds(telemetry.Scope, text, text, attributes, text),
    text,
    st.just(b"") | span_ids,
    st.integers(0, 5),
    times,
    times,
    attributes,
    st.lists(st.builds(telemetry.Event, text, st.integers(0, (1 << 64) - 1), attributes, counts), max_size=2),
    st.lists(st.builds(telemetry.Link, trace_ids, span_ids, text, attributes, counts, counts), max_size=2),
    st.integers(0, 2),
    text,
    text,
    counts,
    counts,
    counts,
    counts,
)
requests = st.builds(telemetry.ExportRequest, st.lists(spans, max_size=3))


@given(requests)
def test_both_encodings_carry_all(request: telemetry.ExportRequest) -> None:
    """Any telemetry comes back as it was from protobuf and from OTLP/JSON, NaN and all."""
    assert repr(decode_protobuf(to_protobuf(request), LIMITS)) == repr(request)
    assert repr(decode_json(to_json(request), LIMITS)) == repr(request)


def decoded_from(encoding: str, request: telemetry.ExportRequest) -> telemetry.ExportRequest:
    if encoding == "json":
        return decode_json(to_json(request), LIMITS)
    return decode_protobuf(to_protobuf(request), LIMITS)


def sound(**members: Any) -> telemetry.Span:  # noqa: ANN401 (whatever the test is about)
    ids = {"trace_id": b"t" * 16, "span_id": b"s" * 8}
    return telemetry.Span(**(ids | {"resource": telemetry.Resource(), "scope": telemetry.Scope()} | members))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"trace_id": b"t" * 12}, "traceId has 12 bytes, not 16"),
        ({"trace_id": bytes(16)}, "traceId is all zeros"),
        ({"trace_id": b""}, "traceId has 0 bytes, not 16"),
        ({"span_id": b"s" * 16}, "spanId has 16 bytes, not 8"),
        ({"span_id": bytes(8)}, "spanId is all zeros"),
        ({"parent_span_id": b"p" * 12}, "parentSpanId has 12 bytes, not 8"),
        ({"start_ns": 1 << 63}, "its time is after the year 2262"),
    ],
)
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_span_unfit_is_rejected_alone(members: dict[str, Any], fault: str, encoding: str) -> None:
    """Ids of a wrong length, or of zeros, cost the span that has them; the answer says which and why."""
    request = telemetry.ExportRequest([sound(name="first"), sound(**members), sound(name="last")])
    decoded = decoded_from(encoding, request)
    assert [span.name for span in decoded.spans] == ["first", "last"]
    assert (decoded.rejected, decoded.reason) == (1, f"1 of 3 spans rejected: span 1: {fault}")


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_link_to_nowhere_counts_as_dropped(encoding: str) -> None:
    """A link whose ids are no ids is left out and counted, and its span is kept."""
    links = [telemetry.Link(b"short", b"s" * 8), telemetry.Link(b"t" * 16, b"s" * 8)]
    request = telemetry.ExportRequest([sound(links=links, dropped_links=3)])
    decoded = decoded_from(encoding, request)
    (span,) = decoded.spans
    assert (span.links, span.dropped_links) == ([telemetry.Link(b"t" * 16, b"s" * 8)], 4)


def test_spans_share_their_resource_and_scope() -> None:
    """One ResourceSpans is one object for all of its spans, and so is a ScopeSpans."""
    message = ExportTraceServiceRequest.FromString(to_protobuf(telemetry.ExportRequest([sound()])))
    scope_spans = message.resource_spans[0].scope_spans[0]
    scope_spans.spans.append(scope_spans.spans[0])
    first, second = decode_protobuf(message.SerializeToString(), LIMITS).spans
    assert first.resource is second.resource
    assert first.scope is second.scope


def test_the_last_of_equal_keys_wins() -> None:
    """An attribute given twice has its last value."""
    span = span_message(sound())
    span.attributes.extend([*key_values({"a": "first"}), *key_values({"a": 2})])
    message = ExportTraceServiceRequest()
    message.resource_spans.add().scope_spans.add().spans.append(span)
    assert decode_protobuf(message.SerializeToString(), LIMITS).spans[0].attributes == {"a": 2}


def length_delimited(field: int, content: bytes) -> bytes:
    length, prefix = len(content), bytearray([field << 3 | 2])
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(prefix) + bytes([length]) + content


def nested(levels: int) -> bytes:
    """A request whose one span has an attribute "deep" of so many arrays within each other."""
    value = b""
    for _ in range(levels):
        value = length_delimited(5, length_delimited(1, value))
    attribute = length_delimited(1, b"deep") + length_delimited(2, value)
    content = span_message(sound()).SerializeToString() + length_delimited(9, attribute)
    for field in (2, 2, 1):
        content = length_delimited(field, content)
    return content


@pytest.mark.parametrize("levels", [1, 63, 64, 65, 200, 10_000])
def test_any_nesting_is_read(levels: int) -> None:
    """A value is read down to the limit; what lies deeper is kept, as the base64 of its message."""
    (span,) = decode_protobuf(nested(levels), LIMITS).spans
    value, read = span.attributes["deep"], 0
    while isinstance(value, list):
        (value,) = value
        read += 1
    assert read == min(levels, LIMITS.attribute_depth_max)
    if levels <= LIMITS.attribute_depth_max:
        assert value is None
    else:
        assert isinstance(value, str)
        rest = base64.b64decode(value, validate=True)
        assert rest in nested(levels)


def bodies() -> list[bytes]:
    request = telemetry.ExportRequest(
        [sound(name=str(n), attributes={"text": "é" * 50, "list": [1, 2.5, {"a": b"b"}]}) for n in range(3)]
    )
    return [to_protobuf(request), to_json(request)]


@pytest.mark.parametrize("body", [b"not protobuf", b"\xff" * 20, b"{}", bodies()[0][:-1], bodies()[0][:40]])
def test_no_message_is_a_bad_request(body: bytes) -> None:
    """A body that is none, or cut off, is refused with a reason."""
    with pytest.raises(BadRequestError, match="no ExportTraceServiceRequest in protobuf"):
        decode_protobuf(body, LIMITS)


@pytest.mark.parametrize("place", ["é".encode(), b"text"])
def test_text_that_is_no_utf_8_is_a_bad_request(place: bytes) -> None:
    """Protobuf's strings are UTF-8."""
    with pytest.raises(BadRequestError):
        decode_protobuf(bodies()[0].replace(place, b"\xff" * len(place)), LIMITS)


def test_a_deep_value_is_checked_too() -> None:
    """What is parsed late, because it is nested, is refused all the same when it is no message."""
    with pytest.raises(BadRequestError):
        decode_protobuf(nested(10)[:-2] + b"\xff\xff", LIMITS)


def test_an_empty_body_is_an_empty_request() -> None:
    """Nothing is a valid message: of no spans."""
    assert decode_protobuf(b"", LIMITS).spans == []
    assert decode_json(b"", LIMITS).spans == []


@settings(max_examples=500)
@given(st.sampled_from(bodies()), st.randoms(use_true_random=False), st.integers(1, 8))
def test_a_damaged_body_is_read_or_refused(body: bytes, chance: random.Random, damages: int) -> None:
    """Whatever happens to a body's bytes, it is telemetry or a bad request, in either encoding."""
    damaged = bytearray(body)
    for _ in range(damages):
        start = chance.randrange(len(damaged) + 1)
        damaged[start : start + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
    for decode in (decode_protobuf, decode_json):
        with contextlib.suppress(BadRequestError):
            assert decode(bytes(damaged), LIMITS).rejected <= 3


@given(st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(body: bytes) -> None:
    """The same for bytes that never were a body."""
    for decode in (decode_protobuf, decode_json):
        with contextlib.suppress(BadRequestError):
            decode(body, LIMITS)


def test_a_response_names_a_partial_success_only() -> None:
    """All well is an empty message; rejected spans are counted, with the reason."""
    assert encode_protobuf_response() == b""
    response = ExportTraceServiceResponse.FromString(encode_protobuf_response(2, "two bad ids"))
    assert response.partial_success.rejected_spans == 2
    assert response.partial_success.error_message == "two bad ids"


def test_a_status_says_when_to_try_again() -> None:
    """A refusal becomes a google.rpc.Status, and RetryInfo is in it only if trying again is of use."""
    status = status_pb2.Status.FromString(encode_protobuf_status(Refusal(400, Code.INVALID_ARGUMENT, "bad")))
    assert (status.code, status.message, list(status.details)) == (3, "bad", [])
    status = status_pb2.Status.FromString(encode_protobuf_status(Refusal(503, Code.UNAVAILABLE, "full", 7)))
    retry = error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 7
