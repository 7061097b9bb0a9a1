"""OpenAI's Chat Completions API."""

import json
from collections.abc import Iterator
from typing import Final

from recorder.protocols.protocol import Json, Protocol, parts, server_sent, text_of
from recorder.script import Failure, Finish, Reply, Role, Said, Usage

CREATED: Final = 1_767_225_600
"""Seconds since the epoch at which every answer says that it was made."""
_FINISH: Final[dict[Finish, str]] = {"stop": "stop", "tools": "tool_calls", "refusal": "stop"}
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def role(name: str) -> Role:
    """Return the script's word for a role of OpenAI's."""
    return _ROLES[name]


def _read(request: Json) -> tuple[list[Said], list[str]]:
    said = [
        Said(role(message["role"]), text_of(message.get("content")), int(message["role"] == "tool"))
        for message in request["messages"]
    ]
    return said, [tool.get("function", {}).get("name", "") for tool in request.get("tools", [])]


def _usage(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": 0},
    }


def _message(reply: Reply) -> Json:
    refused = reply.finish == "refusal"
    message: Json = {
        "role": "assistant",
        "content": None if refused else reply.text or None,
        "refusal": reply.text if refused else None,
    }
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{call.id}",
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in reply.calls
        ]
    return message


def _respond(request: Json, reply: Reply) -> Json:
    return {
        "id": reply.id("chatcmpl-"),
        "object": "chat.completion",
        "created": CREATED,
        "model": f"{request['model']}-2026-01-01",
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
        "choices": [{"index": 0, "message": _message(reply), "finish_reason": _FINISH[reply.finish], "logprobs": None}],
        "usage": _usage(reply.usage),
    }


def _stream(request: Json, response: Json) -> Iterator[bytes]:
    (choice,) = response["choices"]
    for delta in _deltas(choice["message"]):
        yield _chunk(response, [{"index": 0, "delta": delta, "finish_reason": None, "logprobs": None}])
    last = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"], "logprobs": None}
    yield _chunk(response, [last])
    if (request.get("stream_options") or {}).get("include_usage"):
        yield _chunk(response, [], response["usage"])
    yield b"data: [DONE]\n\n"


def _chunk(response: Json, choices: list[Json], usage: Json | None = None) -> bytes:
    told = {"usage": usage} if usage else {}
    return server_sent(response | {"object": "chat.completion.chunk", "choices": choices, "usage": None} | told)


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if message["refusal"] else ""}
    for field in ("reasoning_content", "refusal", "content"):
        for part in parts(message.get(field) or "", 4):
            yield {field: part}
    for at, call in enumerate(message.get("tool_calls", [])):
        function = call["function"]
        yield {"tool_calls": [call | {"index": at, "function": function | {"arguments": ""}}]}
        for part in parts(function["arguments"], 2):
            yield {"tool_calls": [{"index": at, "function": {"arguments": part}}]}


def fail(failure: Failure) -> Json:
    """Return an error's body."""
    kind = "rate_limit_exceeded" if failure.status == 429 else "server_error"  # noqa: PLR2004 (HTTP's)
    return {"error": {"message": failure.message, "type": kind, "code": kind}}


def _reported(response: Json) -> Json:
    (choice,) = response["choices"]
    return {
        "id": response["id"],
        "model": response["model"],
        "message": choice["message"],
        "finish_reason": choice["finish_reason"],
        "usage": response["usage"],
    }


PROTOCOL: Final = Protocol("openai.chat", "/chat/completions", _read, _respond, _stream, fail, _reported)
