"""The GenAI conventions before they had messages: ``gen_ai.prompt.0.content``, ``gen_ai.completion.0.role``.

OpenLLMetry wrote them up to 0.48, and versions of that age are still widespread. Content may be the JSON of the
provider's content blocks, or of an empty text; a ``thinking`` completion is what the model thought before the next one.
The Python SDK drops those attributes of a long chat that were set first, the operation among them: what has a prompt is
a call of a model.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.indexed import gathered
from spanglass.conventions.plain import Plain, read_json
from spanglass.conventions.readers import as_raw, as_text
from spanglass.telemetry import Attributes, Span

INPUTS: Final = "gen_ai.prompt"
OUTPUTS: Final = "gen_ai.completion"
BLOCKS: Final = "[{"
"""How content begins that may be the JSON of blocks."""
EMPTY: Final = '""'
OPERATION: Final = "gen_ai.indexed.operation"


def _view(name: str) -> View:
    def make(span: Span, keys: tuple[str, ...]) -> Attributes:
        messages = [_message(one) for one in gathered(span.attributes, keys, f"{name}.")]
        return {f"{name}.N": messages, OPERATION: "chat"}

    return View((f"{name}.N", OPERATION), make, of=(f"{name}.",), whole=True)


def _message(told: Plain) -> Plain:
    if not isinstance(told, dict):
        return told
    content = told.get("content")
    if told.get("role") == "thinking":
        return told | {"role": "assistant", "content": [{"type": "thinking", "thinking": content}]}
    if content == EMPTY:
        return told | {"content": None}
    if isinstance(content, str) and content.startswith(BLOCKS):
        readable, blocks = read_json(content)
        if readable and isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks):
            return told | {"content": blocks}
    return told


MEMBERS: Final[MemberTable] = (
    Member(OPERATION, "operation", as_text),
    Member(f"{INPUTS}.N", "input_messages", as_raw),
    Member(f"{OUTPUTS}.N", "output_messages", as_raw),
)

DIALECT: Final = Dialect("OpenTelemetry GenAI, indexed", MEMBERS, views=(_view(INPUTS), _view(OUTPUTS)))
