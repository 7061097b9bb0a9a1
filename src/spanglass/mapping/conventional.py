"""What was said, written as the GenAI conventions have it; ``conventions.messages`` reads it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

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
    return [{"type": "text", "text": value["text"]["value"]} for value in values]
