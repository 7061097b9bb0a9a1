"""What drivers in Python share: tools, notes to the recorder, exporting. Runs in an emitter's environment."""

import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from typing import Any

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

EMITTER, CASE = sys.argv[1:3]
WORDS = set(CASE.split("_"))
"""What the case is about."""
QUESTIONS: list[str] = json.loads(os.environ["RECORDER_QUESTIONS"])
"""What the user says in this case, turn by turn."""
INSTRUCTIONS = os.environ["RECORDER_INSTRUCTIONS"]
SESSION = os.environ["RECORDER_SESSION"]
TIMEOUT_SECONDS = 1.0
"""Shorter than the scripted model hangs."""


def note(**told: Any) -> None:
    """Tell the recorder what happened next."""
    request = urllib.request.Request(  # noqa: S310 (the recorder's own address)
        f"{os.environ['RECORDER_URL']}/note", json.dumps(told).encode(), {"content-type": "application/json"}
    )
    urllib.request.urlopen(request).close()  # noqa: S310


def get_weather(city: str, unit: str = "celsius") -> str:
    """Tell the weather in a city.

    Args:
        city: The city.
        unit: The unit of the temperature.
    """
    result = f"18 C, cloudy in {city}"
    note(tool="get_weather", args={"city": city, "unit": unit}, result=result)
    return result


def calculate(expression: str) -> str:
    """Calculate an expression.

    Args:
        expression: The expression.
    """
    result = "391"
    note(tool="calculate", args={"expression": expression}, result=result)
    return result


def get_exchange_rate(base: str, quote: str) -> str:
    """Tell an exchange rate.

    Args:
        base: The currency to change.
        quote: The currency wanted.
    """
    error = f"unknown currency {quote}"
    note(tool="get_exchange_rate", args={"base": base, "quote": quote}, error=f"ValueError: {error}")
    raise ValueError(error)


TOOLS: dict[str, Callable[..., str]] = {tool.__name__: tool for tool in (get_weather, calculate, get_exchange_rate)}
PARAMETERS = {
    "get_weather": ("city", "unit"),
    "calculate": ("expression",),
    "get_exchange_rate": ("base", "quote"),
}


def schema(tool: str) -> dict[str, Any]:
    """Return a tool's parameters as JSON Schema."""
    return {"type": "object", "properties": {name: {"type": "string"} for name in PARAMETERS[tool]}}


def run_tool(name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
    """Run a tool as an agent would; return what the model is told, and whether that is an error."""
    try:
        return TOOLS[name](**arguments), False
    except ValueError as error:
        return f"Error: {error}", True


class Telemetry:
    """OpenTelemetry's SDK, set up to export spans and logs to the recorder."""

    def __init__(self) -> None:
        self.tracers = TracerProvider()
        exporter = (
            GrpcSpanExporter(endpoint=os.environ["RECORDER_GRPC"], insecure=True)
            if "grpc" in WORDS
            else OTLPSpanExporter()
        )
        self.tracers.add_span_processor(BatchSpanProcessor(exporter))
        trace.set_tracer_provider(self.tracers)
        self.loggers = LoggerProvider()
        self.loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        set_logger_provider(self.loggers)
        note(packages={one.metadata["Name"]: one.version for one in distributions() if _is_told(one.metadata["Name"])})

    def instrument(self, instrumentor: Any, **options: Any) -> None:
        """Have an instrumentation write to these providers."""
        instrumentor.instrument(tracer_provider=self.tracers, logger_provider=self.loggers, **options)

    def close(self) -> None:
        """Export what waits."""
        self.loggers.shutdown()
        self.tracers.shutdown()


def _is_told(package: str) -> bool:
    return package.startswith(tuple(PREFIXES))


PREFIXES = (
    *("opentelemetry-instrumentation", "opentelemetry-sdk", "opentelemetry-util", "openinference", "openai"),
    *("anthropic", "boto", "strands", "pydantic-ai", "langchain", "langgraph", "langsmith", "langfuse", "agno"),
    *("smolagents", "agent-framework", "llama-index", "google-adk", "google-genai", "crewai"),
)
"""How the names of packages begin whose versions are part of the truth."""


@contextmanager
def handled_request() -> Iterator[None]:
    """Open the root span of an application that calls a provider's SDK by itself."""
    attributes = {"session.id": SESSION, "app.note": "the driver's own root span"}
    tracer = trace.get_tracer("app")
    with tracer.start_as_current_span("handle_request", kind=trace.SpanKind.SERVER, attributes=attributes):
        yield


def ask_all(ask: Callable[[str], str]) -> None:
    """Put the case's questions one by one, and note what comes of each."""
    for question in QUESTIONS:
        note(user=question)
        try:
            note(agent_returned=ask(question))
        except Exception as error:  # noqa: BLE001 (whatever a framework raises is part of the truth)
            note(agent_raised=f"{type(error).__name__}: {error}"[:300])
