"""Parts of messages as the wire's values: the tagged union in JSON, each within the service model's limits."""

import functools
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from spanglass.conventions.plain import document
from spanglass.conventions.said import Part, Text, ToolResult, ToolUse
from spanglass.mapping.identity import tool_use_id
from spanglass.mapping.text import VALUE_CHARS_MAX, legal_name, pieces

VALUES_MAX: Final = 10
"""Values of one message, one tool result or the system instructions."""
UNNAMED_TOOL: Final = "unknown"
"""The name of a tool whose emitter tells none."""
NOTHING: Final = " "
"""What stands for an empty tool result: the service model wants at least one value of at least one character."""

_encode: Final = msgspec.json.Encoder().encode
Item = TypeVar("Item")


def wire_values(part: Part, document_depth_max: int) -> list[bytes]:
    """Write a part as SpanMessageValues; joining the texts of several gives the whole text."""
    if type(part) is Text:
        return _text_values(part.text, part.beside)
    if type(part) is ToolUse:
        return [_tool_use(part, document_depth_max)]
    if type(part) is ToolResult:
        return _tool_results(part)
    return [b'{"reasoning":{"value":%b}}' % _encode(piece) for piece in pieces(part.text)]


def text_value(text: str, beside: bytes = b"") -> bytes:
    """Write a text of 1 to 4,096 characters, and members beside it."""
    return b'{"text":{"value":%b%b}}' % (_encode(text), beside)


def _text_values(text: str, beside: bytes = b"") -> list[bytes]:
    """Write a text; what stands beside it stands beside the last of several values."""
    if 0 < len(text) <= VALUE_CHARS_MAX:  # nearly all
        return [text_value(text, beside)]
    *first, last = pieces(text) or [""]
    return [*map(text_value, first), text_value(last, beside)] if last else []


def _tool_use(part: ToolUse, document_depth_max: int) -> bytes:
    arguments = document(part.arguments, document_depth_max)
    return b'{"toolUse":{"toolUseId":"%b","name":%b,"arguments":%b}}' % (
        tool_use_id(part.id).encode(),
        _tool_name(part.name),
        arguments,
    )


@functools.lru_cache(maxsize=1024)
def _tool_name(name: str) -> bytes:
    return _encode(legal_name(name or UNNAMED_TOOL))


def _tool_results(part: ToolResult) -> list[bytes]:
    """Write a result; what is too long for one goes on in further results of the same use."""
    use = tool_use_id(part.id).encode()
    beside = part.beside or (b"",) * len(part.texts)
    told = [value for one in zip(part.texts, beside, strict=True) for value in _text_values(*one)]
    values = told or [text_value((part.error or NOTHING)[:VALUE_CHARS_MAX])]
    error = b',"error":%b' % _encode(part.error[:VALUE_CHARS_MAX]) if part.error else b""
    return [
        b'{"toolResult":{"toolUseId":"%b","values":%b%b}}' % (use, array(some), error)
        for some in chunks(values, VALUES_MAX)
    ]


def array(values: Sequence[bytes]) -> bytes:
    """Write values as a JSON array."""
    return b"[%b]" % b",".join(values)


def chunks(items: Sequence[Item], size: int) -> Sequence[Sequence[Item]]:
    """Cut a sequence into sequences of ``size``, the last perhaps shorter."""
    return [items[start : start + size] for start in range(0, len(items), size)]
