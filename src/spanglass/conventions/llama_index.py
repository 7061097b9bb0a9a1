"""LlamaIndex, beside OpenInference's instrumentation of it.

What prepares a call of a model is of kind LLM there like the call, and asks nobody anything. A tool's arguments are
among its function's, under ``kwargs``, and its answer is an object with the blocks that the model gets. Excluded, with
reasons: what workflows and their steps take and give, which is a framework's state, written as Python's ``repr``.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.openinference import INPUT, KIND, OUTPUT
from spanglass.conventions.readers import as_raw, as_text, within
from spanglass.telemetry import Attributes, Span

SCOPE: Final = "openinference.instrumentation.llama_index"
PREPARES: Final = "._prepare_chat_with_tools"
"""How the names of spans end that prepare a call of a model."""
OPERATION: Final = "llama_index.operation"
ARGUMENTS: Final = "llama_index.tool.arguments"
RESULT: Final = "llama_index.tool.result"


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


MEMBERS: Final[MemberTable] = (
    Member(OPERATION, "operation", as_text),
    Member(ARGUMENTS, "tool_arguments", as_raw),
    Member(RESULT, "tool_result", as_raw),
)

DIALECT: Final = Dialect("LlamaIndex", MEMBERS, views=(View((OPERATION, ARGUMENTS, RESULT), _tell, of=(KIND,)),))
