"""Pieces of messages around the words that were sought, with marks on them."""

import re
from typing import Final

from spanglass.store.text import words

CHARS_MAX: Final = 240
"""Characters of an excerpt."""
BEFORE_CHARS: Final = 60
"""Characters before the first word that was found."""
SCANNED_CHARS_MAX: Final = 200_000
"""Characters of a message in which words are looked for."""
MARKS_MAX: Final = 20
_WORD: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")


def excerpt(text: str, sought: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a piece of a text that begins shortly before the first sought word, and where such words are in it.

    Marks are starts and ends in UTF-16 code units.
    """
    wanted = set(words(sought))
    found = [
        (match.start(), match.end())
        for match in _WORD.finditer(text, 0, SCANNED_CHARS_MAX)
        if not wanted.isdisjoint(words(match[0]))
    ]
    start = max(0, found[0][0] - BEFORE_CHARS) if found else 0
    if start:
        start = text.find(" ", start, found[0][0]) + 1 or start
    piece = text[start : start + CHARS_MAX]
    before = "…" if start else ""
    marks = [(low - start, high - start) for low, high in found if high - start <= len(piece)][:MARKS_MAX]
    told = before + piece + ("…" if start + CHARS_MAX < len(text) else "")
    return told, [(_units(told[: low + len(before)]), _units(told[: high + len(before)])) for low, high in marks]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
