"""Values as people read them."""

import pytest
from markupsafe import Markup

from spanglass.viewer.text import compact, duration, moment, pretty, visible


def test_hidden_characters_can_be_seen() -> None:
    """Control characters and overrides of direction are spelled out; line ends, emoji and markup of ours stay."""
    assert visible("a\x00\x1b[31m\x7f\x9b\u202eb") == "a␀␛[31m␡\\x9b\\u202eb"
    assert visible("a\tb\r\nc 👩\u200d👧 שלום") == "a\tb\r\nc 👩\u200d👧 שלום"
    assert visible(Markup("\x1b")) == Markup("\x1b")
    assert visible(3) == 3


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "<1 ms"),
        (0.134, "134 ms"),
        (-0.02, "-20 ms"),
        (0.9996, "1.00 s"),
        (1.25, "1.25 s"),
        (59.996, "1 min 0 s"),
        (125, "2 min 5 s"),
        (11_040, "3 h 4 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_durations_have_two_units(seconds: float, told: str) -> None:
    """A duration is told in the units that fit it, rounded within them."""
    assert duration(seconds) == told


def test_times_are_in_utc() -> None:
    """Times are written to the second, or to the millisecond, far from now too."""
    assert moment(1_760_000_001.25) == "2025-10-09 08:53:21"
    assert moment(1_760_000_001.25, milliseconds=True) == "2025-10-09 08:53:21.250"
    assert moment(18_446_744_073.709) == "2554-07-21 23:34:33"


def test_json_is_laid_out_when_it_is_long() -> None:
    """Short JSON stays on a line, long JSON has lines, a text is itself."""
    assert pretty({"a": [1, "ä"]}) == compact({"a": [1, "ä"]}) == '{"a": [1, "ä"]}'
    assert pretty(["x" * 60, 1]).splitlines() == ["[", f'  "{"x" * 60}",', "  1", "]"]
    assert pretty("a") == "a"
