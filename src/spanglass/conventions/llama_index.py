"""LlamaIndex, beside OpenInference's instrumentation of it, or OpenLLMetry's.

With OpenInference's, what prepares a call of a model is of kind LLM like the call, and asks nobody anything. A tool's
arguments are among its function's, under ``kwargs``, and its answer is an object with the blocks that the model gets.

With OpenLLMetry's, the conventions' messages lack calls of tools and refusals; LlamaIndex's own and the provider's
answer, which stand beside them, have all. The step that calls a tool is a task that has a tool's name.

Excluded, with reasons: what workflows and other steps take and give, which is a framework's state.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.openinference import INPUT, KIND, OUTPUT
from spanglass.conventions.plain import Plain
from spanglass.conventions.providers import read_answer, read_body
from spanglass.conventions.readers import as_raw, as_text, within
from spanglass.telemetry import Attributes, Span, Value

_Object = dict[str, Plain]

SCOPE: Final = "openinference.instrumentation.llama_index"
TRACELOOP: Final = "opentelemetry.instrumentation.llamaindex"
GIVEN: Final = "traceloop.entity.input"
ANSWERED: Final = "traceloop.entity.output"
TOOL: Final = "tool.name"
PREPARES: Final = "._prepare_chat_with_tools"
"""How the names of spans end that prepare a call of a model."""
OPERATION: Final = "llama_index.operation"
ARGUMENTS: Final = "llama_index.tool.arguments"
RESULT: Final = "llama_index.tool.result"
CALL_ID: Final = "llama_index.tool.call.id"
FAILED: Final = "llama_index.tool.failed"
INPUTS: Final = "llama_index.input.messages"
OUTPUTS: Final = "llama_index.output.messages"


def _tell(span: Span, _keys: tuple[str, ...]) -> Attributes:
    if span.scope.name != SCOPE:
        return {}
    if span.name.endswith(PREPARES):
        return {OPERATION: "prepare_chat"}
    if span.attributes.get(KIND) != "TOOL":
        return {}
    made = {
        ARGUMENTS: within(as_raw, "kwargs")(span.attributes.get(INPUT)),
        RESULT: within(as_raw, "blocks")(span.attributes.get(OUTPUT)),
    }
    return {name: value for name, value in made.items() if value is not None}


def _traced(span: Span, _keys: tuple[str, ...]) -> Attributes:
    if span.scope.name != TRACELOOP:
        return {}
    answered = _object(read_body(span.attributes.get(ANSWERED)))
    if TOOL in span.attributes:
        output = _object(answered.get("tool_output"))
        made: dict[str, Value] = {
            OPERATION: "execute_tool",
            CALL_ID: answered.get("tool_id"),
            ARGUMENTS: span.attributes.get("tool.arguments"),
            RESULT: _content(output.get("blocks")),
            FAILED: output.get("is_error") or None,
        }
    elif span.attributes.get("gen_ai.operation.name") == "chat":
        given = _object(read_body(span.attributes.get(GIVEN))).get("messages")
        said = [_message(one) for one in given if isinstance(one, dict)] if isinstance(given, list) else None
        made = {INPUTS: said, OUTPUTS: read_answer(answered.get("raw"))}
    else:
        return {}
    return {name: value for name, value in made.items() if value is not None}


def _object(told: Plain) -> _Object:
    return told if isinstance(told, dict) else {}


def _message(told: _Object) -> Plain:
    """Return a message in the form of the Chat Completions API; calls of tools stand beside the blocks, too."""
    more = _object(told.get("additional_kwargs"))
    beside = {name: more[name] for name in ("tool_calls", "tool_call_id") if name in more}
    return {"role": told.get("role"), "content": _content(told.get("blocks"))} | beside


def _content(blocks: Plain) -> Plain:
    """Return blocks as parts, those of calls of tools left out."""
    listed = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    kinds = [(block, block.get("block_type")) for block in listed]
    parts = [
        {name: value for name, value in block.items() if name != "block_type"} | {"type": kind}
        for block, kind in kinds
        if kind != "tool_call"
    ]
    return [*parts] or None


MEMBERS: Final[MemberTable] = (
    Member(OPERATION, "operation", as_text),
    Member(ARGUMENTS, "tool_arguments", as_raw),
    Member(RESULT, "tool_result", as_raw),
    Member(CALL_ID, "tool_call_id", as_text),
    Member(FAILED, "failed", as_raw),
    Member(INPUTS, "input_messages", as_raw),
    Member(OUTPUTS, "output_messages", as_raw),
)

DIALECT: Final = Dialect(
    "LlamaIndex",
    MEMBERS,
    views=(
        View((OPERATION, ARGUMENTS, RESULT), _tell, of=(KIND,)),
        View((OPERATION, CALL_ID, ARGUMENTS, RESULT, FAILED, INPUTS, OUTPUTS), _traced, of=(GIVEN, ANSWERED)),
    ),
)
