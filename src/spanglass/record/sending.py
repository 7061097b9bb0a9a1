"""Where spans go."""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from spanglass.record.inheritance import Inheriting
from spanglass.record.recording import CONTENT


def setup(
    endpoint: str | None = None,
    *,
    service_name: str | None = None,
    headers: Mapping[str, str] | None = None,
    content: bool = True,
) -> TracerProvider:
    """Send the program's spans to a server, in batches and once more at its end; return OpenTelemetry's provider.

    ``endpoint`` is the server's address, without a path; what is not given is OpenTelemetry's environment's to say.
    ``headers`` may hold a bearer token. Without ``content`` nothing is recorded of what was said: no messages,
    arguments, results, details of guardrails, and of an exception nothing but its class. A provider that the program
    has already is kept.
    """
    CONTENT["kept"] = content
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(resource=Resource.create({"service.name": service_name} if service_name else {}))
        trace.set_tracer_provider(provider)
    url = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
    provider.add_span_processor(Inheriting())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url, headers=dict(headers) if headers else None)))
    return provider
