"""Retrieved documents as the call of a tool that retrieves: what was asked, and a text a document that cites it."""

from typing import Final

from spanglass.conventions.plain import Plain, plain
from spanglass.conventions.providers import read_body
from spanglass.conventions.readers import as_text
from spanglass.telemetry import Attributes, Span, Value

DOCUMENTS: Final = "gen_ai.retrieval.documents"
QUERY: Final = "gen_ai.retrieval.query.text"
ASKED: Final = "gen_ai.retrieval.call"
FOUND: Final = "gen_ai.retrieval.answer"

_Object = dict[str, Plain]


def retrieved(span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Make messages of the conventions' attributes of a retrieval."""
    documents = read_body(span.attributes.get(DOCUMENTS))
    asked, found = as_messages(span, span.attributes.get(QUERY), documents if isinstance(documents, list) else [])
    return {name: value for name, value in ((ASKED, asked), (FOUND, found)) if value is not None}


def as_messages(span: Span, query: Value, documents: list[Plain]) -> tuple[Plain, Plain]:
    """Return the call and its answer as messages; a document is an object of its content, its id and its metadata."""
    call = span.trace_id.hex() + span.span_id.hex()
    blocks = [block for one in documents if isinstance(one, dict) and (block := _block(one))]
    text = as_text(query)
    use: Plain = {"type": "tool_call", "id": call, "name": span.name, "arguments": {"query": text} if text else {}}
    answer: Plain = {"type": "tool_call_response", "id": call, "response": [*blocks]}
    return (
        [{"role": "assistant", "parts": [use]}] if text or blocks else None,
        [{"role": "tool", "parts": [answer]}] if blocks else None,
    )


def _block(document: _Object) -> _Object:
    """Return a document as a text that cites it; one whose content is not told says its title or id."""
    metadata = read_body(document.get("metadata"))
    cited = {**(metadata if isinstance(metadata, dict) else {}), **document}
    names = (as_text(cited.get(name)) for name in ("content", "text", "title", "id"))
    text = next(filter(None, names), None)
    return {"type": "text", "text": text, "citations": [plain(cited)]} if text else {}
