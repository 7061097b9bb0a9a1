"""Values that JSON can hold: what any telemetry value, or any text that claims to be JSON, becomes."""

import base64
import json
import math
from typing import Final, TypeAlias

import msgspec

from spanglass.telemetry import Value

Plain: TypeAlias = Value
"""A value that JSON can hold, too: no bytes, no NaN, no lone surrogate in it."""

DEPTH_MAX: Final = 200
"""Levels that are walked at all, far from the interpreter's own bound; what lies deeper is left out."""
_TEXT: Final = {str}
INTEGER_BITS_MAX: Final = 4096
"""Size of an integer that is kept as a number; a larger one, which JSON readers refuse, becomes text."""


def clean(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot say, by U+FFFD; a pair becomes the character that it encodes."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def plain(value: Value, depth_max: int = DEPTH_MAX) -> Plain:  # noqa: PLR0911 (one return a type)
    """Return the value as JSON can hold it, structure below ``depth_max`` levels as JSON text.

    Bytes become ``{"bytes": base64}``, NaN and the infinities their names.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int):
        return value if value.bit_length() <= INTEGER_BITS_MAX else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if depth_max <= 0:
        return _flat(value)
    if isinstance(value, list):
        if set(map(type, value)) == _TEXT and "".join(value).isascii():  # type: ignore[arg-type]  # what most lists are
            return value
        return [plain(item, depth_max - 1) for item in value]
    return {clean(key): plain(item, depth_max - 1) for key, item in value.items()}


def _flat(value: list[Value] | dict[str, Value]) -> str:
    try:
        return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr))
    except (RecursionError, ValueError):
        return "…"


def read_json(text: str | bytes) -> tuple[bool, Plain]:
    """Read JSON, also as Python's own writer writes it: with NaN, Infinity and lone surrogates.

    Returns:
        Whether it is JSON that can be read at all, and its value.
    """
    try:
        return True, msgspec.json.decode(text)
    except (ValueError, RecursionError):
        pass
    try:
        return True, plain(json.loads(text))
    except (ValueError, RecursionError):
        return False, None


def document(value: Plain, depth_max: int) -> bytes:
    """Write a JSON document of at most ``depth_max`` levels, deeper structure as JSON text."""
    written = msgspec.json.encode(value)
    if written.count(b"{") + written.count(b"[") <= depth_max:  # so it cannot be deeper
        return written
    return msgspec.json.encode(plain(value, depth_max))


def encode(value: Value) -> bytes:
    """Write any telemetry value as compact JSON; see ``plain`` for what JSON cannot hold."""
    return msgspec.json.encode(plain(value))
