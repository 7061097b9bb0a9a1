"""OTLP/gRPC over a real channel: the same telemetry, the same failures, in gRPC's words."""

import asyncio
import gzip
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # has stubs, but says not
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from spanglass import telemetry
from spanglass.access import Anyone
from spanglass.config import Limits
from spanglass.otlp.grpc import serve_grpc
from spanglass.recording import Recorder
from spanglass.store.interface import UnavailableError
from spanglass.store.memory import MemoryStore


def request(*span_ids: bytes) -> bytes:
    """Return a request of spans with these ids."""
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add().scope_spans.add().spans
    for span_id in span_ids:
        spans.add(trace_id=b"t" * 16, span_id=span_id)
    return message.SerializeToString()


class _Refused(Exception):  # noqa: N818 (an outcome)
    def __init__(self, error: Any) -> None:  # noqa: ANN401 (grpc's error has no type of its own)
        self.code = error.code()
        self.message = error.details()
        metadata = dict(error.trailing_metadata())
        self.status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
        super().__init__(self.code, self.message)


class _Client:
    def __init__(self, channel: grpc.Channel) -> None:
        path = "/opentelemetry.proto.collector.{}.v1.{}Service/Export"
        self._export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path.format("trace", "Trace"))
        self._export_logs: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path.format("logs", "Logs"))

    def export_logs(self, body: bytes, compression: grpc.Compression | None = None) -> ExportLogsServiceResponse:
        try:
            return ExportLogsServiceResponse.FromString(self._export_logs(body, compression=compression, timeout=30))
        except grpc.RpcError as error:
            raise _Refused(error) from None

    def export(self, body: bytes, compression: grpc.Compression | None = None) -> ExportTraceServiceResponse:
        try:
            return ExportTraceServiceResponse.FromString(self._export(body, compression=compression, timeout=30))
        except grpc.RpcError as error:
            raise _Refused(error) from None


@pytest.fixture
def client(grpc_target: str) -> Iterator[_Client]:
    with grpc.insecure_channel(grpc_target, options=[("grpc.max_send_message_length", -1)]) as channel:
        yield _Client(channel)


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_spans_arrive(client: _Client, seen: list[telemetry.Span], compression: grpc.Compression | None) -> None:
    """A request is recorded, compressed or not."""
    assert client.export(request(b"spanid-1", b"spanid-2"), compression) == ExportTraceServiceResponse()
    assert [span.span_id for span in seen] == [b"spanid-1", b"spanid-2"]


def test_an_empty_request(client: _Client) -> None:
    """A request of no spans is fine."""
    assert client.export(b"") == ExportTraceServiceResponse()


def test_partial_success(client: _Client, seen: list[telemetry.Span]) -> None:
    """Spans that cannot be kept are counted in an OK."""
    partial = client.export(request(b"short", b"spanid-1")).partial_success
    assert partial.rejected_spans == 1
    assert partial.error_message == "1 of 2 spans rejected: span 0: spanId has 5 bytes, not 8"
    assert [span.span_id for span in seen] == [b"spanid-1"]


@pytest.mark.parametrize(
    "body",
    [request(b"spanid-1")[:-1], b"garbage", gzip.compress(request(b"spanid-1"), mtime=0)],
    ids=["cut", "garbage", "gzip"],
)
def test_a_body_that_is_none_is_an_invalid_argument(client: _Client, body: bytes) -> None:
    """Bad data is refused for good, with the reason."""
    with pytest.raises(_Refused, match="no ExportTraceServiceRequest") as caught:
        client.export(body)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (caught.value.status.code, caught.value.status.message) == (3, caught.value.message)
    assert not caught.value.status.details


@pytest.mark.parametrize("limits", [Limits(body_decoded_bytes_max=1 << 20)])
@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_a_message_over_the_bound_is_refused_for_good(
    client: _Client, seen: list[telemetry.Span], compression: grpc.Compression | None
) -> None:
    """What is too large, as sent or once decompressed, is RESOURCE_EXHAUSTED without a RetryInfo."""
    with pytest.raises(_Refused) as caught:
        client.export(bytes(1 + (1 << 20)), compression)
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not caught.value.status.details
    client.export(request(b"spanid-1"))
    assert len(seen) == 1


class _BrokenStore(MemoryStore):
    """A store whose disk is full, or whose code is wrong."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, *_: object) -> Any:  # noqa: ANN401 (it never returns)
        raise self.error


@pytest.mark.parametrize("store", [_BrokenStore(UnavailableError("the disk is full: ü"))])
def test_a_store_that_cannot_answer_is_retryable(client: _Client) -> None:
    """UNAVAILABLE says when to try again."""
    with pytest.raises(_Refused) as caught:
        client.export(request(b"spanid-1"))
    retry = error_details_pb2.RetryInfo()
    assert (caught.value.code, caught.value.message) == (grpc.StatusCode.UNAVAILABLE, "the disk is full: ü")
    assert caught.value.status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 5


@pytest.mark.parametrize("store", [_BrokenStore(ValueError("secret"))])
def test_a_bug_is_ours_and_not_retryable(client: _Client) -> None:
    """INTERNAL tells nothing of its cause."""
    with pytest.raises(_Refused) as caught:
        client.export(request(b"spanid-1"))
    assert (caught.value.code, caught.value.message) == (grpc.StatusCode.INTERNAL, "internal error")


def test_port_0_serves_none(recorder: Recorder, limits: Limits) -> None:
    """With gRPC turned off there is a server to stop, but nothing listens."""

    async def run() -> None:
        server = await serve_grpc(recorder, Anyone(), limits, "127.0.0.1", 0)
        await server.stop(None)

    asyncio.run(run())


def test_a_host_that_is_not_ours_is_told(recorder: Recorder, limits: Limits) -> None:
    """An address that cannot be bound fails at once."""
    with pytest.raises(RuntimeError):
        asyncio.run(serve_grpc(recorder, Anyone(), limits, "192.0.2.1", 4317))


def logs(*span_ids: bytes) -> bytes:
    """Return a request of log records of these spans."""
    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    for span_id in span_ids:
        records.add(trace_id=b"t" * 16, span_id=span_id, event_name="gen_ai.choice")
    return message.SerializeToString()


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_log_records_arrive(
    client: _Client, seen_logs: list[telemetry.LogRecord], compression: grpc.Compression | None
) -> None:
    """Log records have a service of their own, with partial success as spans have it."""
    response = client.export_logs(logs(b"spanid-1", b"short"), compression)
    assert (response.partial_success.rejected_log_records, response.partial_success.error_message) == (
        1,
        "1 of 2 log records rejected: log record 1: spanId has 5 bytes, not 8",
    )
    assert [record.span_id for record in seen_logs] == [b"spanid-1"]


def test_logs_that_are_none(client: _Client) -> None:
    """A body that is no request is refused for good, by the name of what it should have been."""
    with pytest.raises(_Refused, match="the body is no ExportLogsServiceRequest in protobuf") as refused:
        client.export_logs(b"\xff")
    assert refused.value.code == grpc.StatusCode.INVALID_ARGUMENT
    assert not refused.value.status.details
