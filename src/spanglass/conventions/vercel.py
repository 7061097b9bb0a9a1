"""The Vercel AI SDK: ``ai.*``, up to version 6 and the legacy telemetry of 7; what 7 writes is the conventions' own.

``ai.generateText`` and its like are runs of an agent around the calls of a model, ``….doGenerate`` and ``….doStream``.
Excluded, with reasons: ``gen_ai.system`` and ``resource.name``, which say the same as ``ai.model.provider`` and
``ai.telemetry.functionId``; ``operation.name``, which is the latter two in one; the usage of the runs, which is that of
their calls; ``ai.response.timestamp``, which is the server's clock.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.plain import Plain, plain, read_json
from spanglass.conventions.readers import as_float, as_int, as_milliseconds, as_raw, as_text, as_texts
from spanglass.telemetry import Attributes, Span, Value

_Object = dict[str, Plain]

RUNS: Final = ("ai.generateText", "ai.streamText", "ai.generateObject", "ai.streamObject")
CALLS: Final = (".doGenerate", ".doStream")
TOOL: Final = "ai.toolCall"
INPUTS: Final = "ai.input.messages"
OUTPUTS: Final = "ai.output.messages"
RESPONSE: Final = (
    "ai.response.reasoning",
    "ai.response.text",
    "ai.response.object",
    "ai.response.files",
    "ai.response.toolCalls",
    "ai.response.finishReason",
)
"""What an answer is made of, in the order of saying."""


def as_operation(value: Value) -> str | None:
    """Read ``ai.operationId``: a run is an agent's, a call within it is a model's."""
    told = as_text(value)
    if told is None:
        return None
    if told.endswith(CALLS):
        return "inference" if told.startswith(RUNS) else told
    return "execute_tool" if told == TOOL else "invoke_agent" if told in RUNS else told


def _given(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Return the messages given to a model, or the prompt given to a run: ``{"system", "prompt" or "messages"}``."""
    told = _opened(span.attributes[keys[-1]])
    if isinstance(told, dict):
        prompt, more = told.get("prompt"), told.get("messages")
        listed: list[Plain] = [{"role": "system", "content": told["system"]}] if told.get("system") else []
        listed += [{"role": "user", "content": prompt}] if isinstance(prompt, str) else []
        told = [*listed, *(more if isinstance(more, list) else prompt if isinstance(prompt, list) else ())]
    return {INPUTS: [_message(one) for one in told]} if isinstance(told, list) and told else {}


def _message(told: Plain) -> Plain:
    content = told.get("content") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(content, list):
        return told
    return told | {"content": [_part(part) if isinstance(part, dict) else part for part in content]}


def _part(part: _Object) -> Plain:
    """Return a part in the conventions' form; what else a part says, such as ``providerOptions``, stays in it."""
    match part.get("type"):
        case "tool-call":
            return _renamed(
                part, "tool_call", {"toolCallId": "id", "toolName": "name", "input": "arguments", "args": "arguments"}
            )
        case "tool-result":
            output = part.get("output", part.get("result"))
            failed = isinstance(output, dict) and str(output.get("type")).startswith("error")
            if isinstance(output, dict) and output.keys() == {"type", "value"}:
                output = output["value"]
            told = {key: value for key, value in part.items() if key not in {"output", "result"}}
            return _renamed(told, "tool_call_response") | {"response": output, "is_error": failed}
        case "image" | "file":
            return _file(part)
        case _:
            return part


def _renamed(part: _Object, kind: str, more: Mapping[str, str] = MappingProxyType({})) -> _Object:
    names = {"toolCallId": "id", "toolName": "name", **more}
    return {names.get(key, key): value for key, value in part.items()} | {"type": kind}


def _file(part: _Object) -> _Object:
    """Return an image or a file; its bytes are base64, or an URL stands in their place."""
    data = next((part[key] for key in ("data", "image", "base64", "base64Data") if key in part), None)
    media = part.get("mediaType", part.get("mimeType", part.get("type")))
    if isinstance(data, str) and "://" in data[:10]:
        return {"type": "uri", "mime_type": media, "uri": data}
    return {"type": "blob", "mime_type": media, "content": data}


def _answered(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Return what a model answered with, or a run ended with, as one message; none if only the reason is told."""
    told = {key.rpartition(".")[2]: span.attributes[key] for key in RESPONSE if key in keys}
    parts: list[Plain] = [{"type": "reasoning", "content": told["reasoning"]}] if "reasoning" in told else []
    parts += [{"type": "text", "content": told[key]} for key in ("text", "object") if key in told]
    for name in ("files", "toolCalls"):
        listed = _opened(told.get(name))
        parts += [_typed(name, one) for one in listed] if isinstance(listed, list) else []
    if not parts:
        return {}
    return {OUTPUTS: [{"role": "assistant", "parts": parts, "finish_reason": told.get("finishReason")}]}


def _typed(name: str, told: Plain) -> Plain:
    return _part({"type": "file" if name == "files" else "tool-call", **told}) if isinstance(told, dict) else told


def _opened(value: Value) -> Plain:
    return read_json(value)[1] if isinstance(value, str) else plain(value)


MEMBERS: Final[MemberTable] = (
    Member("ai.operationId", "operation", as_operation),
    Member("ai.model.provider", "provider_name", as_text),
    Member("ai.telemetry.functionId", "ai_agent_name", as_text),
    Member("ai.model.id", "request_model", as_text),
    Member("ai.settings.maxOutputTokens", "request_max_tokens", as_int, was=("ai.settings.maxTokens",)),
    Member("ai.settings.temperature", "temperature", as_float),
    Member("ai.settings.topP", "top_p", as_float),
    Member("ai.response.model", "response_model", as_text),
    Member("ai.response.id", "response_id", as_text),
    Member("ai.response.finishReason", "response_finish_reasons", as_texts),
    Member("ai.response.msToFirstChunk", "time_to_first_token_ms", as_milliseconds(1)),
    Member("ai.usage.inputTokens", "input_tokens", as_int, was=("ai.usage.promptTokens",)),
    Member("ai.usage.outputTokens", "output_tokens", as_int, was=("ai.usage.completionTokens",)),
    Member("ai.usage.totalTokens", "total_tokens", as_int),
    Member(
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "cache_read_tokens",
        as_int,
        was=("ai.usage.cachedInputTokens",),
    ),
    Member("ai.usage.inputTokenDetails.cacheWriteTokens", "cache_write_tokens", as_int),
    Member("ai.toolCall.name", "tool_name", as_text),
    Member("ai.toolCall.id", "tool_call_id", as_text),
    Member("ai.toolCall.args", "tool_arguments", as_raw, was=("ai.toolCall.input",)),
    Member("ai.toolCall.result", "tool_result", as_raw, was=("ai.toolCall.output",)),
    Member(INPUTS, "input_messages", as_raw),
    Member(OUTPUTS, "output_messages", as_raw),
)

RECURRING: Final = (
    "ai.prompt.toolChoice",
    "ai.prompt.tools",
    "ai.request.headers.",
    "ai.settings.",
    "ai.telemetry.metadata.",
    "operation.name",
    "resource.name",
)

DIALECT: Final = Dialect(
    "Vercel AI SDK",
    MEMBERS,
    RECURRING,
    (
        View((INPUTS,), _given, of=("ai.prompt", "ai.prompt.messages"), whole=True),
        View((OUTPUTS,), _answered, of=RESPONSE, whole=True),
    ),
)
