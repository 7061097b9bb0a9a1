"""What attribute values say, and when they say nothing."""

import math

import pytest

from spanglass.conventions.readers import as_float, as_int, as_milliseconds, as_raw, as_text, as_texts
from spanglass.telemetry import Value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"),
        (7, "7"),
        (0.5, "0.5"),
        ("a\ud800", "a\ufffd"),
        *((absent, None) for absent in ("", " ", "unknown", "None", "NULL", "[Scrubbed due to 'session']")),
        *((other, None) for other in (True, None, b"a", ["a"], {"a": "b"})),
    ],
)
def test_texts_that_say_nothing_are_absent(value: Value, text: str | None) -> None:
    """A text is stripped and cleaned; the words for nothing, scrubbed values and structures are absent."""
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("3", 3),
        (3.0, 3),
        (2**31 - 1, 2**31 - 1),
        *((bad, None) for bad in (2**31, -1, 3.5, "x", True, None, math.nan)),
    ],
)
def test_counts_are_whole_and_fit_the_model(value: Value, number: int | None) -> None:
    """A count is a whole number of 31 bits, also from text or a float."""
    assert as_int(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), ("0.5", 0.5), *((bad, None) for bad in ("x", "nan", math.inf, 10**400, True, None, [1]))],
)
def test_numbers_are_finite(value: Value, number: float | None) -> None:
    """A number is finite, also from text."""
    assert as_float(value) == number


@pytest.mark.parametrize(("value", "told"), [(0.0123, 12), ("1", 1000), (-1, None), (1e308, None), ("x", None)])
def test_durations_are_milliseconds(value: Value, told: int | None) -> None:
    """A duration is rounded to milliseconds; one that is negative or beyond the model's integers is absent."""
    assert as_milliseconds(1000)(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (["a", "b"], ["a", "b"]),
        ('["a", 1, null]', ["a", "1"]),
        ("a", ["a"]),
        *((bad, None) for bad in ("", [], "[", "[" * 5000, [None], {"a": 1})),
    ],
)
def test_lists_of_texts_come_in_three_forms(value: Value, told: list[str] | None) -> None:
    """A list, its JSON text, or its only element bare."""
    assert as_texts(value) == told


def test_raw_values_stay() -> None:
    """Content is read later."""
    assert as_raw([1]) == [1]
