"""A figure: what was measured, beside its baseline and the bar it should meet."""

import math
from typing import Final

import msgspec

LINE: Final = "{:<68}{:>12}{:>12}{:>8}  {:<14}{}"


class Bar(msgspec.Struct, frozen=True):
    """What a figure should be; ``of_ratio``: its ratio to the baseline, else its value."""

    limit: float
    at_least: bool = False
    of_ratio: bool = False

    def __str__(self) -> str:
        """Return it as it stands in the table."""
        return f"{'≥' if self.at_least else '≤'} {_text(self.limit)}{' x' if self.of_ratio else ''}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table; ``baseline`` is measured in the same run, by what ``against`` names."""

    name: str
    value: float
    baseline: float | None = None
    against: str = ""
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the baseline's."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without one."""
        if self.bar is None:
            return None
        measured = self.ratio if self.bar.of_ratio else self.value
        if measured is None or math.isnan(measured):
            return False
        return measured >= self.bar.limit if self.bar.at_least else measured <= self.bar.limit

    def line(self) -> str:
        """Return the figure as a line of the table."""
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        name = f"{self.name} [{self.against}]" if self.against else self.name
        numbers = (_text(number) if number is not None else "" for number in (self.value, self.baseline, self.ratio))
        return LINE.format(name, *numbers, str(self.bar or ""), verdict).rstrip()

    def as_row(self) -> dict[str, object]:
        """Return the figure as a JSON object, what follows from it included."""
        return {**msgspec.structs.asdict(self), "bar": str(self.bar or ""), "ratio": self.ratio, "met": self.met}


HEAD: Final = LINE.format("figure", "value", "baseline", "ratio", "bar", "")


def _text(number: float) -> str:
    """Write a number with three significant digits, or whole where it is large."""
    if math.isnan(number):
        return "?"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"  # noqa: PLR2004 (where digits stop to matter)
