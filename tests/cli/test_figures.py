"""Figures as people read them: times, durations, counts, money."""

import pytest
from msgspec import UNSET

from spanglass.cli.figures import duration, money, plural


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (0.2, "<1 ms"),
        (134.4, "134 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (9_994, "9.99 s"),
        (12_340, "12.3 s"),
        (59_994, "60.0 s"),
        (59_996, "1 min"),
        (125_000, "2 min 5 s"),
        (11_040_000, "3 h 4 min"),
        (93_600_000, "1 d 2 h"),
    ],
)
def test_durations_are_told_in_two_units_at_most(ms: float, told: str) -> None:
    """A duration has as many digits as say something."""
    assert duration(ms) == told


def test_money_and_counts() -> None:
    """Small sums keep digits, large ones lose them; an unknown one is nothing."""
    assert [money(each) for each in (0, 0.00001, 0.0031, 1.239, 1204.4)] == [
        "$0",
        "<$0.0001",
        "$0.0031",
        "$1.24",
        "$1,204",
    ]
    assert money(UNSET) == ""
    assert [plural(1, "span"), plural(1200, "span"), plural(2, "match", "matches")] == [
        "1 span",
        "1,200 spans",
        "2 matches",
    ]
