"""Values as people read them: times, durations, JSON, and text whose hidden characters can be seen."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from markupsafe import Markup

_VISIBLE: Final[dict[int, int | str]] = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"}
    | {0x7F: 0x2421}
    | {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
    | {code: f"\\u{code:04x}" for code in range(0x202A, 0x202F)}
)
"""Stand-ins for what a browser drops or obeys: control characters and embeddings or overrides of direction."""
_UNITS: Final = ((86_400, 3_600, "d", "h"), (3_600, 60, "h", "min"), (60, 1, "min", "s"))
"""From how many seconds on, of how many seconds the smaller unit is, and what both are called."""


def visible(value: object) -> object:
    """Return a text with its hidden characters spelled out; markup of ours and what is no text as it is."""
    return value.translate(_VISIBLE) if isinstance(value, str) and not isinstance(value, Markup) else value


def moment(seconds: float) -> str:
    """Write a time, in seconds since the epoch, to the second in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def duration(seconds: float) -> str:
    """Write a duration in one or two units: ``134 ms``, ``1.25 s``, ``2 min 5 s``, ``3 h 4 min``, ``2 d 0 h``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for unit, smaller, name, smaller_name in _UNITS:
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name} {seconds % unit // smaller:.0f} {smaller_name}"
    return f"{seconds:.2f} s"


def pretty(document: Any) -> str:  # noqa: ANN401 (JSON of any kind)
    """Write JSON over lines, a text as it is."""
    return document if isinstance(document, str) else msgspec.json.format(msgspec.json.encode(document)).decode()


def compact(document: Any) -> str:  # noqa: ANN401 (JSON of any kind)
    """Write JSON on one line."""
    return msgspec.json.format(msgspec.json.encode(document), indent=0).decode()
