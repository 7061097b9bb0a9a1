"""OpenAI's Responses API."""

import itertools
import json
from collections.abc import Iterator
from typing import Final

from recorder.protocols.openai_chat import CREATED, fail, role
from recorder.protocols.protocol import Json, Protocol, server_sent, text_of
from recorder.script import Reply, Said, Usage


def _read(request: Json) -> tuple[list[Said], list[str]]:
    said = [Said("system", request["instructions"])] if request.get("instructions") else []
    items = request.get("input", [])
    said += [Said("user", items)] if isinstance(items, str) else map(_said, items)
    return said, [tool.get("name", "") for tool in request.get("tools", [])]


def _said(item: Json) -> Said:
    kind = item.get("type", "message")
    if kind == "message":
        return Said(role(item["role"]), text_of(item.get("content")))
    if kind == "function_call_output":
        return Said("tool", text_of(item.get("output")), 1)
    return Said("assistant")


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def _output(reply: Reply) -> Iterator[Json]:
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        yield {"id": reply.id("rs_"), "type": "reasoning", "summary": summary}
    if reply.text:
        part: Json = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        if reply.finish == "refusal":
            part = {"type": "refusal", "refusal": reply.text}
        said = {"id": reply.id("msg_"), "type": "message", "role": "assistant", "status": "completed"}
        yield said | {"content": [part]}
    for call in reply.calls:
        yield {
            "id": f"fc_{call.id}",
            "type": "function_call",
            "call_id": f"call_{call.id}",
            "name": call.name,
            "arguments": json.dumps(call.arguments),
            "status": "completed",
        }


def _respond(request: Json, reply: Reply) -> Json:
    return {
        "id": reply.id("resp_"),
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "max_output_tokens": request.get("max_output_tokens"),
        "model": f"{request['model']}-2026-01-01",
        "output": list(_output(reply)),
        "parallel_tool_calls": True,
        "previous_response_id": request.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": request.get("temperature", 1.0),
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": request.get("tools", []),
        "top_p": request.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": _usage(reply.usage),
        "user": None,
        "metadata": {},
        "service_tier": "default",
    }


def _stream(_request: Json, response: Json) -> Iterator[bytes]:
    begun = response | {"status": "in_progress", "output": [], "usage": None}
    events: Iterator[tuple[str, Json]] = itertools.chain(
        [("response.created", {"response": begun})],
        *(_item_events(at, item) for at, item in enumerate(response["output"])),
        [("response.completed", {"response": response})],
    )
    for number, (name, told) in enumerate(events):
        yield server_sent({"type": name, "sequence_number": number} | told, name)


def _item_events(at: int, item: Json) -> Iterator[tuple[str, Json]]:
    empty: dict[str, Json] = {
        "message": {"content": []},
        "function_call": {"arguments": ""},
        "reasoning": {"summary": []},
    }
    yield "response.output_item.added", {"output_index": at, "item": item | empty[item["type"]]}
    place = {"item_id": item["id"], "output_index": at}
    if item["type"] == "message":
        yield from _part_events(place | {"content_index": 0}, item["content"][0])
    elif item["type"] == "function_call":
        arguments = item["arguments"]
        yield "response.function_call_arguments.delta", place | {"delta": arguments}
        yield "response.function_call_arguments.done", place | {"arguments": arguments, "name": item["name"]}
    yield "response.output_item.done", {"output_index": at, "item": item}


def _part_events(place: Json, part: Json) -> Iterator[tuple[str, Json]]:
    field = "refusal" if part["type"] == "refusal" else "text"
    name = "response.refusal" if field == "refusal" else "response.output_text"
    more: Json = {} if field == "refusal" else {"logprobs": []}
    yield "response.content_part.added", place | {"part": part | {field: ""}}
    yield f"{name}.delta", place | {"delta": part[field]} | more
    yield f"{name}.done", place | {field: part[field]} | more
    yield "response.content_part.done", place | {"part": part}


def _reported(response: Json) -> Json:
    return {name: response[name] for name in ("id", "model", "output", "usage")}


PROTOCOL: Final = Protocol("openai.responses", "/responses", _read, _respond, _stream, fail, _reported)
