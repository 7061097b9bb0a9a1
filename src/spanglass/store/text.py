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
_MARKS: Final = dict.fromkeys(c for c in range(0x10000) if unicodedata.combining(chr(c)))
"""The diacritics of all living scripts: combining characters of the Basic Multilingual Plane."""


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
    return _WORD.findall(unicodedata.normalize("NFKD", text).translate(_MARKS).casefold())


def plain_words(text: str) -> str:
    """Return a text that an index splitting ASCII alone splits as ``words`` does: ASCII as it is, else its words."""
    if text.isascii():
        return text
    return " ".join([some if some.isascii() else " ".join(words(some)) for some in text.split()])
