"""What was said, and spans that were put, written as the GenAI conventions have them; ``mapper`` reads both."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec

from spanglass.conventions.spanglass import SPAN
from spanglass.mapping.original import Whole
from spanglass.telemetry import Attributes, Resource, Scope, Span, Value

Spoken: TypeAlias = list[tuple[str, Any]]
"""Who says which values, in order."""

_ROLES: Final = {"CUSTOMER": "user", "AGENT": "human_agent", "BOT": "assistant"}
_encode: Final = msgspec.json.Encoder().encode


def messages_json(
    said: Spoken,
    verbatim: Mapping[bytes, Any] | None = None,
    *,
    emitters: Mapping[str, str] | None = None,
    reasons: Sequence[str] = (),
    apart: bool = False,
) -> str:
    """Write messages as ``gen_ai.input.messages`` and ``gen_ai.output.messages`` have them.

    ``verbatim`` are messages as they came, by the values that show them, ``emitters`` are ids of calls by toolUseId,
    ``reasons`` why each answer ended. ``apart`` writes each value as a message of its own.
    """
    messages: list[Any] = []
    waiting = list(reasons)
    for participant, values in said:
        if verbatim and (came := verbatim.get(_encode(values))) is not None:
            messages.append(came)
            continue
        for some in [[value] for value in values] if apart else [values]:
            role = "tool" if any("toolResult" in value for value in some) else _ROLES[participant]
            ended = {"finish_reason": waiting.pop(0)} if waiting else {}
            messages.append({"role": role, "parts": [_part(value, emitters or {}) for value in some]} | ended)
    messages += [{"role": "assistant", "parts": [], "finish_reason": reason} for reason in waiting]
    return _encode(messages).decode()


def instructions_json(values: Iterable[Mapping[str, Any]]) -> str:
    """Write instructions as ``gen_ai.system_instructions`` has them."""
    return _encode([_part(value, {}) for value in values]).decode()


def arguments_json(inputs: Spoken) -> str:
    """Write what a tool's span asks as ``gen_ai.tool.call.arguments`` has it."""
    return _encode(inputs[0][1][0]["toolUse"]["arguments"]).decode()


def result_json(outputs: Spoken) -> str:
    """Write what a tool's span answers as ``gen_ai.tool.call.result`` has it."""
    results = [value["toolResult"] for _, values in outputs for value in values]
    return _encode([block for result in results for block in _blocks(result["values"])]).decode()


def _part(value: Mapping[str, Any], emitters: Mapping[str, str]) -> dict[str, Any]:
    ((kind, told),) = value.items()
    if kind in {"text", "reasoning"}:
        return {"type": kind, "content": told["value"]}
    use = emitters.get(told["toolUseId"], told["toolUseId"])
    if kind == "toolUse":
        arguments = told["arguments"]
        written = _encode(arguments).decode() if isinstance(arguments, str) else arguments
        return {"type": "tool_call", "id": use, "name": told["name"], "arguments": written}
    failed = {"is_error": True} if "error" in told else {}
    return {"type": "tool_call_response", "id": use, "response": _blocks(told["values"])} | failed


def _blocks(values: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [
        {"type": "text", "text": value["text"]["value"]} if "text" in value else {"type": "json", "json": value}
        for value in values
    ]


KINDS: Final = {"INTERNAL": 1, "SERVER": 2, "CLIENT": 3}
OPERATIONS: Final = {"inference": "chat"}
"""AWS's words for operations that the conventions have another word for."""
MEMBERS: Final = {
    "providerName": "gen_ai.provider.name",
    "errorType": "error.type",
    "aiAgentId": "gen_ai.agent.id",
    "aiAgentName": "gen_ai.agent.name",
    "requestModel": "gen_ai.request.model",
    "requestMaxTokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature",
    "topP": "gen_ai.request.top_p",
    "responseModel": "gen_ai.response.model",
    "responseFinishReasons": "gen_ai.response.finish_reasons",
    "usageOutputTokens": "gen_ai.usage.output_tokens",
    "cacheReadInputTokens": "gen_ai.usage.cache_read.input_tokens",
    "cacheWriteInputTokens": "gen_ai.usage.cache_write.input_tokens",
    "promptName": "gen_ai.prompt.name",
}
"""Members of SpanAttributes that an attribute of the conventions says as it is."""
CACHED: Final = ("cacheReadInputTokens", "cacheWriteInputTokens")
_LISTED: Final = frozenset({"operationName", "inputMessages", "outputMessages", "systemInstructions"})
SPAN_ID_BYTES: Final = 8


def conventional_span(whole: Whole, listed: Mapping[str, Any], assistant: str = "") -> Span:
    """Return telemetry for a span that was put: as the conventions have it for others, and as it is listed for us.

    ``listed`` is what ListSpans lists of it; it goes along in an attribute of Spanglass's own, by which the mapper
    knows the span that it was. ``assistant`` is what its assistant is called.
    """
    told: dict[str, Any] = listed["attributes"]
    session = listed["sessionId"]
    attributes: Attributes = {"gen_ai.conversation.id": session, "session.id": session}
    if "operationName" in told:
        attributes["gen_ai.operation.name"] = OPERATIONS.get(told["operationName"], told["operationName"])
    for name, value in told.items():
        if name not in _LISTED:
            attributes[MEMBERS.get(name) or f"aws.qconnect.{name}"] = _plain(value)
    if "usageInputTokens" in told:
        attributes["gen_ai.usage.input_tokens"] = sum(told.get(name, 0) for name in ("usageInputTokens", *CACHED))
    attributes |= _said(told)
    attributes[SPAN] = _encode(listed).decode()
    failed = listed["status"] != "OK"
    parent = listed.get("parentSpanId")
    return Span(
        trace_id=UUID(listed["requestId"]).bytes,
        span_id=_span_id(listed["spanId"]),
        resource=Resource({"service.name": assistant or listed["assistantId"]}),
        scope=Scope("spanglass"),
        name=listed["spanName"],
        parent_span_id=_span_id(parent) if parent else b"",
        kind=KINDS[listed["spanType"]],
        start_ns=int(whole["startTimeUnixNano"]),
        end_ns=int(whole["endTimeUnixNano"]),
        attributes=attributes,
        status_code=2 if failed else 1,
        status_message=listed.get("statusDescription", "") if failed else "",
    )


def _said(told: Mapping[str, Any]) -> Attributes:
    inputs, outputs = (
        [(message["participant"], message["values"]) for message in told.get(name, ())]
        for name in ("inputMessages", "outputMessages")
    )
    said: Attributes = {}
    if inputs:
        said["gen_ai.input.messages"] = messages_json(inputs)
    if outputs:
        said["gen_ai.output.messages"] = messages_json(outputs)
    if instructions := told.get("systemInstructions"):
        said["gen_ai.system_instructions"] = instructions_json(instructions)
    if told.get("operationName") == "execute_tool" and inputs and "toolUse" in (first := inputs[0][1][0]):
        use = first["toolUse"]
        said |= {"gen_ai.tool.name": use["name"], "gen_ai.tool.call.id": use["toolUseId"]}
        said["gen_ai.tool.call.arguments"] = _encode(use["arguments"]).decode()
    return said


def _plain(value: Any) -> Value:  # noqa: ANN401 (JSON)
    """Return a member as an attribute can have it: structures as JSON."""
    if isinstance(value, dict) or (isinstance(value, list) and not all(isinstance(one, str) for one in value)):
        return _encode(value).decode()
    return value  # type: ignore[no-any-return]


def _span_id(text: str) -> bytes:
    """Return an id of OpenTelemetry's length for a span's."""
    return hashlib.blake2b(UUID(text).bytes, digest_size=SPAN_ID_BYTES).digest()
