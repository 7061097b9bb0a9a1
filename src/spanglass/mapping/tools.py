"""What a tool's span says: the use of the tool as its input, the tool's answer as its output."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from spanglass.conventions.langchain import read_tool_message
from spanglass.conventions.messages import is_blocks, read_arguments, read_message, read_result
from spanglass.conventions.plain import clean, plain, read_json
from spanglass.conventions.readers import as_text
from spanglass.conventions.said import Message, Part, ToolResult, ToolUse
from spanglass.conventions.traceloop import open_arguments, open_result
from spanglass.mapping.conversation import elements
from spanglass.mapping.fitting import without_stack
from spanglass.mapping.layout import Facts
from spanglass.mapping.members import Failure
from spanglass.mapping.utterances import utterances
from spanglass.model.record import Fragment
from spanglass.telemetry import Span, Value

_PREFIX: Final = "execute_tool "
"""How the conventions begin the name of a tool's span."""

Said = TypeVar("Said", ToolUse, ToolResult)


class ToolCall(msgspec.Struct, frozen=True):
    """What a tool's span says; ``lossy`` are the content members that say more than that.

    ``paired`` is whether the emitter tells the id of the call.
    """

    use: ToolUse
    result: ToolResult | None
    paired: bool = True
    lossy: tuple[str, ...] = ()

    def fragments(self, depth_max: int) -> tuple[tuple[Fragment, ...], tuple[Fragment, ...]]:
        """Write the use as inputs and the result as outputs."""
        return _fragments(self.use, depth_max), _fragments(self.result, depth_max) if self.result else ()


def unpaired_id(span: Span) -> str:
    """Return what stands for the emitter's id of a call where there is none: the span's own."""
    return span.trace_id.hex() + span.span_id.hex()


def read_call(span: Span, name: str, facts: Facts, failed: Failure, content: Mapping[str, Value]) -> ToolCall:
    """Read a tool's span; some emitters say use and result as messages, too, or only so."""
    asked, answered = _parts(content.get("input_messages")), _parts(content.get("output_messages"))
    told = read_use(content["tool_arguments"]) if "tool_arguments" in content else _first(asked, ToolUse)
    answer = read_answer(content["tool_result"]) if "tool_result" in content else _first(answered, ToolResult)
    ids = (facts.get("tool_call_id"), told and told.id, answer and answer.id)
    call = next(filter(None, ids), None)
    use = ToolUse(
        call or unpaired_id(span),
        name or (told.name if told else "") or clean(span.name).removeprefix(_PREFIX),
        told.arguments if told else {},
    )
    texts = answer.texts if answer else []
    result = ToolResult(use.id, texts, _error(failed, texts))
    lossy = (
        ("input_messages", asked and asked != [use]),
        ("output_messages", answered and any(part not in (answer, result) for part in answered)),
        ("tool_arguments", told and told.id and not asked),
        ("tool_result", answer and answer.id and not answered),
    )
    paired = call is not None and "foreign_call_id" not in facts
    return ToolCall(use, result if texts or result.error else None, paired, tuple(n for n, lost in lossy if lost))


def read_use(value: Value) -> ToolUse:
    """Read the arguments of a call, with its id if they are a callback that tells it."""
    arguments = read_arguments(plain(value))
    opened = open_arguments(arguments)
    return ToolUse(opened[1], "", opened[0]) if opened else ToolUse("", "", arguments)


def read_answer(value: Value) -> ToolResult:
    """Read a tool's result; a text that is itself JSON of a text or of content blocks is those."""
    value = plain(value)
    decoded = read_json(value)[1] if isinstance(value, str) and value.startswith(('"', "[", "{")) else value
    message = read_tool_message(open_result(decoded))
    if message is not None:
        return ToolResult(as_text(message.get("tool_call_id")) or "", read_result(message.get("content")))
    if is_blocks(decoded) or isinstance(decoded, str):
        return ToolResult("", read_result(decoded))
    return ToolResult("", read_result(value))


def _error(failed: Failure, texts: list[str]) -> str | None:
    """Say why a tool failed: what its exception says, else its status, else what it answered."""
    if failed.status == "OK":
        return None
    return without_stack(failed.exception or failed.message or "\n".join(texts) or failed.type or failed.status)


def _parts(messages: Value) -> list[Part]:
    if messages is None:
        return []
    return [part for raw in elements(messages) for part in read_message(read_json(raw)[1], "BOT").parts]


def _first(parts: list[Part], kind: type[Said]) -> Said | None:
    return next((part for part in parts if isinstance(part, kind)), None)


def _fragments(part: Part, depth_max: int) -> tuple[Fragment, ...]:
    return tuple(said for one in utterances(Message("BOT", [part]), depth_max) for said in one.fragments)
