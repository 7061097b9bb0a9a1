"""The query of sessions, one text: ``agent:planner status:error duration>2s last:24h umbrella``.

It is the same as in the viewer's box. Conditions hold together, those of one name are met by any of their values. A
value with spaces stands in double quotes. Words that belong to no condition are text to search for.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, get_args

from spanglass.store.where import Status
from spanglass.traces.filters import Filters

KEYS: Final = {
    "assistant": "assistants",
    "agent": "agents",
    "model": "models",
    "tool": "tools",
    "status": "statuses",
    "error": "error_types",
    "last": "since",
    "from": "since",
    "to": "until",
}
"""The words that begin a condition, each with the field of ``Filters`` that it fills."""
FIGURES: Final = {"duration": "duration_ms", "tokens": "tokens"}
"""The figures that can be bounded, each with the end of its fields' names."""
_DURATIONS: Final = {
    "ms": 1,
    "s": 1e3,
    "min": 6e4,
    "m": 6e4,
    "h": 36e5,
    "d": 864e5,
    "w": 6048e5,
    "y": 31_536e6,
}
_COUNTS: Final = {"": 1, "k": 1e3, "m": 1e6}
_TOKEN: Final = re.compile(r"""([a-z]+)([:<>])("(?:[^"\\]|\\.)*"?|\S*)|("[^"]*"?|\S+)""", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z]*)", re.IGNORECASE)


class QueryError(ValueError):
    """A condition cannot be used; the message names it."""


def parse(query: str, now: float | None = None) -> Filters:
    """Read a query; ``last:`` counts back from ``now``, in seconds since the epoch.

    Raises:
        QueryError: A condition has no value that it can have.
    """
    values: dict[str, Any] = {}
    words: list[str] = []
    for name, sign, value, word in _TOKEN.findall(query):
        key = name.lower()
        if sign == ":" and key in KEYS:
            field, read = KEYS[key], READERS.get(key, str)
            told = read(_unquoted(value)) if key != "last" else (now or time.time()) - duration_ms(value) / 1000
            if told == "":
                raise QueryError(f"{key}: needs a value")
            values[field] = (*values.get(field, ()), told) if key not in {"last", "from", "to"} else told
        elif sign in "<>" and sign and key in FIGURES:
            amount = duration_ms(value) if key == "duration" else count(value)
            values[f"{'min' if sign == '>' else 'max'}_{FIGURES[key]}"] = amount
        else:
            words.append(word or f"{name}{sign}{value}")
    return Filters(text=" ".join(words), **values)


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'))


def duration_ms(text: str) -> float:
    """Read a duration such as ``2s`` or ``24h`` in milliseconds.

    Raises:
        QueryError: It is none.
    """
    return _amount(text, _DURATIONS, "a duration, such as 30min, 24h or 7d")


def count(text: str) -> int:
    """Read a number such as ``1200`` or ``10k``.

    Raises:
        QueryError: It is none.
    """
    return round(_amount(text, _COUNTS, "a number, such as 1200 or 10k"))


def _amount(text: str, units: dict[str, float], kind: str) -> float:
    match = _AMOUNT.fullmatch(text)
    unit = units.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise QueryError(f"{text!r} is not {kind}")
    return float(match[1]) * unit


def moment(text: str) -> float:
    """Read a time in seconds since the epoch: a day is UTC's, a time without zone local, as browsers have it.

    Raises:
        QueryError: It is none.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{text!r} is not a time, such as 2026-11-25 or 2026-11-25T14:00") from None
    if parsed.tzinfo is None and len(text) <= len("2026-11-25"):
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.timestamp()


def status(text: str) -> str:
    """Read a session's status.

    Raises:
        QueryError: It is none.
    """
    if text not in get_args(Status):
        raise QueryError(f"{text!r} is not a status: {', '.join(get_args(Status))}")
    return text


READERS: Final[dict[str, Callable[[str], Any]]] = {"status": status, "from": moment, "to": moment}
"""What reads the values of conditions that not any text can be the value of."""
