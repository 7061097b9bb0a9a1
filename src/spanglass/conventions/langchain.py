"""LangChain's messages as it serialises them, which every instrumentation of it passes on.

``{"lc": 1, "id": […, "AIMessage"], "kwargs": {…}}`` from ``dumpd``, ``{"type": "ai", "data": {…}}`` from
``messages_to_dict``, and the message's fields alone. What a model was given is a list of lists of messages, what it
answered ``{"generations": [[{"message": …}]]}``.
"""

from typing import Final

from spanglass.conventions.plain import Plain

_Object = dict[str, Plain]

TYPES: Final = {
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "FunctionMessage": "function",
    "human": "user",
    "HumanMessageChunk": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "function",
}
"""Class or ``type`` of a message → the role that it stands for; a ``chat`` message has a role of its own."""
_CALLS: Final = frozenset({"tool_use", "function_call", "tool_call", "input_json_delta"})


def read_chat_message(value: _Object) -> _Object:
    """Return a message of LangChain's in the form of the Chat Completions API; anything else as it is."""
    fields = value.get("kwargs") if "lc" in value else value.get("data", value)
    if not isinstance(fields, dict) or "content" not in fields:
        return value
    name = value.get("id")
    kind = name[-1] if isinstance(name, list) and name else fields.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return value
    more = fields.get("additional_kwargs")
    extra: _Object = more if isinstance(more, dict) else {}
    message: _Object = {"role": TYPES[kind], "content": _said(fields["content"])}
    if isinstance(calls := fields.get("tool_calls"), list) and calls:
        message["tool_calls"] = [_call(one) for one in calls]
    if fields.get("tool_call_id"):
        message["tool_call_id"] = fields["tool_call_id"]
    for key in ("refusal", "reasoning_content"):
        if extra.get(key):
            message[key] = extra[key]
    if fields.get("status") == "error":
        message["is_error"] = True
    return message


def _call(told: Plain) -> Plain:
    if not isinstance(told, dict) or "args" not in told:
        return told
    return {"type": "tool_call", "id": told.get("id"), "name": told.get("name"), "arguments": told["args"]}


def read_tool_message(value: Plain) -> _Object | None:
    """Return the message that a tool's answer was made into; None for anything else."""
    message = read_chat_message(value) if isinstance(value, dict) else {}
    return message if message is not value and message.get("role") == "tool" else None


def read_generations(value: _Object) -> list[Plain]:
    """Return the messages of ``generations``, each with its reason to end."""
    batches = value.get("generations")
    listed = [batch for batch in batches if isinstance(batch, list)] if isinstance(batches, list) else []
    return [_answer(one) for batch in listed for one in batch if isinstance(one, dict)]


def _answer(generation: _Object) -> _Object:
    told, info = generation.get("message"), generation.get("generation_info")
    message = (
        read_chat_message(told) if isinstance(told, dict) else {"role": "assistant", "content": generation.get("text")}
    )
    reason = info.get("finish_reason") if isinstance(info, dict) else None
    return message | {"finish_reason": reason} if reason else message


def _said(content: Plain) -> Plain:
    """Leave out the calls of tools that some providers' content says beside ``tool_calls``."""
    if not isinstance(content, list):
        return content
    return [block for block in content if not (isinstance(block, dict) and block.get("type") in _CALLS)]
