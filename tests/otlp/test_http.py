"""OTLP/HTTP over a real socket: what exporters send arrives, and all else is answered as OTLP says."""

import gzip
import random
import socket
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import msgspec
import pytest
from backports import zstd
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # has stubs, but says not
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from spanglass import telemetry
from spanglass.config import Limits
from spanglass.recording import Recorder
from spanglass.store.interface import UnavailableError
from spanglass.store.memory import MemoryStore

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
PATH = "/v1/traces"


def request(*span_ids: bytes) -> bytes:
    """Return a request of spans named by their ids."""
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add().scope_spans.add().spans
    for span_id in span_ids:
        spans.add(trace_id=b"t" * 16, span_id=span_id, name=repr(span_id))
    return message.SerializeToString()


GOOD = request(b"spanid-1", b"spanid-2")
GOOD_JSON = msgspec.json.encode(
    {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat"}]}]}]}
)


def status(response: httpx2.Response) -> Any:  # noqa: ANN401 (protobuf's class has no type)
    assert response.headers["content-type"] == "application/x-protobuf"
    return status_pb2.Status.FromString(response.content)


def test_protobuf(client: httpx2.Client, seen: list[telemetry.Span]) -> None:
    """A request in protobuf is recorded and answered in protobuf."""
    response = client.post(PATH, content=GOOD, headers=PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/x-protobuf"
    assert [span.span_id for span in seen] == [b"spanid-1", b"spanid-2"]


def test_json(client: httpx2.Client, seen: list[telemetry.Span]) -> None:
    """A request in JSON is recorded and answered in JSON."""
    response = client.post(PATH, content=GOOD_JSON, headers=JSON)
    assert (response.status_code, response.json()) == (200, {})
    assert response.headers["content-type"] == "application/json"
    assert [span.name for span in seen] == ["chat"]


@pytest.mark.parametrize("spelling", ["Application/JSON", "application/json; charset=utf-8", "application/json;x=y"])
def test_a_content_type_may_have_parameters(client: httpx2.Client, spelling: str) -> None:
    """Neither case nor parameters change what a media type is."""
    assert client.post(PATH, content=GOOD_JSON, headers={"content-type": spelling}).status_code == 200


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize(("headers", "content"), [(PROTOBUF, GOOD), (JSON, GOOD_JSON)], ids=["protobuf", "json"])
def test_compressed_bodies(
    client: httpx2.Client, seen: list[telemetry.Span], encoding: str, headers: dict[str, str], content: bytes
) -> None:
    """A body arrives in every encoding that we say we undo."""
    packed = PACKERS[encoding](content)
    assert client.post(PATH, content=packed, headers=headers | {"content-encoding": encoding}).status_code == 200
    assert seen


def test_two_encodings_in_two_headers(client: httpx2.Client, seen: list[telemetry.Span]) -> None:
    """Encodings may be listed over several headers, as any list of HTTP's."""
    headers = [*PROTOBUF.items(), ("content-encoding", "gzip"), ("content-encoding", "zstd")]
    assert client.post(PATH, content=zstd.compress(gzip.compress(GOOD)), headers=headers).status_code == 200
    assert len(seen) == 2


@pytest.mark.parametrize("headers", [PROTOBUF, JSON, PROTOBUF | {"content-encoding": "gzip"}])
def test_an_empty_body_is_an_empty_request(client: httpx2.Client, headers: dict[str, str]) -> None:
    """Nothing to record is recorded."""
    assert client.post(PATH, content=b"", headers=headers).status_code == 200


def test_a_chunked_body(client: httpx2.Client, seen: list[telemetry.Span]) -> None:
    """A body whose length is not told beforehand is read to its end."""
    response = client.post(PATH, content=(GOOD[n : n + 7] for n in range(0, len(GOOD), 7)), headers=PROTOBUF)
    assert response.status_code == 200
    assert len(seen) == 2


def test_partial_success(client: httpx2.Client, seen: list[telemetry.Span]) -> None:
    """Spans that cannot be kept are counted in a 200, the others are kept, and the exporter must not try again."""
    response = client.post(PATH, content=request(b"short", b"spanid-1"), headers=PROTOBUF)
    partial = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert (response.status_code, partial.rejected_spans) == (200, 1)
    assert partial.error_message == "1 of 2 spans rejected: span 0: spanId has 5 bytes, not 8"
    assert [span.span_id for span in seen] == [b"spanid-1"]


def test_partial_success_in_json(client: httpx2.Client) -> None:
    """The same in JSON."""
    response = client.post(PATH, content=GOOD_JSON.replace(b"cdcd", b"zzzz"), headers=JSON)
    assert (response.status_code, response.json()["partialSuccess"]["rejectedSpans"]) == (200, "1")


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (GOOD[:-1], PROTOBUF),
        (GOOD_JSON, PROTOBUF),
        (GOOD, PROTOBUF | {"content-encoding": "gzip"}),
        (GOOD, PROTOBUF | {"content-encoding": "deflate"}),
        (GOOD, PROTOBUF | {"content-encoding": "zstd"}),
        (gzip.compress(GOOD, mtime=0)[:-4], PROTOBUF | {"content-encoding": "gzip"}),
        (gzip.compress(GOOD, mtime=0), PROTOBUF),
    ],
    ids=["cut", "json", "no gzip", "no deflate", "no zstd", "cut gzip", "gzip untold"],
)
def test_a_body_that_is_none_is_bad_data(
    client: httpx2.Client, seen: list[telemetry.Span], content: bytes, headers: dict[str, str]
) -> None:
    """A body that is not what its headers say is a 400 with a google.rpc.Status, and nothing of it is kept."""
    response = client.post(PATH, content=content, headers=headers)
    assert response.status_code == 400
    assert status(response).code == 3
    assert "body" in status(response).message
    assert not seen


def test_bad_json_is_told_in_json(client: httpx2.Client) -> None:
    """The Status is in the request's encoding."""
    response = client.post(PATH, content=GOOD, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, 3)


@pytest.mark.parametrize("content_type", ["text/plain", "application/grpc", "application/json+x", ""])
def test_another_content_type_is_not_taken(client: httpx2.Client, content_type: str) -> None:
    """A media type that is not OTLP's is a 415 that names those that are."""
    response = client.post(PATH, content=GOOD, headers={"content-type": content_type})
    assert response.status_code == 415
    assert response.headers["accept"] == "application/x-protobuf, application/json"
    assert response.json()["code"] == 3


def test_no_content_type_is_not_taken(client: httpx2.Client) -> None:
    """A body without a Content-Type is not guessed at."""
    assert client.post(PATH, content=GOOD).status_code == 415


def test_another_encoding_is_not_taken(client: httpx2.Client) -> None:
    """A Content-Encoding that nobody here undoes is a 415 that names those that we do."""
    response = client.post(PATH, content=GOOD, headers=PROTOBUF | {"content-encoding": "br"})
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "gzip, deflate, zstd"
    assert status(response).message == "unsupported content encoding 'br'"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
def test_another_method_is_not_allowed(client: httpx2.Client, method: str) -> None:
    """Only POST delivers; there is no CORS to ask for."""
    response = client.request(method, PATH)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "access-control-allow-origin" not in response.headers


small = pytest.mark.parametrize("limits", [Limits(body_bytes_max=1000, body_decoded_bytes_max=5000)])


@small
def test_a_length_over_the_bound_is_refused_unread(url: str, seen: list[telemetry.Span]) -> None:
    """A Content-Length that is too large is a 413 before any of the body is sent."""
    answer = exchange(url, f"POST {PATH} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 1001\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert not seen


@small
def test_a_stream_over_the_bound_is_refused(client: httpx2.Client) -> None:
    """A body without a length is a 413 once it is too large."""
    response = client.post(PATH, content=iter([b"x" * 600] * 2), headers=PROTOBUF)
    assert (response.status_code, status(response).code) == (413, 8)
    assert not status(response).details


@small
def test_a_body_over_the_bound_once_decompressed_is_refused(client: httpx2.Client) -> None:
    """A bomb is a 413, and not to be sent again."""
    response = client.post(PATH, content=gzip.compress(bytes(5001)), headers=PROTOBUF | {"content-encoding": "gzip"})
    assert response.status_code == 413
    assert "retry-after" not in response.headers


def test_a_bomb_leaves_the_server_well(client: httpx2.Client, seen: list[telemetry.Span]) -> None:
    """After 1 GiB of zeros in a gzip body, refused, the next request is recorded as ever."""
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    block = bytes(1 << 24)

    def bomb() -> Iterator[bytes]:
        for _ in range(64):
            yield packer.compress(block)
        yield packer.flush()

    response = client.post(PATH, content=bomb(), headers=PROTOBUF | {"content-encoding": "gzip"}, timeout=60)
    assert response.status_code == 413
    assert client.post(PATH, content=GOOD, headers=PROTOBUF).status_code == 200
    assert len(seen) == 2


def exchange(url: str, sent: str, *, finish: bool = False) -> bytes:
    """Send a request as bytes, the Host header supplied, and return the start of the answer."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent.replace("\r\n", f"\r\nhost: {host}\r\n", 1).encode())
        if finish:
            connection.shutdown(socket.SHUT_WR)
        return connection.recv(4096)


@pytest.mark.parametrize("limits", [Limits(body_seconds_max=0.05)])
def test_a_body_that_does_not_come_is_given_up(url: str) -> None:
    """A client that promises more than it sends is told so in time, and let go."""
    sent = f"POST {PATH} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    answer = exchange(url, sent)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer


def test_a_client_that_leaves_early_does_no_harm(
    url: str, client: httpx2.Client, seen: list[telemetry.Span], caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that ends within a body is forgotten: nothing recorded, nothing logged, the server well."""
    sent = f"POST {PATH} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    assert exchange(url, sent, finish=True) == b""
    assert client.post(PATH, content=GOOD, headers=PROTOBUF).status_code == 200
    assert len(seen) == 2
    assert not caplog.records


@pytest.mark.parametrize("length", ["-1", "1e3", "5, 6", "99999999999999999999999"])
def test_a_length_that_is_none_is_refused(url: str, length: str) -> None:
    """A Content-Length that is no number is an error of the client's."""
    answer = exchange(
        url, f"POST {PATH} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 4")


def test_a_length_too_short_cuts_the_body(url: str, seen: list[telemetry.Span]) -> None:
    """What lies beyond the Content-Length is no part of the body."""
    sent = f"POST {PATH} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{GOOD_JSON.decode()}"
    assert exchange(url, sent).startswith(b"HTTP/1.1 400 ")
    assert not seen


class _BrokenStore(MemoryStore):
    """A store whose disk is full, or whose code is wrong."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, *_: object) -> Any:  # noqa: ANN401 (it never returns)
        raise self.error


@pytest.mark.parametrize("store", [_BrokenStore(UnavailableError("the disk is full"))])
def test_a_store_that_cannot_answer_is_retryable(client: httpx2.Client) -> None:
    """A 503 says when to try again, in the header and in the Status."""
    response = client.post(PATH, content=GOOD, headers=PROTOBUF)
    retry = error_details_pb2.RetryInfo()
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert status(response).message == "the disk is full"
    assert status(response).details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 5


@pytest.mark.parametrize("store", [_BrokenStore(ValueError("secret"))])
def test_a_bug_is_ours_and_not_retryable(client: httpx2.Client) -> None:
    """A 500 tells nothing of its cause."""
    response = client.post(PATH, content=GOOD_JSON, headers=JSON)
    assert (response.status_code, response.json()) == (500, {"code": 13, "message": "internal error"})
    assert "retry-after" not in response.headers


def test_a_server_on_its_way_down_is_retryable(client: httpx2.Client, recorder: Recorder) -> None:
    """Once the recorder is closed, exporters are asked to come back."""
    recorder.close()
    assert client.post(PATH, content=GOOD, headers=PROTOBUF).status_code == 503


def test_whatever_is_sent_is_answered(client: httpx2.Client) -> None:
    """No bytes under any headers are a fault of ours."""
    headers = st.fixed_dictionaries(
        {"content-type": st.sampled_from(["application/x-protobuf", "application/json", "text/plain"])},
        optional={"content-encoding": st.sampled_from(["gzip", "deflate", "zstd", "gzip, gzip", "br"])},
    )

    @settings(max_examples=150, deadline=None)
    @given(headers, st.sampled_from([GOOD, GOOD_JSON, gzip.compress(GOOD, mtime=0), zstd.compress(GOOD)]), st.randoms())
    def run(headers: dict[str, str], content: bytes, chance: random.Random) -> None:
        damaged = bytearray(content)
        for _ in range(chance.randrange(4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        assert client.post(PATH, content=bytes(damaged), headers=headers).status_code in {200, 400, 415}

    run()
