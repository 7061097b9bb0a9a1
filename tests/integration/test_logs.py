"""OpenTelemetry's own log exporters, over HTTP and gRPC, against a server that restarts between logs and spans."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import use_span

from tests.integration.conftest import Connect
from tests.integration.serving import HOST, Server, free_port, start

Exporters = Callable[[Server, int], tuple[LogRecordExporter, SpanExporter]]


def over_http(server: Server, _grpc_port: int) -> tuple[LogRecordExporter, SpanExporter]:
    """Return exporters as ``OTEL_EXPORTER_OTLP_ENDPOINT`` makes them, compressing."""
    return (
        HttpLogExporter(f"{server.url}/v1/logs", compression=Compression.Gzip),
        HttpSpanExporter(f"{server.url}/v1/traces", compression=Compression.Gzip),
    )


def over_grpc(_server: Server, grpc_port: int) -> tuple[LogRecordExporter, SpanExporter]:
    """Return exporters of OTLP/gRPC."""
    endpoint = f"http://{HOST}:{grpc_port}"
    return GrpcLogExporter(endpoint, insecure=True), GrpcSpanExporter(endpoint, insecure=True)


def said(spans: list[dict[str, object]]) -> object:
    """Return the texts of the only span's messages."""
    (span,) = spans
    attributes = span["attributes"]
    assert isinstance(attributes, dict)
    lists = (attributes.get("inputMessages", []), attributes.get("outputMessages", []))
    return [message["values"][0]["text"]["value"] for message in itertools.chain(*lists)]


@pytest.mark.parametrize("exporters", [over_http, over_grpc])
def test_events_are_joined_over_a_restart(tmp_path: Path, connect: Connect, exporters: Exporters) -> None:
    """What was asked is logged before the span ends and what was answered after it, with restarts between."""
    resource, grpc_port = Resource.create({"service.name": "support"}), free_port()
    traces = TracerProvider(resource=resource)
    options = ("--grpc-port", str(grpc_port))

    def emit(server: Server, name: str, body: dict[str, Any]) -> None:
        logs = LoggerProvider(resource=resource)
        logs.add_log_record_processor(SimpleLogRecordProcessor(exporters(server, grpc_port)[0]))
        logs.get_logger("tests").emit(LogRecord(event_name=name, body=body, severity_number=SeverityNumber.INFO))
        logs.get_logger("tests").emit(LogRecord(event_name="app.heartbeat", body="not of GenAI"))
        logs.shutdown()

    span = traces.get_tracer("tests").start_span(
        "chat", attributes={"gen_ai.operation.name": "chat", "session.id": "visit-1"}
    )
    with start(tmp_path / "spans.db", *options) as server:
        with use_span(span):
            emit(server, "gen_ai.user.message", {"content": "Do I need an umbrella?"})
        (place,) = server.places()
        assert server.spans(place) == []
        (running,) = server.ask(f"/api{place.path}").json()["spans"]
        assert "endTimestamp" not in running
        assert running["attributes"]["inputMessages"][0]["values"] == [{"text": {"value": "Do I need an umbrella?"}}]
        assert server.stop() == 0
    with start(tmp_path / "spans.db", *options) as server:
        traces.add_span_processor(SimpleSpanProcessor(exporters(server, grpc_port)[1]))
        span.end()
        traces.shutdown()
        (place,) = server.places()
        assert said(connect(server).list_spans(**place._asdict())["spans"]) == ["Do I need an umbrella?"]
        server.kill()
    with start(tmp_path / "spans.db", *options) as server:
        with use_span(span):
            emit(server, "gen_ai.choice", {"message": {"content": "Take one."}, "finish_reason": "stop"})
        (place,) = server.places()
        assert said(connect(server).list_spans(**place._asdict())["spans"]) == ["Do I need an umbrella?", "Take one."]
        metrics = server.ask("/metrics").body.decode()
        assert "spanglass_log_records_total 1.0" in metrics
        assert "spanglass_dropped_log_records_total 1.0" in metrics
