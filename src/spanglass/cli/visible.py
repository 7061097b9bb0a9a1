"""Text whose hidden characters can be seen: nothing that a terminal obeys, or that turns its text, gets through."""

import re
from typing import Final

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
LINE_CHARS: Final = 240
"""Characters of a text that is put on one line."""


def visible(text: str) -> str:
    r"""Spell out control characters and those that turn the direction of text: ESC becomes ␛, U+202E ``\u202e``."""
    return _HIDDEN.sub(_spelled, text.replace("\r\n", "\n").replace("\r", "␍"))


def one_line(text: str, chars: int = LINE_CHARS) -> str:
    """Put a text on one line of at most so many characters."""
    line = visible(" ".join(text[: 4 * chars].split()))
    return line if len(line) <= chars else f"{line[:chars]}…"


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:  # noqa: PLR2004 (the first that is printed)
        return chr(0x2400 + code)
    if code == 0x7F:  # noqa: PLR2004 (DEL)
        return "␡"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 (two digits are enough below)
