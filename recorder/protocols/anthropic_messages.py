"""Anthropic's Messages API."""

import json
from collections.abc import Iterator
from typing import Final

from recorder.protocols.protocol import Json, Protocol, parts, server_sent, text_of
from recorder.script import Failure, Finish, Reply, Said

_FINISH: Final[dict[Finish, str]] = {"stop": "end_turn", "tools": "tool_use", "refusal": "refusal"}
_REQUEST_ID: Final = {"request-id": "req_01scripted"}


def _read(request: Json) -> tuple[list[Said], list[str]]:
    said = [Said("system", text_of(request["system"]))] if request.get("system") else []
    for message in request["messages"]:
        content = message["content"]
        blocks = content if isinstance(content, list) else []
        results = sum(block.get("type") == "tool_result" for block in blocks)
        said.append(Said(message["role"], text_of(content), results))
    return said, [tool.get("name", "") for tool in request.get("tools", [])]


def _content(reply: Reply) -> Iterator[Json]:
    if reply.reasoning:
        yield {"type": "thinking", "thinking": reply.reasoning, "signature": "c2lnbmF0dXJl"}
    if reply.text:
        yield {"type": "text", "text": reply.text, "citations": None}
    for call in reply.calls:
        yield {"type": "tool_use", "id": f"toolu_01{call.id}", "name": call.name, "input": call.arguments}


def _respond(request: Json, reply: Reply) -> Json:
    usage = reply.usage
    return {
        "id": reply.id("msg_01"),
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": list(_content(reply)),
        "stop_reason": _FINISH[reply.finish],
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input - usage.cache_read - usage.cache_write,
            "output_tokens": usage.output,
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation_input_tokens": usage.cache_write,
            "service_tier": "standard",
        },
    }


def _stream(_request: Json, response: Json) -> Iterator[bytes]:
    usage = response["usage"]
    begun = response | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    yield _event("message_start", message=begun)
    for at, block in enumerate(response["content"]):
        empty, deltas = _block(block)
        yield _event("content_block_start", index=at, content_block=empty)
        for delta in deltas:
            yield _event("content_block_delta", index=at, delta=delta)
        yield _event("content_block_stop", index=at)
    yield _event("message_delta", delta={"stop_reason": response["stop_reason"], "stop_sequence": None}, usage=usage)
    yield _event("message_stop")


def _block(block: Json) -> tuple[Json, list[Json]]:
    """Return a block as it begins, and the deltas that fill it."""
    if block["type"] == "text":
        return {"type": "text", "text": ""}, [{"type": "text_delta", "text": part} for part in parts(block["text"], 3)]
    if block["type"] == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    return block | {"input": {}}, [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]


def _event(name: str, **told: object) -> bytes:
    return server_sent({"type": name} | told, name)


def _fail(failure: Failure) -> Json:
    kind = "rate_limit_error" if failure.status == 429 else "api_error"  # noqa: PLR2004 (HTTP's)
    return {"type": "error", "error": {"type": kind, "message": failure.message}}


PROTOCOL: Final = Protocol("anthropic.messages", "/messages", _read, _respond, _stream, _fail, headers=_REQUEST_ID)
