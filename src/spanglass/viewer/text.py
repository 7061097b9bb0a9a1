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
LINE_CHARS_MAX: Final = 60
"""Characters of JSON that stay on one line."""
_UNITS: Final = ((86_400, 3_600, "d", "h"), (3_600, 60, "h", "min"), (60, 1, "min", "s"))
"""From how many seconds on, of how many seconds the smaller unit is, and what both are called."""


def visible(value: object) -> object:
    """Return a text with its hidden characters spelled out; markup of ours and what is no text as it is."""
    return value.translate(_VISIBLE) if isinstance(value, str) and not isinstance(value, Markup) else value


def moment(seconds: float, *, milliseconds: bool = False) -> str:
    """Write a time, in seconds since the epoch, in UTC."""
    time = datetime.fromtimestamp(round(seconds, 3), UTC).replace(tzinfo=None)
    return time.isoformat(" ", "milliseconds" if milliseconds else "seconds")


def duration(seconds: float) -> str:
    """Write a duration in one or two units: ``<1 ms``, ``134 ms``, ``1.25 s``, ``2 min 5 s``, ``3 h 4 min``."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:  # noqa: PLR2004 (a second)
        return f"{milliseconds or '<1'} ms"
    seconds = round(seconds, 2)
    for unit, smaller, name, smaller_name in _UNITS:
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name} {seconds % unit // smaller:.0f} {smaller_name}"
    return f"{seconds:.2f} s"


def pretty(document: Any) -> str:  # noqa: ANN401 (JSON of any kind)
    """Write JSON over lines if it is long, and a text as it is."""
    if isinstance(document, str):
        return document
    short = compact(document)
    return short if len(short) <= LINE_CHARS_MAX else msgspec.json.format(msgspec.json.encode(document)).decode()


def compact(document: Any) -> str:  # noqa: ANN401 (JSON of any kind)
    """Write JSON on one line."""
    return msgspec.json.format(msgspec.json.encode(document), indent=0).decode()
