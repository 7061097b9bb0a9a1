"""What is broken, hostile or absurd, over real HTTP: answered as OTLP and the wire say, and nothing illegal is kept.

After every test the server is asked whether it is ready, takes an export and lists it to boto3.
"""

# ruff: noqa: S311 (a generator that makes up conversations, nothing here is secret)

import gzip
import json
import os
import random
import re
import signal
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
from backports import zstd
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # has stubs, but says not
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from spanglass.config import Limits
from spanglass.model.constraints import violations
from tests.integration.conftest import Connect
from tests.integration.exports import (
    EPOCH_NS,
    Conversation,
    Ids,
    as_json,
    chat,
    export,
    message,
    place,
    said,
)
from tests.integration.serving import HOST, JSON, PROTOBUF, Answer, Place, Server

BODY_SECONDS_MAX: Final = 2
LEVELS: Final = 10_000
MEBIBYTE: Final = 1 << 20
GIBIBYTE: Final = 1 << 30
BOMB_MEMORY_MAX: Final = 3 * Limits().body_decoded_bytes_max
"""Bytes by which a bomb may raise the server's memory: what it decompresses up to the bound, twice, and some slack."""
GOOD: Final = export(*next(Conversation(random.Random(0)).turns(1))).body


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Do not wait long for a slow body."""
    return {"SPANGLASS_BODY_SECONDS_MAX": str(BODY_SECONDS_MAX)}


@pytest.fixture(scope="module")
def client(server: Server, connect: Connect) -> Any:  # noqa: ANN401 (boto3 makes its clients' classes at run time)
    """Return a boto3 client."""
    return connect(server)


@pytest.fixture(autouse=True)
def healthy(server: Server, client: Any) -> Iterator[None]:  # noqa: ANN401
    """Check after each test that the server is as well as before it, and that it logged no failure of its own."""
    before = len(server.logged())
    yield
    lines = server.logged()[before:].splitlines()
    assert [line for line in lines if '"level": "error"' in line or "Traceback" in line] == []
    assert server.ask("/readyz").status == HTTPStatus.OK
    conversation = Conversation(random.Random(os.urandom(8)))
    made = export(*next(conversation.turns(1)))
    server.export(made.body)
    assert {span["spanId"] for span in lawful(server, client, place(conversation.session))} == {
        ids.uuid for ids in made.ids
    }


def lawful(server: Server, client: Any, where: Place) -> list[dict[str, Any]]:  # noqa: ANN401
    """Return a session's spans as boto3 reads them, after checking that the service model allows all of each page."""
    spans: list[dict[str, Any]] = []
    for body in server.pages(where):
        page = json.loads(body, parse_constant=_no_number)
        assert violations("ListSpansResponse", page) == []
        spans += page["spans"]
    pages = client.get_paginator("list_spans").paginate(**where._asdict())
    read = [span for page in pages for span in page["spans"]]
    assert [span["spanId"] for span in read] == [span["spanId"] for span in spans]
    assert [_shape(span) for span in read] == [_shape(span) for span in spans]
    return read


def _no_number(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def _shape(value: object) -> object:
    """Return the keys of a value and of all in it."""
    if isinstance(value, dict):
        return {key: _shape(member) for key, member in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else None


def odd_chat(messages: str, **attributes: Any) -> tuple[bytes, Place, Ids]:  # noqa: ANN401
    """Return a request of one call whose input messages are any text, where it will be listed, and its ids."""
    session, ids = Conversation(random.Random(os.urandom(8))).session, Ids(os.urandom(16), os.urandom(8))
    made = chat(ids, EPOCH_NS, [], [said("assistant", "Fine.")], gen_ai__conversation__id=session, **attributes)
    for attribute in made.attributes:
        if attribute.key == "gen_ai.input.messages":
            attribute.value.string_value = messages
    return message(made).SerializeToString(), place(session), ids


# Messages -------------------------------------------------------------------------------------------------------------


def user(*parts: object) -> str:
    """Return the JSON of one message of a customer's."""
    return json.dumps([{"role": "user", "parts": list(parts)}])


def nested(opening: str, closing: str, middle: str = "1") -> str:
    """Return JSON of many levels."""
    return opening * LEVELS + middle + closing * LEVELS


def call(arguments: str) -> str:
    """Return the JSON of a message that calls a tool with arguments given as JSON."""
    return f'[{{"role":"assistant","parts":[{{"type":"tool_call","id":"c","name":"n","arguments":{arguments}}}]}}]'


MESSAGES: Final = {
    "union of two members": user({"text": {"value": "a"}, "toolUse": {"toolUseId": "b", "name": "c", "arguments": {}}}),
    "union of two kinds": user({"type": "text", "content": "a", "id": "b", "name": "c", "arguments": {}}),
    "union of the wire's own form": user({"text": {"value": "a"}}, {"toolUse": {"name": "c"}}, {"reasoning": None}),
    "unknown member": user({"image": {"value": "a"}}, {"type": "hologram", "content": "a"}),
    "empty union": user({}, {"type": None}, {"text": None, "toolUse": None}),
    "a result in a result": user(
        {"type": "tool_call_response", "id": "r", "response": [{"toolResult": {"text": {}, "toolUse": {}}}]}
    ),
    "no union at all": user(1, None, "text", [], True, 1.5),
    "no parts": '[{"role":"user"},{"role":"user","parts":{}},{"role":"user","parts":[]},{"parts":null},{},[],1,null]',
    "no messages": '{"role":"user"}',
    "no JSON": "{]",
    "empty text": "",
    "roles of all kinds": json.dumps([{"role": role, "parts": []} for role in ("system", "", None, 7, ["user"], "👩")]),
    "nested arrays": nested("[", "]"),
    "nested objects": nested('{"a":', "}"),
    "nested parts": nested('[{"role":"user","parts":', "}]", "[]"),
    "nested arguments": call(nested('{"a":[', "]}")),
    "nested arguments as text": call(json.dumps(nested("[", "]"))),
    "nested results": user({"type": "tool_call_response", "id": "r", "response": "x"}).replace(
        '"x"', nested('[{"type":"tool_call_response","id":"r","response":', "}]", '"x"')
    ),
    "NaN": f'[{{"role":"user","parts":[{{"type":"text","content":NaN}}]}},{call("NaN")[1:-1]}]',
    "infinite arguments": call('{"a":Infinity,"b":-Infinity}'),
    "too large numbers": call('{"a":1e999,"b":-1e999,"c":' + "9" * 5000 + "}"),
    "lone surrogates": call(r'{"\ud800":"\udfff and \ud83d"}'),
    "lone surrogates in text": r'[{"role":"user","parts":[{"type":"text","content":"a \ud83d b"}]}]',
    "zero characters": r'[{"role":"user","parts":[{"type":"text","content":"a\u0000b"}]}]',
    "equal names": call('{"a":1,"a":2}'),
    "long name of a tool": user({"type": "tool_call", "id": "c", "name": "n" * 300, "arguments": {}}),
    "names of a tool that are none": user(
        *({"type": "tool_call", "id": "", "name": name} for name in ("", None, "\n"))
    ),
    "arguments that are none": user(*({"type": "tool_call", "id": 5, "name": "n", "arguments": a} for a in (None, ""))),
    "many parts": user(*({"type": "text", "content": f"{n}" * 5000} for n in range(30))),
    "many messages": json.dumps([said("user", f"question {n}") for n in range(300)]),
}
"""What may stand in gen_ai.input.messages."""


@pytest.mark.parametrize("encoding", [PROTOBUF, JSON], ids=["protobuf", "json"])
@pytest.mark.parametrize("messages", MESSAGES.values(), ids=MESSAGES.keys())
def test_messages_of_any_kind(server: Server, client: Any, messages: str, encoding: dict[str, str]) -> None:  # noqa: ANN401
    """Whatever an emitter calls messages, the span is kept and listed, and what is listed is lawful."""
    body, where, ids = odd_chat(messages)
    if encoding is JSON:
        body = as_json(body)
    answer = server.ask("/v1/traces", body, encoding)
    assert (answer.status, answer.body) == (HTTPStatus.OK, b"{}" if encoding is JSON else b"")
    (span,) = lawful(server, client, where)
    assert span["spanId"] == ids.uuid
    assert span["attributes"]["requestModel"] == "gpt-fake-1"
    assert span["attributes"]["outputMessages"][0]["values"] == [{"text": {"value": "Fine."}}]


# Attributes -----------------------------------------------------------------------------------------------------------

NUMBERS: Final = (
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    -1e308,
    -(1 << 63),
    (1 << 63) - 1,
    1 << 31,
    -1,
    "NaN",
    "",
)
NUMERIC: Final = (
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
    "gen_ai.request.max_tokens",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.agent.version",
    "spanglass.usageTotalTokens",
    "own.number",
)


@pytest.mark.parametrize("encoding", [PROTOBUF, JSON], ids=["protobuf", "json"])
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_numbers_of_any_kind(server: Server, client: Any, number: float | str, encoding: dict[str, str]) -> None:  # noqa: ANN401
    """NaN, infinities and integers beyond what a member takes are no reason to lose the span, and are not shown."""
    body, where, ids = odd_chat("[]", **dict.fromkeys(NUMERIC, number))
    server.ask("/v1/traces", as_json(body) if encoding is JSON else body, encoding)
    (span,) = lawful(server, client, where)
    assert span["spanId"] == ids.uuid


def field(number: int, content: bytes) -> bytes:
    """Return a field of protobuf that holds bytes, a text or a message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes((low | 0x80,)) + _varint(rest) if rest else bytes((low,))


WRAPPINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "array": lambda value: field(5, field(1, value)),
    "key-value list": lambda value: field(6, field(1, field(1, b"k") + field(2, value))),
}
"""An AnyValue in an AnyValue."""


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
@pytest.mark.parametrize("key", ["gen_ai.input.messages", "gen_ai.usage.input_tokens", "session.id", "own"])
def test_deep_attribute(server: Server, client: Any, key: str, wrap: Callable[[bytes], bytes]) -> None:  # noqa: ANN401
    """An attribute of 10,000 levels costs at most itself: its span is kept, and so are the others."""
    body, where, ids = odd_chat("[]")
    resource_spans = ExportTraceServiceRequest.FromString(body).resource_spans[0]
    span = resource_spans.scope_spans[0].spans[0].SerializeToString()
    value = AnyValue(int_value=1).SerializeToString()
    for _ in range(LEVELS):
        value = wrap(value)
    deep = span + field(9, field(1, key.encode()) + field(2, value))
    resource = field(1, resource_spans.resource.SerializeToString())
    server.export(field(1, resource + field(2, field(2, deep))))
    assert [each["spanId"] for each in lawful(server, client, where)] == [ids.uuid]


ARRAY: Final = nested('{"arrayValue":{"values":[', "]}}", '{"intValue":1}')
LIST: Final = nested('{"kvlistValue":{"values":[{"key":"k","value":', "}]}}", '{"intValue":1}')
SPAN: Final = json.loads(as_json(GOOD))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]


def spans_json(*spans: str) -> str:
    """Return a request of spans given as JSON."""
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{",".join(spans)}]}}]}}]}}'


def with_attribute(value: str) -> str:
    """Return a request whose span has one attribute, of which the value is given as JSON."""
    return spans_json(json.dumps(SPAN | {"attributes": ["?"]}).replace('"?"', f'{{"key":"own","value":{value}}}'))


BODIES: Final[dict[str, tuple[bytes, dict[str, str], int]]] = {
    "no protobuf": (b"\xff" * 100, PROTOBUF, 400),
    "protobuf cut off": (GOOD[: len(GOOD) // 2], PROTOBUF, 400),
    "groups in groups": (b"\x0b" * LEVELS, PROTOBUF, 400),
    "an unknown field": (GOOD + field(99, b"x"), PROTOBUF, 200),
    "a text that is not UTF-8": (GOOD.replace(b"chat gpt", b"chat \xff\xfe\xfd"), PROTOBUF, 400),
    "JSON as protobuf": (as_json(GOOD), PROTOBUF, 400),
    "protobuf as JSON": (GOOD, JSON, 400),
    "nothing in protobuf": (b"", PROTOBUF, 200),
    "nothing in JSON": (b"", JSON, 200),
    "an empty object": (b"{}", JSON, 200),
    "null": (b"null", JSON, 400),
    "an array": (b"[]", JSON, 400),
    "a text": (b'"resourceSpans"', JSON, 400),
    "spans of null": (b'{"resourceSpans":null}', JSON, 200),
    "spans that are an object": (b'{"resourceSpans":{}}', JSON, 400),
    "JSON cut off": (as_json(GOOD)[:-10], JSON, 400),
    "JSON and more": (as_json(GOOD) + b"x", JSON, 400),
    "JSON after a byte order mark": (b"\xef\xbb\xbf" + as_json(GOOD), JSON, 400),
    "JSON that is not UTF-8": (as_json(GOOD).replace(b"chat gpt", b"chat\xff\xfe"), JSON, 400),
    "nested arrays": (nested("[", "]").encode(), JSON, 400),
    "nested unknown members": (f'{{"own":{nested("[", "]")}}}'.encode(), JSON, 400),
    "nested array values": (with_attribute(ARRAY).encode(), JSON, 400),
    "nested lists of values": (with_attribute(LIST).encode(), JSON, 400),
    "a number that is NaN": (with_attribute('{"doubleValue":NaN}').encode(), JSON, 400),
    "a number that is infinite": (with_attribute('{"doubleValue":-Infinity}').encode(), JSON, 400),
    "a text that is NaN": (with_attribute('{"doubleValue":"NaN"}').encode(), JSON, 200),
    "a number with many digits": (with_attribute('{"intValue":"' + "9" * 5000 + '"}').encode(), JSON, 400),
    "a number of another type": (with_attribute('{"intValue":"one"}').encode(), JSON, 400),
    "a value of two members": (with_attribute('{"intValue":"1","stringValue":"a"}').encode(), JSON, 200),
    "a value of an unknown member": (with_attribute('{"hologram":"a"}').encode(), JSON, 200),
    "lone surrogates": (with_attribute(r'{"stringValue":"\ud800 \udfff"}').encode(), JSON, 200),
    "lone surrogates in UTF-8": (
        with_attribute('{"stringValue":"?"}').encode().replace(b"?", b"\xed\xa0\x80"),
        JSON,
        200,
    ),
    "a lone surrogate as key": (with_attribute('{"intValue":1}').replace('"own"', r'"\ud83d"').encode(), JSON, 200),
    "zero characters": (with_attribute(r'{"stringValue":"\u0000"}').encode(), JSON, 200),
    "bytes that are not base64": (with_attribute('{"bytesValue":"?"}').encode(), JSON, 400),
    "a time before all time": (spans_json(json.dumps(SPAN | {"startTimeUnixNano": "-1"})).encode(), JSON, 400),
}
"""Name → body, its headers, and the status of the answer."""


@pytest.mark.parametrize(("body", "headers", "status"), BODIES.values(), ids=BODIES.keys())
def test_bodies_of_any_kind(server: Server, body: bytes, headers: dict[str, str], status: int) -> None:
    """A body that is no request is bad data, told in the encoding it came in, and the client must not try again."""
    answer = server.ask("/v1/traces", body, headers)
    assert answer.status == status
    assert bool(told(answer)) == (status != HTTPStatus.OK)
    assert "retry-after" not in answer.headers


def told(answer: Answer) -> str:
    """Return what an answer says: the message of a google.rpc.Status, or of a partial success, if any."""
    encoding = {"content-type": answer.headers["content-type"]}
    assert encoding in (PROTOBUF, JSON)
    if answer.status != HTTPStatus.OK:
        return str(Status.FromString(answer.body).message if encoding == PROTOBUF else answer.json()["message"])
    if encoding == PROTOBUF:
        return ExportTraceServiceResponse.FromString(answer.body).partial_success.error_message
    return str(answer.json().get("partialSuccess", {}).get("errorMessage", ""))


# Ids ------------------------------------------------------------------------------------------------------------------

BAD_IDS: Final = {
    "trace_id": (b"", b"t", b"t" * 15, b"t" * 17, b"t" * 1000, bytes(16)),
    "span_id": (b"", b"s", b"s" * 7, b"s" * 9, b"s" * 1000, bytes(8)),
    "parent_span_id": (b"p", b"p" * 7, b"p" * 9, b"p" * 16),
}


@pytest.mark.parametrize("encoding", [PROTOBUF, JSON], ids=["protobuf", "json"])
@pytest.mark.parametrize("name", BAD_IDS)
def test_ids_of_wrong_length(server: Server, client: Any, name: str, encoding: dict[str, str]) -> None:  # noqa: ANN401
    """Spans with such ids are rejected, counted and told of; those beside them in the request are kept."""
    body, where, ids = odd_chat("[]")
    request = ExportTraceServiceRequest.FromString(body)
    spans = request.resource_spans[0].scope_spans[0].spans
    for number, bad in enumerate(BAD_IDS[name]):
        span = spans.add()
        span.CopyFrom(spans[0])
        span.span_id = bytes((number + 1,)) * 8
        setattr(span, name, bad)
    body = request.SerializeToString()
    answer = server.ask("/v1/traces", as_json(body) if encoding is JSON else body, encoding)
    assert answer.status == HTTPStatus.OK
    assert told(answer).startswith(f"{len(BAD_IDS[name])} of {len(spans)} spans rejected: ")
    assert [span["spanId"] for span in lawful(server, client, where)] == [ids.uuid]


@pytest.mark.parametrize("bad", ["z" * 32, "a" * 31, "q83vEjRWeJCrze8SNFZ4kA==", "\ud800", 7, None])
def test_ids_that_are_no_hexadecimals(server: Server, bad: object) -> None:
    """An id in OTLP/JSON that cannot be read costs its span; one that is no text costs the request."""
    answer = server.ask("/v1/traces", spans_json(json.dumps(SPAN | {"traceId": bad})).encode(), JSON)
    assert answer.status == (HTTPStatus.BAD_REQUEST if isinstance(bad, int) else HTTPStatus.OK)
    assert "traceId" in told(answer)


# Encodings and types --------------------------------------------------------------------------------------------------


def deflated_zeros() -> bytes:
    """Return a gibibyte of zeros, deflated: one piece, which needs nothing of what was before it, over and over."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = compressor.compress(bytes(MEBIBYTE)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return piece * (GIBIBYTE // MEBIBYTE) + compressor.flush()


def gzipped_zeros() -> bytes:
    """Return the same as a gzip file (RFC 1952), its checksum and all."""
    checksum = 0
    for _ in range(GIBIBYTE // MEBIBYTE):
        checksum = zlib.crc32(bytes(MEBIBYTE), checksum)
    header = b"\x1f\x8b\x08" + bytes(7)
    return header + deflated_zeros() + checksum.to_bytes(4, "little") + GIBIBYTE.to_bytes(4, "little")


def zstd_zeros() -> bytes:
    """Return the same in Zstandard."""
    compressor = zstd.ZstdCompressor()
    pieces = [compressor.compress(bytes(MEBIBYTE)) for _ in range(GIBIBYTE // MEBIBYTE)]
    return b"".join(pieces) + compressor.flush()


BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "gzip": gzipped_zeros,
    "deflate": deflated_zeros,
    "zstd": zstd_zeros,
    "gzip, gzip": lambda: gzip.compress(gzipped_zeros()),
}


def memory_bytes(server: Server) -> int:
    """Return the most memory that the server has had resident (``VmHWM`` of /proc/PID/status)."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) << 10


@pytest.mark.parametrize("encoding", BOMBS)
def test_bomb(server: Server, encoding: str) -> None:
    """A gibibyte of zeros, sent compressed in pieces, is refused for good at the bound, and costs no more than that."""
    before = memory_bytes(server)
    bomb = BOMBS[encoding]()
    pieces = (bomb[start : start + (1 << 16)] for start in range(0, len(bomb), 1 << 16))
    answer = server.ask("/v1/traces", pieces, PROTOBUF | {"content-encoding": encoding})
    assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert told(answer)
    assert memory_bytes(server) - before < BOMB_MEMORY_MAX


def test_large_body(server: Server) -> None:
    """A body larger than the bound is refused, whether it tells its length or not."""
    size = Limits().body_bytes_max + 1
    for body in (bytes(size), (bytes(MEBIBYTE) for _ in range(size // MEBIBYTE + 1))):
        answer = server.ask("/v1/traces", body, PROTOBUF)
        assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert told(answer)


ENCODED: Final[dict[str, tuple[str, bytes, int]]] = {
    "gzip": ("gzip", gzip.compress(GOOD), 200),
    "gzip in capitals": ("GZIP", gzip.compress(GOOD), 200),
    "gzip of nothing": ("gzip", gzip.compress(b""), 200),
    "gzip in two members": ("gzip", gzip.compress(GOOD[:99]) + gzip.compress(GOOD[99:]), 200),
    "identity": ("identity", GOOD, 200),
    "two encodings": ("deflate, gzip", gzip.compress(zlib.compress(GOOD)), 200),
    "three encodings": ("gzip, gzip, gzip", gzip.compress(GOOD), 415),
    "an unknown encoding": ("br", GOOD, 415),
    "another encoding": ("gzip", zlib.compress(GOOD), 400),
    "no encoding": ("gzip", GOOD, 400),
    "gzip cut off": ("gzip", gzip.compress(GOOD)[:-9], 400),
    "gzip and more": ("gzip", gzip.compress(GOOD) + b"more", 400),
    "gzip with a wrong checksum": ("gzip", gzip.compress(GOOD)[:-8] + bytes(8), 400),
    "zstd cut off": ("zstd", zstd.compress(GOOD)[:-9], 400),
}


@pytest.mark.parametrize(("encoding", "body", "status"), ENCODED.values(), ids=ENCODED.keys())
def test_content_encoding(server: Server, encoding: str, body: bytes, status: int) -> None:
    """What is compressed as it says is taken, what is not is bad data, and what nobody undoes is refused."""
    answer = server.ask("/v1/traces", body, PROTOBUF | {"content-encoding": encoding})
    assert answer.status == status
    assert bool(told(answer)) == (status != HTTPStatus.OK)


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", "application/octet-stream", "application/x-www-form-urlencoded"]
)
def test_content_type(server: Server, media_type: str) -> None:
    """A content type that is not OTLP's is refused for good, even if the body could be read."""
    answer = server.ask("/v1/traces", GOOD, {"content-type": media_type})
    assert answer.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert told(answer)


# HTTP -----------------------------------------------------------------------------------------------------------------


def exchange(server: Server, *pieces: bytes) -> bytes:
    """Send bytes as they are, piece by piece, and return what comes back until the server hangs up."""
    received = b""
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
        while data := connection.recv(1 << 16):
            received += data
    return received


def post(headers: str, body: bytes = b"", target: str = "/v1/traces") -> bytes:
    """Return the bytes of a POST in protobuf with further headers."""
    head = f"POST {target} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-protobuf\r\n{headers}\r\n\r\n"
    return head.encode() + body


def statuses(received: bytes) -> list[int]:
    """Return the statuses of all answers."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


CHUNKED: Final = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (50, GOOD[:50], len(GOOD) - 50, GOOD[50:])
GET: Final = f"GET /readyz HTTP/1.1\r\nHost: {HOST}\r\n".encode()
LAST: Final = GET + b"Connection: close\r\n\r\n"
EXCHANGES: Final[dict[str, tuple[bytes, list[int]]]] = {
    "chunked": (post("Transfer-Encoding: chunked", CHUNKED) + LAST, [200, 200]),
    "chunked, but it is not": (post("Transfer-Encoding: chunked", b"no size\r\n" + GOOD), [400]),
    "a chunk of negative size": (post("Transfer-Encoding: chunked", b"-5\r\n" + GOOD), [400]),
    "a chunk of huge size": (post("Transfer-Encoding: chunked", b"f" * 30 + b"\r\n" + GOOD), [400]),
    "both lengths": (post(f"Transfer-Encoding: chunked\r\nContent-Length: {len(GOOD)}", CHUNKED), [400]),
    "two lengths": (post(f"Content-Length: {len(GOOD)}\r\nContent-Length: 5", GOOD), [400]),
    "a length that is no number": (post("Content-Length: many", GOOD), [400]),
    "a negative length": (post("Content-Length: -1", GOOD), [400]),
    "a length of many digits": (post(f"Content-Length: {'9' * 30}", GOOD), [400]),
    "a length beyond the bound": (post("Content-Length: 99999999999\r\nConnection: close", GOOD), [413]),
    "too small a length": (post("Content-Length: 10", GOOD), [400]),
    "no length": (post("Connection: close", b""), [200]),
    "pipelined": (post(f"Content-Length: {len(GOOD)}", GOOD) * 3 + LAST, [200, 200, 200, 200]),
    "pipelined, one of them bad": (
        post(f"Content-Length: {len(GOOD)}", GOOD) + post("Content-Length: 3", b"bad") + LAST,
        [200, 400, 200],
    ),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01" + bytes(100), [400]),
    "an unknown method": (b"FROBNICATE / HTTP/1.1\r\n\r\n", [400]),
    "a header that is none": (GET + b"no colon\r\n\r\n", [400]),
    "a header with a zero": (GET + b"X: a\x00b\r\n\r\n", [400]),
}


@pytest.mark.parametrize(("sent", "expected"), EXCHANGES.values(), ids=EXCHANGES.keys())
def test_http_of_any_kind(server: Server, sent: bytes, expected: list[int]) -> None:
    """What is HTTP is answered, request by request, in order; what is not is refused, and the connection is closed."""
    assert statuses(exchange(server, sent)) == expected


def test_a_refusal_is_heard_by_who_is_still_sending(server: Server) -> None:
    """What is refused by its head is read on, for a while: the answer would be lost if the connection were reset."""
    head = post(f"Transfer-Encoding: identity\r\nContent-Length: {8 * MEBIBYTE}")
    received = exchange(server, head, *[bytes(MEBIBYTE)] * 8)
    assert received.endswith(b"\r\n\r\nInvalid HTTP request received.")


def test_endless_head(server: Server) -> None:
    """A request whose headers do not end is cut off long before they fill the memory."""
    before = memory_bytes(server)
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(GET + b"X: " + b"x" * 16 * MEBIBYTE)
        assert connection.recv(1000).endswith(b"\r\n\r\nThe head of the request is too long.")
    assert memory_bytes(server) - before < 4 * MEBIBYTE


@pytest.mark.parametrize("path", ["/api/sessions", "/assistants"])
def test_hanging_up_on_pipelined_requests(server: Server, path: str) -> None:
    """A client that asks several things at once and is gone before the first answer is no error of the server's."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    for _ in range(50):
        with socket.create_connection((HOST, server.port), timeout=30) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(request * 3 + b"\0\r\n\r\n")
    assert server.ask("/readyz").status == HTTPStatus.OK
    assert "Exception in ASGI application" not in server.logged()


def test_head_that_begins_in_a_piece_of_a_body(server: Server) -> None:
    """Where one read brings a large body and the beginning of the next request, both requests are taken."""
    body = field(99, bytes(200_000))
    request = post(f"Content-Length: {len(body)}", body)
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        for _ in range(5):  # so that the system gives the connection room for a whole request
            connection.sendall(request)
            assert statuses(connection.recv(1000)) == [HTTPStatus.OK]
        server.signal(signal.SIGSTOP)
        try:
            connection.sendall(request + request[:40])
        finally:
            server.signal(signal.SIGCONT)
        assert statuses(connection.recv(1000)) == [HTTPStatus.OK]
        connection.sendall(request[40:])
        assert statuses(connection.recv(1000)) == [HTTPStatus.OK]


def test_client_hangs_up(server: Server) -> None:
    """A client that promises more than it sends, and goes, is forgotten: nothing of its request is kept."""
    before = server.places()
    body = odd_chat("[]")[0]
    for kind in (f"Content-Length: {len(body) + 1}", "Transfer-Encoding: chunked"):
        with socket.create_connection((HOST, server.port), timeout=30) as connection:
            connection.sendall(post(kind, body if "Length" in kind else b"%x\r\n%b" % (len(body) + 1, body)))
    assert set(server.places()) == set(before)


def test_slow_body(server: Server) -> None:
    """A body that does not come in time is given up, and so is its connection."""
    received = exchange(server, post(f"Content-Length: {len(GOOD)}", GOOD[:10]))
    assert statuses(received) == [HTTPStatus.REQUEST_TIMEOUT]


TARGETS: Final = {
    "/v1/nothing": 404,
    "/v1": 404,
    "/assistants/a/nothing": 404,
    "/assistants/a/sessions/b/spans": 400,
    "/assistants//sessions//spans": 400,
    "/assistants/%ff/sessions/%00/spans": 400,
    "/assistants/%/sessions/%zz/spans": 400,
    "/../../etc/passwd": 404,
    "/%2e%2e/%2e%2e/etc/passwd": 404,
    f"/{'x' * 20_000}": 400,
    f"/assistants/{'x' * 20_000}/sessions/{'y' * 20_000}/spans": 400,
    f"/assistants/a/sessions/b/spans?nextToken={'x' * 20_000}": 400,
    f"/api/sessions?q={'x' * 20_000}": 400,
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:50])
def test_targets_of_any_kind(server: Server, target: str) -> None:
    """A path that leads nowhere, or is none, is answered so."""
    assert server.ask(target).status == TARGETS[target]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods(server: Server, method: str) -> None:
    """Spans are sent by POST; any other method is refused and told so."""
    received = exchange(server, f"{method} /v1/traces HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert statuses(received) == [HTTPStatus.METHOD_NOT_ALLOWED]
    assert b"\r\nallow: POST\r\n" in received
