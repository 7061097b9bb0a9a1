"""Reading attribute values: each function takes any value and returns what a member may hold, or None."""

import math
from collections.abc import Callable
from typing import Final

import msgspec

from spanglass.conventions.plain import clean
from spanglass.telemetry import Value

ABSENT: Final = frozenset({"", "unknown", "none", "null", "undefined", "n/a"})
"""Words, in lower case, that emitters write when they have nothing to say."""
_ABSENT_CHARS_MAX: Final = max(map(len, ABSENT))
SCRUBBED: Final = "[Scrubbed due to "
"""How Logfire begins a value that it replaced: the same text for everybody, so worse than none."""
INTEGER_MAX: Final = 2**31 - 1
"""The largest Integer of the service model (Smithy: 32 bits, signed)."""


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
