"""OTLP/JSON is read as its paragraph in the specification says, and a little more kindly."""

import math
from typing import Any

import msgspec
import pytest

from spanglass import telemetry
from spanglass.config import Limits
from spanglass.otlp.errors import BadRequestError, Code, Refusal
from spanglass.otlp.json_codec import decode_json, encode_json_response, encode_json_status

IDS = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}


def body(**members: Any) -> bytes:  # noqa: ANN401 (JSON of any kind)
    """Return a request of one span with these members."""
    return msgspec.json.encode({"resourceSpans": [{"scopeSpans": [{"spans": [IDS | members]}]}]})


def one(body: bytes, limits: Limits = Limits()) -> telemetry.Span:  # noqa: B008 (frozen)
    (span,) = decode_json(body, limits).spans
    return span


def value_of(value: Any) -> telemetry.Value:  # noqa: ANN401 (JSON of any kind)
    return one(body(attributes=[{"key": "a", "value": value}])).attributes["a"]


def test_what_javascript_sends() -> None:
    """A body as the JavaScript exporter writes it: hex ids, times as strings, numbers as numbers."""
    sent = b"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"agent"}}],
        "droppedAttributesCount":0},"scopeSpans":[{"scope":{"name":"ai","version":"6.0.1"},"spans":[{
        "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"ai.toolCall","kind":1,
        "startTimeUnixNano":"1763900000123000000","endTimeUnixNano":"1763900000456789000","attributes":[
        {"key":"ai.toolCall.name","value":{"stringValue":"get_weather"}},{"key":"n","value":{"intValue":3}}],
        "droppedAttributesCount":0,"events":[],"droppedEventsCount":0,"status":{"code":0},"links":[],
        "droppedLinksCount":0,"flags":257}]}]}]}"""
    span = one(sent)
    assert (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id) == (IDS["traceId"], IDS["spanId"], b"")
    assert (span.start_ns, span.end_ns) == (1763900000123000000, 1763900000456789000)
    assert span.attributes == {"ai.toolCall.name": "get_weather", "n": 3}
    assert span.resource.attributes == {"service.name": "agent"}
    assert (span.scope.name, span.scope.version, span.kind, span.flags) == ("ai", "6.0.1", 1, 257)


def test_members_unknown_or_in_snake_case_are_ignored() -> None:
    """A newer sender's members do no harm, and a name that is not in lowerCamelCase is unknown."""
    span = one(body(name="chat", futureMember={"a": [1]}, trace_state="ignored"))
    assert (span.name, span.trace_state) == ("chat", "")


def test_null_is_a_member_left_out() -> None:
    """JSON's null stands for the default at every level."""
    members = ["name", "kind", "parentSpanId", "startTimeUnixNano", "attributes", "events", "links", "status", "flags"]
    span = one(body(**dict.fromkeys(members)))
    assert (span.name, span.kind, span.start_ns, span.attributes, span.events) == ("", 0, 0, {}, [])
    assert one(body(attributes=[{"key": None, "value": None}])).attributes == {"": None}
    assert (
        decode_json(b'{"resourceSpans":[{"resource":null,"scopeSpans":[{"scope":null,"spans":null}]}]}', Limits()).spans
        == []
    )


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"intValue": 5}, 5),
        ({"intValue": "5"}, 5),
        ({"intValue": "-9223372036854775808"}, -(1 << 63)),
        ({"intValue": 9223372036854775807}, (1 << 63) - 1),
        ({"intValue": 1e3}, 1000),
        ({"intValue": 0}, 0),
        ({"boolValue": False}, False),
        ({"stringValue": ""}, ""),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "2.5"}, 2.5),
        ({"doubleValue": "Infinity"}, math.inf),
        ({"doubleValue": "-Infinity"}, -math.inf),
        ({"bytesValue": "-_8"}, b"\xfb\xff"),
        ({"bytesValue": "+/8="}, b"\xfb\xff"),
        ({"bytesValue": ""}, b""),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": [{"intValue": "1"}, {}]}}, [1, None]),
        ({"kvlistValue": {}}, {}),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"intValue": 1}}, {"key": "a"}]}}, {"a": None}),
        ({"futureValue": 1}, None),
        ({}, None),
    ],
)
def test_values(value: Any, read: telemetry.Value) -> None:  # noqa: ANN401 (JSON of any kind)
    """A value has the type that its member's name says, in every spelling that proto3's JSON allows."""
    assert value_of(value) == read
    assert type(value_of(value)) is type(read)


def test_nan() -> None:
    """NaN comes as text, as JSON has no number for it."""
    read = value_of({"doubleValue": "NaN"})
    assert isinstance(read, float)
    assert math.isnan(read)


@pytest.mark.parametrize(
    ("kind", "read"), [(3, 3), ("SPAN_KIND_CLIENT", 3), ("SPAN_KIND_UNSPECIFIED", 0), ("FUTURE", 0), (77, 77)]
)
def test_kinds(kind: int | str, read: int) -> None:
    """An enumeration is a number, and its names are understood too."""
    assert one(body(kind=kind)).kind == read


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"a\udc00b", "a\ufffdb"),
        (rb"\ud83d", "\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\uDBFF\n", "\ufffd\n"),
        (rb"\\ud800 \ud800", r"\ud800 " + "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd"),
        (rb"\ud83d\ude00", "\U0001f600"),
    ],
)
def test_lone_surrogates_are_replaced(escaped: bytes, read: str) -> None:
    """Half a character becomes the replacement character; all around it stays."""
    assert one(body(name="NAME").replace(b"NAME", escaped)).name == read


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"traceId": "Kg92ZRkWzUPdhEjrIRyAMZw="}, "traceId is not hexadecimal"),
        ({"traceId": "0af7651916cd43dd8448eb211c8031 9"}, "traceId is not hexadecimal"),
        ({"spanId": "b7ad6b716920333"}, "spanId is not hexadecimal"),
        ({"parentSpanId": "none"}, "parentSpanId is not hexadecimal"),
        ({"parentSpanId": "b7ad6b71"}, "parentSpanId has 4 bytes, not 8"),
        ({"spanId": None}, "spanId has 0 bytes, not 8"),
    ],
)
def test_ids_that_are_none_cost_their_span(members: dict[str, Any], fault: str) -> None:
    """An id in base64, or of odd length, is not taken for another id."""
    request = decode_json(body(**members), Limits())
    assert (request.spans, request.rejected) == ([], 1)
    assert request.reason.endswith(fault)


def test_ids_in_capitals_are_the_same() -> None:
    """Hexadecimal has no case."""
    assert one(body(traceId=IDS["traceId"].upper())).trace_id.hex() == IDS["traceId"]


@pytest.mark.parametrize(
    "members",
    [
        {"name": 5},
        {"attributes": {}},
        {"attributes": [{"key": "a", "value": "secret"}]},
        {"attributes": [{"key": "a", "value": {"intValue": "secret"}}]},
        {"attributes": [{"key": "a", "value": {"intValue": 1.5}}]},
        {"attributes": [{"key": "a", "value": {"intValue": 1 << 63}}]},
        {"attributes": [{"key": "a", "value": {"doubleValue": "secret"}}]},
        {"attributes": [{"key": "a", "value": {"bytesValue": "secret!"}}]},
        {"attributes": [{"key": "a", "value": {"bytesValue": "secre"}}]},
        {"attributes": [{"key": "a", "value": {"boolValue": "true"}}]},
        {"startTimeUnixNano": -1},
        {"endTimeUnixNano": str(1 << 64)},
        {"droppedEventsCount": -1},
        {"flags": 1 << 32},
        {"kind": 1 << 31},
    ],
)
def test_a_member_of_another_type_is_a_bad_request(members: dict[str, Any]) -> None:
    """A value that its member cannot have is refused, in words that do not repeat it."""
    with pytest.raises(BadRequestError, match="no ExportTraceServiceRequest in JSON") as caught:
        decode_json(body(**members), Limits())
    assert "secre" not in str(caught.value)


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"[]",
        b"null",
        b"\x0a\x02",
        b"{} {}",
        b'{"resourceSpans":NaN}',
        b'{"resourceSpans":"\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a":"\\ud800"',
    ],
)
def test_no_json_is_a_bad_request(sent: bytes) -> None:
    """A body that is none, or cut off, or in no UTF-8, is refused with a reason."""
    with pytest.raises(BadRequestError):
        decode_json(sent, Limits())


def nested(levels: int) -> bytes:
    return body(attributes=[{"key": "deep", "value": "VALUE"}]).replace(
        b'"VALUE"', b'{"arrayValue":{"values":[' * levels + b'{"intValue":1}' + b"]}}" * levels
    )


@pytest.mark.parametrize("levels", [1, 64, 65, 200])
def test_deep_values_are_kept(levels: int) -> None:
    """A value is read down to the limit; what lies deeper is kept, as its JSON."""
    value, read = one(nested(levels)).attributes["deep"], 0
    while isinstance(value, list):
        (value,) = value
        read += 1
    assert read == min(levels, 64)
    if levels > 64:
        assert isinstance(value, str)
        assert value.encode() in nested(levels)
    else:
        assert value == 1


@pytest.mark.parametrize("sent", [nested(10_000), body(unknown="X").replace(b'"X"', b"[" * 10_000 + b"]" * 10_000)])
def test_a_depth_that_no_parser_follows_is_a_bad_request(sent: bytes) -> None:
    """JSON of ten thousand levels is refused in words, wherever they are."""
    with pytest.raises(BadRequestError, match="nested too deep"):
        decode_json(sent, Limits())


def test_a_response_names_a_partial_success_only() -> None:
    """All well is an empty object; a count is a string, as proto3's JSON has 64-bit integers."""
    assert encode_json_response() == b"{}"
    assert msgspec.json.decode(encode_json_response(2, "two bad ids")) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "two bad ids"}
    }


def test_a_status_says_when_to_try_again() -> None:
    """A refusal becomes a google.rpc.Status, and RetryInfo is in it only if trying again is of use."""
    assert msgspec.json.decode(encode_json_status(Refusal(400, Code.INVALID_ARGUMENT, "bad"))) == {
        "code": 3,
        "message": "bad",
    }
    assert msgspec.json.decode(encode_json_status(Refusal(503, Code.UNAVAILABLE, "full", 7)))["details"] == [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
    ]
