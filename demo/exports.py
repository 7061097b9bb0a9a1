"""The recordings that the demonstration sends: request bodies as the frameworks' own exporters sent them."""

import urllib.request
from pathlib import Path
from typing import NamedTuple

RECORDINGS = Path(__file__).parents[1] / "tests" / "data" / "otlp"


class Export(NamedTuple):
    """One recorded request body."""

    framework: str
    path: str


EXPORTS = (
    Export("OpenAI SDK", "openai--genai/chat_tools_span.pb"),
    Export("Anthropic SDK", "anthropic--genai/stream_tools_span.pb"),
    Export("Pydantic AI", "pydantic-ai/chat_v6.pb"),
    Export("Strands Agents on Amazon Bedrock", "strands/bedrock_latest_attrs_tools_refusal.pb"),
    Export("Vercel AI SDK, in OTLP/JSON", "vercel-ai/v7_stream_tools.json"),
)


def send(url: str, export: Export) -> str:
    """POST a recording to /v1/traces and return what to say of it; an error status raises."""
    body = (RECORDINGS / export.path).read_bytes()
    kind = "application/json" if export.path.endswith(".json") else "application/x-protobuf"
    request = urllib.request.Request(f"{url}/v1/traces", body, {"content-type": kind})  # noqa: S310 (http, on loopback)
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return f"{len(body):>7,} bytes   {answer.status} {answer.reason}"
