"""The scripted model's server, asked by the providers' own clients."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from recorder.recording import Recording
from recorder.server import Ends, serving

TRIP = "What is the weather in Paris, what is 17*23, and the EUR/XYZ rate?"
NAMES = ("get_weather", "calculate", "get_exchange_rate")
FIRST_TEXT = "Let me look that up."
FIRST_CALLS = [("get_weather", {"city": "Paris", "unit": "celsius"}), ("calculate", {"expression": "17*23"})]


class Heard(Recording):
    """A recording that can be looked into."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[dict[str, Any]] = []
        self.bodies: list[tuple[str, bytes]] = []

    def note(self, told: dict[str, Any]) -> None:
        """Take down what happened next."""
        self.notes.append(told)

    def take(self, signal: Any, body: bytes, headers: dict[str, str]) -> None:  # noqa: ANN401 (a Signal)
        """Take down an export."""
        self.bodies.append((signal + "/" + headers.get("transport", "http"), body))


@pytest.fixture(name="heard")
def _heard() -> Heard:
    return Heard()


@pytest.fixture(name="ends")
def _ends(heard: Heard) -> Iterator[Ends]:
    with serving(heard) as ends:
        yield ends


def _post(url: str, body: dict[str, Any]) -> bytes:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310 (the server under test)
        return bytes(response.read())


def _events(stream: bytes) -> list[Any]:
    lines = [line.removeprefix(b"data: ") for line in stream.splitlines() if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def _chat_request() -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in NAMES]
    return {"model": "m", "messages": [{"role": "user", "content": TRIP}], "tools": tools}


def _arguments(calls: list[Any]) -> list[tuple[str, Any]]:
    return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]


def test_chat_completions(ends: Ends, heard: Heard) -> None:
    """The answer has the script's text, calls and tokens, and both sides are taken down."""
    answer = json.loads(_post(f"{ends.url}/v1/chat/completions", _chat_request()))
    (choice,) = answer["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == (FIRST_TEXT, "tool_calls")
    assert _arguments(choice["message"]["tool_calls"]) == FIRST_CALLS
    assert answer["usage"]["prompt_tokens"] == 212
    assert [list(note)[-1] for note in heard.notes] == ["request", "response"]


def test_streamed_chat_completions_add_up_to_the_whole(ends: Ends) -> None:
    """The pieces of a streamed answer, joined, are the answer."""
    options = {"stream": True, "stream_options": {"include_usage": True}}
    events = _events(_post(f"{ends.url}/v1/chat/completions", _chat_request() | options))
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == FIRST_TEXT
    parts = [part for delta in deltas for part in delta.get("tool_calls", [])]
    joined = ["".join(part["function"]["arguments"] for part in parts if part["index"] == at) for at in (0, 1)]
    assert [json.loads(text) for text in joined] == [arguments for _, arguments in FIRST_CALLS]
    assert events[-1]["usage"]["total_tokens"] == 260


def test_responses(ends: Ends) -> None:
    """Text and calls are items of their own; a stream ends with the whole."""
    request = {"model": "m", "input": TRIP, "tools": [{"type": "function", "name": name} for name in NAMES]}
    answer = json.loads(_post(f"{ends.url}/v1/responses", request))
    assert [item["type"] for item in answer["output"]] == ["message", "function_call", "function_call"]
    events = _events(_post(f"{ends.url}/v1/responses", request | {"stream": True}))
    assert events[-1]["response"]["output"] == answer["output"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_messages(ends: Ends) -> None:
    """Anthropic's usage counts cached tokens beside the input, and a stream's blocks add up to the whole."""
    request = {
        "model": "m",
        "messages": [{"role": "user", "content": TRIP}],
        "tools": [{"name": name} for name in NAMES],
    }
    answer = json.loads(_post(f"{ends.url}/v1/messages", request))
    assert [block["type"] for block in answer["content"]] == ["text", "tool_use", "tool_use"]
    assert (answer["usage"]["input_tokens"], answer["usage"]["cache_creation_input_tokens"]) == (84, 128)
    events = _events(_post(f"{ends.url}/v1/messages", request | {"stream": True}))
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == FIRST_TEXT


def test_gemini(ends: Ends, heard: Heard) -> None:
    """Calls have no ids, a model's thoughts count beside its answer, and a stream's pieces add up to the whole."""
    place = f"{ends.url}/v1beta/models/gemini-1"
    request = {
        "contents": [{"role": "user", "parts": [{"text": TRIP}]}],
        "tools": [{"functionDeclarations": [{"name": name} for name in NAMES]}],
    }
    answer = json.loads(_post(f"{place}:generateContent", request))
    parts = answer["candidates"][0]["content"]["parts"]
    assert parts[0] == {"text": FIRST_TEXT}
    assert [(part["functionCall"]["name"], part["functionCall"]["args"]) for part in parts[1:]] == FIRST_CALLS
    assert heard.notes[0]["model"] == "gemini-1"
    events = _events(_post(f"{place}:streamGenerateContent", request))
    told = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
    assert "".join(part.get("text", "") for part in told) == FIRST_TEXT
    assert [part for part in told if "functionCall" in part] == parts[1:]
    assert events[-1]["usageMetadata"]["totalTokenCount"] == 260
    think = {"contents": [{"role": "user", "parts": [{"text": "Think hard"}]}]}
    usage = json.loads(_post(f"{place}:generateContent", think))["usageMetadata"]
    assert (usage["candidatesTokenCount"], usage["thoughtsTokenCount"], usage["totalTokenCount"]) == (30, 60, 154)


def _bedrock(ends: Ends) -> Any:  # noqa: ANN401 (boto3's clients have no type)
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=ends.url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",  # noqa: S106 (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}),
    )


def _converse_request(question: str) -> dict[str, Any]:
    tools = [{"toolSpec": {"name": name, "inputSchema": {"json": {}}}} for name in NAMES]
    return {
        "modelId": "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "messages": [{"role": "user", "content": [{"text": question}]}],
        "toolConfig": {"tools": tools},
    }


def test_boto3_reads_converse_and_its_stream_alike(ends: Ends, heard: Heard) -> None:
    """Unmodified boto3 reads the answer, and the binary event stream as the same answer; the model is taken down."""
    client = _bedrock(ends)
    content = client.converse(**_converse_request(TRIP))["output"]["message"]["content"]
    assert [(block["toolUse"]["name"], block["toolUse"]["input"]) for block in content[1:]] == FIRST_CALLS
    events = list(client.converse_stream(**_converse_request(TRIP))["stream"])
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert "".join(delta.get("text", "") for delta in deltas) == content[0]["text"] == FIRST_TEXT
    assert [json.loads(delta["toolUse"]["input"]) for delta in deltas if "toolUse" in delta] == [
        arguments for _, arguments in FIRST_CALLS
    ]
    assert events[-1]["metadata"]["usage"]["totalTokens"] == 260
    assert heard.notes[0]["model"] == "anthropic.claude-3-5-sonnet-20241022-v2:0"


def test_failures_are_the_providers(ends: Ends, heard: Heard) -> None:
    """A failing call has the provider's status and error, and no response in the truth."""
    with pytest.raises(ClientError) as caught:
        _bedrock(ends).converse(**_converse_request("boom429 please"))
    assert caught.value.response["Error"] == {"Code": "ThrottlingException", "Message": "Too many requests"}
    assert not any("response" in note for note in heard.notes)


def test_other_paths_are_told_apart(ends: Ends, heard: Heard) -> None:
    """A call of an API that has no script is refused and stands in the truth."""
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _post(f"{ends.url}/v1/embeddings", {})
    assert heard.notes == [{"unhandled": "/v1/embeddings"}]


def test_exports_over_http_and_grpc_are_kept_as_they_came(ends: Ends, heard: Heard) -> None:
    """Bodies reach the recording byte for byte, with the transport told."""
    _post(f"{ends.url}/v1/logs", {"resourceLogs": []})
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=ends.grpc_address, insecure=True)))
    tracers.get_tracer("t").start_span("chat").end()
    tracers.shutdown()
    assert heard.bodies[0] == ("logs/http", b'{"resourceLogs": []}')
    assert heard.bodies[1][0] == "traces/grpc"
    assert b"chat" in heard.bodies[1][1]
