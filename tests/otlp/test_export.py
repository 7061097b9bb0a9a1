"""Spans of the real OpenTelemetry SDK, sent by its real exporters, arrive whole over HTTP and gRPC."""

from collections.abc import Iterator, Sequence

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

from spanglass import telemetry
from spanglass.mapping import Mapper
from spanglass.store.memory import MemoryStore


@pytest.fixture(scope="module")
def emitted() -> Sequence[ReadableSpan]:
    """An agent's run of a failing tool, as the SDK ends it: the child first."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "agent"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("spanglass.tests", "1.2", attributes={"library": True})
    with tracer.start_as_current_span("invoke_agent", kind=SpanKind.CLIENT) as root:
        root.set_attributes({"gen_ai.conversation.id": "é-1", "stop": ["a", "b"], "n": 3, "t": 0.5, "on": False})
        with tracer.start_as_current_span("execute_tool") as tool:
            tool.add_event("exception", {"exception.message": "no such city"})
            tool.set_status(Status(StatusCode.ERROR, "failed"))
    provider.shutdown()
    return memory.get_finished_spans()


@pytest.fixture(params=["http", "http gzip", "http deflate", "grpc", "grpc gzip"])
def exporter(request: pytest.FixtureRequest, url: str, grpc_target: str) -> Iterator[SpanExporter]:
    carrier, _, compression = str(request.param).partition(" ")
    exporter: SpanExporter
    if carrier == "http":
        exporter = HttpExporter(f"{url}/v1/traces", compression=Compression(compression or "none"))
    else:
        wanted = grpc.Compression[compression.title() or "NoCompression"]
        exporter = GrpcExporter(grpc_target, insecure=True, compression=wanted)
    yield exporter
    exporter.shutdown()


def test_what_the_sdk_emits_arrives(
    exporter: SpanExporter, emitted: Sequence[ReadableSpan], seen: list[telemetry.Span]
) -> None:
    """Each member of the SDK's spans is the same here, whatever carried it, and the exporter reports success."""
    assert exporter.export(emitted) is SpanExportResult.SUCCESS
    tool, root = seen
    for ours, theirs in zip((tool, root), emitted, strict=True):
        context = theirs.get_span_context()
        assert context
        assert (ours.trace_id, ours.span_id) == (
            context.trace_id.to_bytes(16, "big"),
            context.span_id.to_bytes(8, "big"),
        )
        assert (ours.name, ours.start_ns, ours.end_ns) == (theirs.name, theirs.start_time, theirs.end_time)
        assert ours.resource.attributes["service.name"] == "agent"
        assert (ours.scope.name, ours.scope.version, ours.scope.attributes) == (
            "spanglass.tests",
            "1.2",
            {"library": True},
        )
    assert root.attributes == {"gen_ai.conversation.id": "é-1", "stop": ["a", "b"], "n": 3, "t": 0.5, "on": False}
    assert (root.kind, root.parent_span_id, root.status_code) == (3, b"", 0)
    assert (tool.kind, tool.parent_span_id) == (1, root.span_id)
    assert (tool.status_code, tool.status_message) == (2, "failed")
    assert [(event.name, event.attributes) for event in tool.events] == [
        ("exception", {"exception.message": "no such city"})
    ]


@pytest.mark.parametrize("mapper", [Mapper(memo_bytes_max=1 << 20, document_depth_max=8)])
def test_what_the_sdk_emits_can_be_read(
    exporter: SpanExporter, emitted: Sequence[ReadableSpan], store: MemoryStore
) -> None:
    """Success means readable: the session is there at once, its tree whole, and sending it again changes nothing."""
    for _ in range(2):
        assert exporter.export(emitted) is SpanExportResult.SUCCESS
        (session,) = store.sessions().sessions
        assert (session.name, session.assistant_name) == ("é-1", "agent")
        assert (session.spans, session.roots, session.errors) == (2, 1, 1)
        page = store.spans(session.assistant_id, session.session_id)
        assert page
        root, tool = page.spans
        assert tool.parent_span_id == root.span_id
