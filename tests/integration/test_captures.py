"""The recorded exports of real emitters, over real HTTP, read back with unmodified boto3: what really happened."""

import contextlib
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.captures import CAPTURES, exported, log_paths, paths, truth_path, without
from tests.integration.conftest import Connect
from tests.integration.serving import JSON, PROTOBUF, Connection, Server, free_port, start
from tests.truth import compare, expected

Spans: TypeAlias = dict[str, list[dict[str, Any]]]
Call: TypeAlias = "grpc.UnaryUnaryMultiCallable[bytes, bytes]"
MEDIA_TYPES: Final = {".pb": PROTOBUF, ".json": JSON}


def sent(server: Server, capture: str) -> None:
    """Send a capture as it was recorded, its spans and its log records."""
    for path in paths(capture):
        answer = server.ask("/v1/traces", path.read_bytes(), MEDIA_TYPES[path.suffix])
        assert (answer.status, answer.body) == (200, b"{}" if path.suffix == ".json" else b"")
    for logs in log_paths(capture):
        answer = server.ask("/v1/logs", logs.read_bytes())
        assert (answer.status, answer.body) == (200, b"")


def read(server: Server, connect: Connect) -> Spans:
    """Return all spans of all sessions as boto3 pages through them, by trace; a trace stands in one session."""
    paginator, spans = connect(server).get_paginator("list_spans"), Spans()
    for place in server.places():
        pages = paginator.paginate(**place._asdict(), PaginationConfig={"PageSize": 7})
        listed: Spans = {}
        for span in (span for page in pages for span in page["spans"]):
            assert (span["assistantId"], span["sessionId"]) == place
            listed.setdefault(span["requestId"], []).append(span)
        assert listed.keys().isdisjoint(spans)
        spans |= listed
    return spans


pytestmark = pytest.mark.xdist_group("captures")  # all of them are sent but once


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, connect: Connect) -> Iterator[Spans]:
    """Return what is listed after each capture was sent once."""
    with start(tmp_path_factory.mktemp("once") / "spans.db") as server:
        for capture in CAPTURES:
            sent(server, capture)
        yield read(server, connect)


@pytest.mark.parametrize("capture", CAPTURES)
def test_boto3_lists_what_happened(once: Spans, capture: str) -> None:
    """What boto3 lists of a recorded session is what happened in it, as far as its emitter told."""
    traces = {str(uuid.UUID(bytes=span.trace_id)) for span in exported(capture)}
    spans = [span for trace in traces for span in once.get(trace, [])]
    assert compare(expected(truth_path(capture)), spans, without(capture)) == []


def test_repeated_and_shuffled(tmp_path: Path, connect: Connect, once: Spans) -> None:
    """All captures sent twice, in any order, with a restart between, leave what sending each once leaves."""
    bodies = [*CAPTURES, *CAPTURES]
    random.Random(6).shuffle(bodies)  # noqa: S311 (a seed, so that a failure comes again)
    for half in (bodies[: len(CAPTURES)], bodies[len(CAPTURES) :]):
        with start(tmp_path / "spans.db") as server:
            for capture in half:
                sent(server, capture)
            spans = read(server, connect)
    assert spans == once


def test_span_by_span_in_any_order(tmp_path: Path, connect: Connect, once: Spans) -> None:
    """Spans and log records of all captures, one a request, in any order, leave what whole captures leave."""
    recorded = [capture for capture in CAPTURES if {path.suffix for path in paths(capture)} == {".pb"}]
    alone = [("/v1/traces", body) for capture in recorded for path in paths(capture) for body in cut(path)]
    logs = [("/v1/logs", body) for capture in recorded for path in log_paths(capture) for body in cut_logs(path)]
    bodies = [*alone, *logs]
    random.Random(7).shuffle(bodies)  # noqa: S311
    with start(tmp_path / "spans.db") as server:
        with contextlib.closing(Connection(server.port)) as connection:
            for target, body in bodies:
                assert connection.ask(target, body).status == 200
        for capture in set(CAPTURES) - set(recorded):
            sent(server, capture)
        spans = read(server, connect)
    assert spans == once
    assert len(logs) > 200


def test_grpc_tells_the_same(tmp_path: Path, connect: Connect, once: Spans) -> None:
    """All captures over gRPC leave what they leave over HTTP; what was recorded as JSON is sent as that."""
    port = free_port()
    with (
        start(tmp_path / "spans.db", "--grpc-port", str(port)) as server,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        export: Call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        export_logs: Call = channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export")
        for capture in CAPTURES:
            for path in paths(capture):
                if path.suffix == ".pb":
                    assert export(path.read_bytes()) == b""
                else:
                    assert server.ask("/v1/traces", path.read_bytes(), JSON).status == 200
            for path in log_paths(capture):
                assert export_logs(path.read_bytes()) == b""
        spans = read(server, connect)
    assert spans == once


def cut(path: Path) -> Iterator[bytes]:
    """Yield a request for each span of one."""
    for resource_spans in ExportTraceServiceRequest.FromString(path.read_bytes()).resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                request = ExportTraceServiceRequest()
                alone = request.resource_spans.add(
                    resource=resource_spans.resource, schema_url=resource_spans.schema_url
                )
                alone.scope_spans.add(scope=scope_spans.scope, schema_url=scope_spans.schema_url, spans=[span])
                yield request.SerializeToString()


def cut_logs(path: Path) -> Iterator[bytes]:
    """Yield a request for each log record of one."""
    for resource_logs in ExportLogsServiceRequest.FromString(path.read_bytes()).resource_logs:
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                request = ExportLogsServiceRequest()
                alone = request.resource_logs.add(resource=resource_logs.resource, schema_url=resource_logs.schema_url)
                alone.scope_logs.add(scope=scope_logs.scope, schema_url=scope_logs.schema_url, log_records=[record])
                yield request.SerializeToString()
