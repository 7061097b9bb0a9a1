"""Messages exactly as the GenAI conventions' JSON schema has them, read at a stroke; ``messages`` reads all others.

Most messages are of this form, and reading them is most of the work of mapping a span. What this reads, ``messages``
reads alike.
"""

from typing import Any, Final, final

import msgspec

from spanglass.conventions.messages import ROLES, beside_each, in_order, read_arguments, read_result
from spanglass.conventions.said import Message, Part, Reasoning, Text, ToolResult, ToolUse
from spanglass.conventions.traceloop import BLOCKS


@final
class _Text(msgspec.Struct, tag_field="type", tag="text", forbid_unknown_fields=True, gc=False):
    content: str


@final
class _Reasoning(msgspec.Struct, tag_field="type", tag="reasoning", forbid_unknown_fields=True, gc=False):
    content: str


@final
class _ToolCall(msgspec.Struct, tag_field="type", tag="tool_call", forbid_unknown_fields=True):
    name: str
    id: str | None = None
    arguments: Any = None


@final
class _ToolCallResponse(msgspec.Struct, tag_field="type", tag="tool_call_response", forbid_unknown_fields=True):
    response: Any
    id: str | None = None


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    role: str
    parts: list[_Text | _Reasoning | _ToolCall | _ToolCallResponse]
    finish_reason: str | None = None
    name: None = None


_decode: Final = msgspec.json.Decoder(_Message).decode


def read_standard(raw: bytes) -> Message | None:
    """Read a message from its JSON; None if it is anything more, less or other than the conventions' form."""
    try:
        told = _decode(raw)
    except (ValueError, RecursionError):
        return None
    role = ROLES.get(told.role)
    if role is None:
        return None
    parts: list[Part] = []
    for part in told.parts:
        # type() is quicker than isinstance, which asks a struct's metaclass wherever it says no.
        if type(part) is _ToolCall:
            parts.append(ToolUse(part.id or "", part.name, read_arguments(part.arguments)))
        elif type(part) is _ToolCallResponse:
            answer = part.response
            parts.append(ToolResult(part.id or "", read_result(answer), None, beside_each(answer)))
        elif part.content.startswith(BLOCKS):
            return None
        elif part.content:
            parts.append(Text(part.content) if type(part) is _Text else Reasoning(part.content))
    if role == "BOT" and len(parts) > 1:
        parts = in_order(parts)
    return Message(role, parts, told.finish_reason or "")
