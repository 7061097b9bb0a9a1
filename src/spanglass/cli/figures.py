"""Numbers as people read them: durations, counts, money, times in the reader's zone."""

from datetime import datetime
from typing import Final

from msgspec import UnsetType

_UNITS: Final = ((86_400, 3_600, "d", "h"), (3_600, 60, "h", "min"), (60, 1, "min", "s"))


def duration(ms: float) -> str:
    """Write a duration, in milliseconds, in one or two units: ``<1 ms``, ``134 ms``, ``1.25 s``, ``2 min 5 s``."""
    seconds = ms / 1000
    if ms < 0.5:  # noqa: PLR2004 (rounds to none)
        return "<1 ms"
    if ms < 999.5:  # noqa: PLR2004 (rounds to a second)
        return f"{ms:.0f} ms"
    if seconds < 59.995:  # noqa: PLR2004 (rounds to a minute)
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"  # noqa: PLR2004 (three digits say enough)
    for unit, smaller, name, smaller_name in _UNITS:
        rounded = round(seconds / smaller) * smaller
        if rounded >= unit:
            rest = rounded % unit // smaller
            return f"{rounded // unit:,} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{seconds:.0f} s"


def money(dollars: float | UnsetType) -> str:
    """Write US dollars with as many digits as say something; an unknown cost is nothing."""
    if isinstance(dollars, UnsetType):
        return ""
    if dollars == 0:
        return "$0"
    if dollars < 0.0001:  # noqa: PLR2004 (the least that four digits show)
        return "<$0.0001"
    digits = 0 if dollars >= 100 else 2 if dollars >= 0.1 else 4  # noqa: PLR2004 (three digits say enough)
    return f"${dollars:,.{digits}f}"


def percent(share: float) -> str:
    """Write a share: ``<0.1 %``, ``3.4 %``, ``42 %``."""
    if share == 0:
        return "0 %"
    if share < 0.001:  # noqa: PLR2004 (the least that one digit shows)
        return "<0.1 %"
    return f"{share * 100:.{1 if share < 0.1 else 0}f} %"  # noqa: PLR2004 (two digits say enough)


def plural(value: int, one: str, many: str = "") -> str:
    """Name how many there are of something: ``1 span``, ``12,034 spans``."""
    return f"{value:,} {one if value == 1 else many or f'{one}s'}"


def moment(seconds: float) -> str:
    """Write day and time of day, in the reader's zone."""
    return _local(seconds).strftime("%Y-%m-%d %H:%M:%S")


def minute(seconds: float) -> str:
    """Write day and time of day to the minute, in the reader's zone."""
    return _local(seconds).strftime("%Y-%m-%d %H:%M")


def clock(seconds: float) -> str:
    """Write the time of day, in the reader's zone."""
    return _local(seconds).strftime("%H:%M:%S")


def _local(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0), 253_402_214_400)).astimezone()  # datetime ends with year 9999
