"""Amazon Bedrock's Converse and ConverseStream."""

import binascii
import json
import struct
from collections.abc import Iterator
from typing import Final

from recorder.protocols.protocol import Json, Protocol, parts, text_of
from recorder.script import Failure, Finish, Reply, Said

_FINISH: Final[dict[Finish, str]] = {"stop": "end_turn", "tools": "tool_use", "refusal": "guardrail_intervened"}
_HEADERS: Final = {"x-amzn-requestid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}
_STRING: Final = 7
"""The type of a header's value that is text (Amazon's event stream encoding)."""


def _read(request: Json) -> tuple[list[Said], list[str]]:
    said = [Said("system", text_of(request["system"]))] if request.get("system") else []
    for message in request["messages"]:
        results = sum("toolResult" in block for block in message["content"])
        said.append(Said(message["role"], text_of(message["content"]), results))
    tools = (request.get("toolConfig") or {}).get("tools", [])
    return said, [tool.get("toolSpec", {}).get("name", "") for tool in tools]


def _content(reply: Reply) -> Iterator[Json]:
    if reply.reasoning:
        text = {"text": reply.reasoning, "signature": "c2lnbmF0dXJl"}
        yield {"reasoningContent": {"reasoningText": text}}
    if reply.text:
        yield {"text": reply.text}
    for call in reply.calls:
        yield {"toolUse": {"toolUseId": f"tooluse_{call.id}", "name": call.name, "input": call.arguments}}


def _respond(_request: Json, reply: Reply) -> Json:
    usage = reply.usage
    response: Json = {
        "output": {"message": {"role": "assistant", "content": list(_content(reply))}},
        "stopReason": _FINISH[reply.finish],
        "usage": {
            "inputTokens": usage.input - usage.cache_read - usage.cache_write,
            "outputTokens": usage.output,
            "totalTokens": usage.input + usage.output,
            "cacheReadInputTokens": usage.cache_read,
            "cacheWriteInputTokens": usage.cache_write,
        },
        "metrics": {"latencyMs": 123},
    }
    if reply.finish == "refusal":
        topic = {"name": "Burglary", "type": "DENY", "action": "BLOCKED", "detected": True}
        assessment = {"gr-abc123": {"topicPolicy": {"topics": [topic]}}}
        response["trace"] = {"guardrail": {"actionReason": "Guardrail blocked.", "inputAssessment": assessment}}
    return response


def _stream(_request: Json, response: Json) -> Iterator[bytes]:
    yield _event("messageStart", {"role": "assistant"})
    for at, block in enumerate(response["output"]["message"]["content"]):
        place = {"contentBlockIndex": at}
        if "toolUse" in block:
            use = {name: block["toolUse"][name] for name in ("toolUseId", "name")}
            yield _event("contentBlockStart", place | {"start": {"toolUse": use}})
        for delta in _deltas(block):
            yield _event("contentBlockDelta", place | {"delta": delta})
        yield _event("contentBlockStop", place)
    yield _event("messageStop", {"stopReason": response["stopReason"]})
    yield _event("metadata", {name: response[name] for name in ("usage", "metrics", "trace") if name in response})


def _deltas(block: Json) -> list[Json]:
    if "text" in block:
        return [{"text": part} for part in parts(block["text"], 3)]
    if "toolUse" in block:
        return [{"toolUse": {"input": json.dumps(block["toolUse"]["input"])}}]
    thought = block["reasoningContent"]["reasoningText"]
    return [{"reasoningContent": {name: thought[name]}} for name in ("text", "signature")]


def _event(name: str, told: Json) -> bytes:
    """Frame one event: lengths, headers, payload, checksums of the lengths and of all."""
    headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    head = b"".join(_header(name, value) for name, value in headers.items())
    payload = json.dumps(told).encode()
    lengths = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = lengths + struct.pack(">I", binascii.crc32(lengths)) + head + payload
    return message + struct.pack(">I", binascii.crc32(message))


def _header(name: str, value: str) -> bytes:
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _STRING, len(value)) + value.encode()


def _fail(failure: Failure) -> Json:
    return {"message": failure.message}


def _protocol(name: str, path: str, *, streams: bool) -> Protocol:
    return Protocol(
        name,
        path,
        _read,
        _respond,
        _stream,
        _fail,
        streamed=lambda _: streams,
        media_type="application/vnd.amazon.eventstream",
        headers=_HEADERS,
        failure_headers={"x-amzn-errortype": "ThrottlingException"},
    )


PROTOCOL: Final = _protocol("bedrock.converse", "/converse", streams=False)
STREAM: Final = _protocol("bedrock.converse_stream", "/converse-stream", streams=True)
