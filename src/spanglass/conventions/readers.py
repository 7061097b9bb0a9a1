"""Reading attribute values: each function takes any value and returns what a member may hold, or None."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from spanglass.conventions.plain import Plain, clean, read_json
from spanglass.telemetry import Value

ABSENT: Final = frozenset({"", "unknown", "none", "null", "undefined", "n/a"})
"""Words, in lower case, that emitters write when they have nothing to say."""
_ABSENT_CHARS_MAX: Final = max(map(len, ABSENT))
SCRUBBED: Final = "[Scrubbed due to "
"""How Logfire begins a value that it replaced: the same text for everybody, so worse than none."""
INTEGER_MAX: Final = 2**31 - 1
"""The largest Integer of the service model (Smithy: 32 bits, signed)."""

_REMEMBERED_CHARS_MAX: Final = 1 << 14
"""Characters of a JSON text up to which what it says is remembered."""

Told = TypeVar("Told")


def as_raw(value: Value) -> Value:
    """Return the value as it came."""
    return value


def as_text(value: Value) -> str | None:
    """Read a text that says something; numbers are written out."""
    if isinstance(value, str):
        text = clean(value.strip())
        absent = len(text) <= _ABSENT_CHARS_MAX and text.lower() in ABSENT
        return None if absent or text.startswith(SCRUBBED) else text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def as_float(value: Value) -> float | None:
    """Read a finite number, also from its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_int(value: Value) -> int | None:
    """Read a count: a whole number from 0 to ``INTEGER_MAX``, also from its text."""
    if type(value) is int:
        return value if 0 <= value <= INTEGER_MAX else None
    number = as_float(value)
    if number is None or not 0 <= number <= INTEGER_MAX:
        return None
    whole = int(number)
    return whole if whole == number else None


def as_milliseconds(per_unit: float) -> Callable[[Value], int | None]:
    """Make a reader of durations in a unit of ``per_unit`` milliseconds."""

    def read(value: Value) -> int | None:
        number = as_float(value)
        if number is None or not 0 <= number * per_unit <= INTEGER_MAX:
            return None
        return round(number * per_unit)

    return read


def as_texts(value: Value) -> list[str] | None:
    """Read a list of texts; some emitters send it as a JSON string, or its only element bare."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):  # msgspec's errors and those of Unicode are ValueErrors
            return None
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := as_text(item))] or None


def as_word(words: Mapping[str, str]) -> Callable[[Value], str | None]:
    """Make a reader of an emitter's words, in lower case, for what AWS or the conventions have a word for."""

    def read(value: Value) -> str | None:
        text = as_text(value)
        return None if text is None else words.get(text.lower(), text.lower())

    return read


def within(read: Callable[[Value], Told], *paths: str) -> Callable[[Value], Told | None]:
    """Make a reader of what an object, perhaps as its JSON, has at the first of ``paths`` that says something.

    A path is names with dots between them; an empty one leads to the whole.
    """
    ways = tuple(tuple(path.split(".")) if path else () for path in paths)

    def opened(value: Value) -> Told | None:
        told = value
        if isinstance(value, str):
            told = _remembered(value) if len(value) <= _REMEMBERED_CHARS_MAX else read_json(value)[1]
        return next((found for way in ways if (found := read(_at(told, way))) is not None), None)

    return opened


def _at(told: Value, way: tuple[str, ...]) -> Value:
    for name in way:
        told = told.get(name) if isinstance(told, dict) else None
    return told


@functools.lru_cache(maxsize=64)
def _remembered(text: str) -> Plain:
    """Read JSON that several members are read from in turn."""
    return read_json(text)[1]
