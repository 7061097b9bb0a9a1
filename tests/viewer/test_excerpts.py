"""Excerpts begin near the first word that was sought, and their marks are where a browser finds the words."""

import pytest

from spanglass.viewer.excerpts import CHARS_MAX, MARKS_MAX, excerpt


def marked(text: str, sought: str) -> list[str]:
    """Return what is marked, cut as JavaScript cuts."""
    told, marks = excerpt(text, sought)
    units = told.encode("utf-16-le")
    return [units[2 * low : 2 * high].decode("utf-16-le") for low, high in marks]


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [
        ("the weather in Paris", "PARIS weather", ["weather", "Paris"]),
        ("Größe, grosse, gross", "größe", ["Größe", "grosse"]),
        ("café cafe\u0301 cafes", "cafe", ["café", "cafe\u0301"]),
        ("👩‍👩‍👧 rain 👩‍👩‍👧 rain", "rain", ["rain", "rain"]),
        ("snake_case", "case", ["case"]),
        ("nothing here", "else", []),
        ("", "else", []),
        ("שלום עולם", "עולם", ["עולם"]),
    ],
)
def test_words_are_marked(text: str, sought: str, found: list[str]) -> None:
    """Words are marked whatever their case, accents or script, and whatever stands before them."""
    assert marked(text, sought) == found


def test_a_long_text_is_cut_around_the_first_word() -> None:
    """A word far into a text is in its excerpt, with dots where the text was cut."""
    text = "before " * 500 + "needle " + "after " * 500
    told, marks = excerpt(text, "needle")
    assert len(told) <= CHARS_MAX + 2
    assert (told[0], told[-1]) == ("…", "…")
    assert [told[low:high] for low, high in marks] == ["needle"]


def test_marks_are_few() -> None:
    """However often a word is said, marks end somewhere."""
    assert len(excerpt("a " * 1000, "a")[1]) == MARKS_MAX
