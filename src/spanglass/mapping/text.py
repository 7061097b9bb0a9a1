"""Texts as the service model admits them: long ones in pieces, names with an allowed first character."""

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

VALUE_CHARS_MAX: Final = 4096
"""Characters (code points) of one text value."""
NAME_CHARS_MAX: Final = 255
"""Characters of a Name."""
CLUSTER_CHARS_MAX: Final = 32
"""Characters that are searched for the beginning of what is seen as one character."""

_ALLOWED_FIRST: Final = re.compile(r"[a-zA-Z0-9 \t_.,-]")
_LINE_ENDS: Final = dict.fromkeys(map(ord, "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
_JOINER: Final = "\u200d"
_CONTINUING: Final = frozenset({"Mn", "Me", "Mc"})
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


def pieces(text: str, chars_max: int = VALUE_CHARS_MAX) -> Sequence[str]:
    """Cut a text into pieces that joined give it back, after a line's end where one is near; no piece is empty."""
    return (text,) if 0 < len(text) <= chars_max else tuple(_pieces(text, chars_max))


def _pieces(text: str, chars_max: int) -> Iterator[str]:
    start = 0
    while len(text) - start > chars_max:
        end = _cut(text, start, start + chars_max)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _cut(text: str, start: int, end: int) -> int:
    """Return where to cut at the latest: behind the last line's end of the last quarter, else between characters."""
    newline = text.rfind("\n", end - (end - start) // 4, end)
    if newline >= 0:
        return newline + 1
    nearest = max(start + 1, end - CLUSTER_CHARS_MAX)
    return next((at for at in range(end, nearest, -1) if not _continues(text, at)), end)


def _continues(text: str, at: int) -> bool:
    """Tell whether the character there is seen as one with that before it."""
    return (
        text[at] == _JOINER
        or text[at - 1] == _JOINER
        or ord(text[at]) in _SKIN_TONES
        or unicodedata.category(text[at]) in _CONTINUING
    )


def legal_name(text: str) -> str:
    """Return a Name: one line of at most 255 characters whose first is allowed, a ``_`` before it if it is not."""
    return _legal_name(text[:NAME_CHARS_MAX])


@functools.lru_cache(maxsize=4096)
def _legal_name(text: str) -> str:
    line = text.translate(_LINE_ENDS)
    return line if _ALLOWED_FIRST.match(line) else f"_{line}"[:NAME_CHARS_MAX]
