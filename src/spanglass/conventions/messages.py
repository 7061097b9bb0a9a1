"""Reading one message of ``gen_ai.input.messages`` and the like: the conventions' JSON, and what emitters make of it.

The conventions' message is ``{"role", "parts": [{"type", …}], "finish_reason"?, "name"?}``. Inside the same attributes
emitters also write: a tool's answer under ``result``; ``thinking`` for ``reasoning``; arguments as JSON text; parts of
the providers' own APIs (``output_text``, ``tool_use``, Bedrock's ``{"text"}``); and whole messages of the Chat
Completions API, with ``content`` and ``tool_calls``.
"""

from collections.abc import Callable
from typing import Final, TypeGuard

from spanglass.conventions.citations import BESIDE, beside
from spanglass.conventions.media import described
from spanglass.conventions.plain import Plain, clean, encode, read_json
from spanglass.conventions.said import Message, Part, Reasoning, Role, Text, ToolResult, ToolUse
from spanglass.conventions.traceloop import BLOCKS, open_text

ROLES: Final[dict[str, Role]] = {
    "system": "SYSTEM",
    "developer": "SYSTEM",
    "user": "CUSTOMER",
    "human": "CUSTOMER",
    "customer": "CUSTOMER",
    "agent": "AGENT",
    "human_agent": "AGENT",
    "assistant": "BOT",
    "model": "BOT",
    "ai": "BOT",
    "bot": "BOT",
    "tool": "BOT",
    "function": "BOT",
    "tool-call": "BOT",
    "tool-response": "BOT",
}
"""Roles, in lower case; the last two are smolagents'. ``agent`` is a person here: no emitter calls a model so."""

_Object = dict[str, Plain]
_CHAT_KEYS: Final = frozenset(
    {"content", "tool_calls", "tool_call_id", "is_error", "refusal", "reasoning_content", "function_call"}
)
_MESSAGE_KEYS: Final = frozenset({"role", "parts", "finish_reason", "type"}) | _CHAT_KEYS
_ALONE: Final = frozenset({"role", "parts", "content", "finish_reason"})
"""Keys of nearly all messages, which have nothing beside their parts or their content."""


def read_message(value: Plain, default: Role) -> Message:
    """Read one element of a list of messages; ``default`` speaks where no role is named or the name means nothing."""
    if not isinstance(value, dict):
        return Message(default, [Text(_written(value))])
    role = ROLES.get(_text(value.get("role")).lower(), default)
    message = Message(role, [], _text(value.get("finish_reason")))
    message.whole = all(key in _MESSAGE_KEYS or not value[key] for key in value)
    for part in _parts(value):
        message.parts += _read_part(part, message)
    message.parts = in_order(message.parts) if role == "BOT" and len(message.parts) > 1 else message.parts
    return message


def in_order(parts: list[Part]) -> list[Part]:
    """Return a bot's parts as they were said; emitters collect them by kind.

    The OpenAI instrumentations write calls of tools before the text that led to them and reasoning after the text that
    it led to; that of OpenAI's agents says a tool's answer twice, as text too.
    """
    if answered := {text for part in parts if isinstance(part, ToolResult) for text in part.texts}:
        return [part for part in parts if not (isinstance(part, Text) and part.text in answered)]
    if isinstance(parts[0], ToolUse):
        parts = sorted(parts, key=lambda part: isinstance(part, ToolUse))
    return [parts[-1], *parts[:-1]] if isinstance(parts[-1], Reasoning) else parts


def read_result(value: Plain) -> list[str]:
    """Read what a tool answered as texts: a text as it is, content blocks one by one, anything else as JSON."""
    if isinstance(value, str):
        return [value]
    if value is None:
        return []
    if is_blocks(value):
        return [_written(_first(block, "text", "json", "content")) for block in value if isinstance(block, dict)]
    return [_written(value)]


def beside_each(content: Plain) -> tuple[bytes, ...]:
    """Return what stands beside each text of a tool's answer, if anything does beside any."""
    told = tuple(beside(block) for block in content if isinstance(block, dict)) if is_blocks(content) else ()
    return told if any(told) else ()


def is_blocks(value: Plain) -> TypeGuard[list[Plain]]:
    """Tell whether a value is a list of content blocks: Bedrock's ``{"text"}`` and ``{"json"}``, or text parts."""
    return isinstance(value, list) and bool(value) and all(map(_is_block, value))


def _parts(message: _Object) -> list[Plain]:
    """Return a message's parts, those of a Chat Completions message in the same form and in the order of saying."""
    parts = message.get("parts")
    if parts is None:
        parts = message.get("content")
    if (answered := message.get("tool_call_id")) is not None:
        failed = message.get("is_error")
        return [{"type": "tool_call_response", "id": answered, "response": parts, "is_error": failed}]
    listed: list[Plain] = parts if isinstance(parts, list) else [] if parts is None else [parts]
    if "annotations" in message:  # of the only text of a message of the Chat Completions API
        cited = message["annotations"]
        listed = [
            {"type": "text", "text": one, "annotations": cited} if isinstance(one, str) else one for one in listed
        ]
    if message.keys() <= _ALONE:
        return listed
    calls = message.get("tool_calls")
    return [
        *({"type": "reasoning", "content": told} for told in _told(message, "reasoning_content")),
        *listed,
        *({"type": "refusal", "refusal": told} for told in _told(message, "refusal")),
        *map(_typed, calls if isinstance(calls, list) else ()),
        *({"type": "function_call", "function": told} for told in _told(message, "function_call")),
    ]


def _typed(call: Plain) -> Plain:
    """Return a call of a tool with its type, which its list tells of it otherwise."""
    return {"type": "tool_call", **call} if isinstance(call, dict) else call


def _told(message: _Object, key: str) -> list[Plain]:
    return [message[key]] if message.get(key) else []


def _read_part(part: Plain, message: Message) -> list[Part]:
    if not isinstance(part, dict):
        return [Text(text)] if (text := _written(part)) else []
    part = _opened(part)
    kind = part.get("type")
    reader = READERS.get(kind if isinstance(kind, str) else _untyped(part))
    if reader is None:
        message.whole = False
        return [Text(described(part))]
    known, read = reader
    if len(part) > 1 and not all(key in known or part[key] in _EMPTY for key in part):
        message.whole = False
    return read(part)


def _opened(part: _Object) -> _Object:
    """Return the content of Bedrock's block, which names its type by its key, also of one written as a text."""
    if isinstance(text := part.get("content", part.get("text")), str) and text.startswith(BLOCKS):
        block = open_text(text)
        part = block if isinstance(block, dict) else part
    key = next((key for key in _BEDROCK if key in part), "")
    if not key:
        return part
    inner = part[key]
    if isinstance(inner, dict):
        inner = inner.get("reasoningText", inner)
    if not isinstance(inner, dict):
        return {"type": "reasoning", "text": inner} if key == "reasoningContent" else part
    return inner | {other: value for other, value in part.items() if other != key} | {"type": _BEDROCK[key]}


def _untyped(part: _Object) -> str:
    """Name the part that has no type by its only key, as Bedrock's text does."""
    return next((key for key in part if key in READERS), "")


def _read_text(part: _Object) -> list[Part]:
    content = _first(part, "content", "text", "refusal")
    if is_blocks(content):
        content = "".join(read_result(content))
    text = _written(_first(content, "refusal", "text") if isinstance(content, dict) else content)
    return [Text(text, beside(part))] if text else []


def _read_reasoning(part: _Object) -> list[Part]:
    content = _first(part, "content", "text", "thinking", "reasoning")
    text = "".join(read_result(open_text(content) if isinstance(content, str) else content))
    return [Reasoning(text)] if text else []


def _read_tool_call(part: _Object) -> list[Part]:
    function = part.get("function")
    call = part | function if isinstance(function, dict) else part
    arguments = _first(call, "arguments", "input", "server_tool_call")
    return [ToolUse(_text(_first(part, *_CALLED)), _text(call.get("name")), read_arguments(arguments))]


def _read_tool_response(part: _Object) -> list[Part]:
    content = _first(part, "response", "result", "content", "output", "server_tool_call_response")
    texts = read_result(content)
    failed = part.get("is_error") is True or part.get("status") == "error"
    error = "\n".join(texts) if failed else None
    return [ToolResult(_text(_first(part, *_ANSWERED)), texts, error, beside_each(content))]


_BEDROCK: Final = {
    "toolUse": "tool_use",
    "toolResult": "tool_result",
    "reasoningContent": "reasoning",
    "citationsContent": "text",
}
"""Key of a block of Bedrock's → the type of part that its value is."""
_CALLED: Final = ("call_id", "id", "toolUseId")
_ANSWERED: Final = ("call_id", "id", "tool_use_id", "toolUseId")
"""What names a call, best first: an item of the Responses API has an id of its own beside it."""
_EMPTY: Final[tuple[Plain, ...]] = (None, "", [], {})
_BLOCK_FIELDS: Final = frozenset({"text", "json", "content"})
_BLOCK_TYPES: Final = ("text", "output_text", "input_text", "summary_text", "json")
_TEXT: Final = (frozenset({"type", "content", "text", "refusal"}), _read_text)
_REASONING: Final = (frozenset({"type", "content", "text", "thinking", "reasoning"}), _read_reasoning)
_TOOL_CALL: Final = (
    frozenset({"type", *_CALLED, "name", "arguments", "input", "function"}),
    _read_tool_call,
)
_TOOL_RESPONSE: Final = (
    frozenset({"type", *_ANSWERED, "name", "response", "result", "content", "output", "is_error", "status"}),
    _read_tool_response,
)
READERS: Final[dict[str, tuple[frozenset[str], Callable[[_Object], list[Part]]]]] = {
    "text": _TEXT,
    "output_text": _TEXT,
    "input_text": _TEXT,
    "refusal": _TEXT,
    "reasoning": _REASONING,
    "thinking": _REASONING,
    "tool_call": _TOOL_CALL,
    "tool_use": _TOOL_CALL,
    "function": _TOOL_CALL,
    "function_call": _TOOL_CALL,
    "server_tool_call": (_TOOL_CALL[0] | {"server_tool_call"}, _read_tool_call),
    "tool_call_response": _TOOL_RESPONSE,
    "tool_result": _TOOL_RESPONSE,
    "function_call_output": _TOOL_RESPONSE,
    "server_tool_call_response": (_TOOL_RESPONSE[0] | {"server_tool_call_response"}, _read_tool_response),
}
"""Part type → the fields that its reader understands, and the reader; a part with other fields is not whole."""
PART_TYPES: Final = READERS.keys() | _BEDROCK.keys()
"""All types of parts that are read."""


def read_arguments(value: Plain) -> Plain:
    """Read a call's arguments: a JSON document, perhaps as its text; none at all is an empty object."""
    if isinstance(value, str):
        readable, told = read_json(value)
        value = told if readable else value
    return {} if value is None or value == "" else value


def _first(part: _Object, *keys: str) -> Plain:
    return next((part[key] for key in keys if part.get(key) is not None), None)


def _text(value: Plain) -> str:
    return clean(value) if isinstance(value, str) else "" if value is None else _written(value)


def _written(value: Plain) -> str:
    """Return a text as it is, anything else as compact JSON, nothing as nothing."""
    return clean(value) if isinstance(value, str) else "" if value is None else encode(value).decode()


def _is_block(item: Plain) -> bool:
    """Tell whether a block says what it says in one field; one that says more is shown as JSON, whole."""
    if not isinstance(item, dict):
        return False
    told = {key for key, value in item.items() if value not in _EMPTY and key != "type" and key not in BESIDE}
    return len(told) == 1 and told <= _BLOCK_FIELDS and item.get("type", "text") in _BLOCK_TYPES
