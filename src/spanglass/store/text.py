"""What full-text search sees of a fragment, and how a query becomes words."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from spanglass.model.record import SPOKEN, Fragment

NOT_SAID: Final = frozenset({"toolUseId", "messageId", "participant", "timestamp", "contentId", "knowledgeBaseId"})
"""Members whose text nobody said."""
_WORD: Final = re.compile(r"[^\W_]+")


def searchable_text(fragment: Fragment) -> str:
    """Return the strings and numbers of a message's values, one a line; empty for a fragment that nobody said."""
    if fragment.kind not in SPOKEN:
        return ""
    return "\n".join(_strings(msgspec.json.decode(fragment.json)))


def _strings(document: Any) -> Iterator[str]:  # noqa: ANN401 (JSON of any kind)
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for item in document:
            yield from _strings(item)
    elif isinstance(document, dict):
        for name, item in document.items():
            if name not in NOT_SAID:
                yield from _strings(item)
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield str(document)


def words(text: str) -> list[str]:
    """Return the words of a text or query, without case and diacritics, in order."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD.findall(plain.casefold())
