"""Texts in pieces that lose nothing, and names that the model admits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.mapping.text import legal_name, pieces
from spanglass.model.constraints import SHAPES, violations


@given(st.text(st.sampled_from("ab\n\u0301\u200d👍🏽"), max_size=120), st.integers(1, 40))
def test_pieces_joined_are_the_text(text: str, chars_max: int) -> None:
    """No piece is empty or too long, and together they are the text."""
    cut = pieces(text, chars_max)
    assert "".join(cut) == text
    assert all(0 < len(piece) <= chars_max for piece in cut)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a" * 90 + "\n" + "b" * 50, "a" * 90 + "\n"),
        ("a" * 20 + "\n" + "b" * 150, "a" * 20 + "\n" + "b" * 79),
        ("a" * 99 + "e\u0301b", "a" * 99),
        ("a" * 99 + "👍🏽b", "a" * 99),
        ("a" * 98 + "👩\u200d💻b", "a" * 98),
        ("\u0301" * 150, "\u0301" * 100),
    ],
)
def test_a_cut_falls_where_it_hurts_least(text: str, first: str) -> None:
    """After a line's end in the last quarter; else between characters as they are seen, if one begins near."""
    assert pieces(text, 100)[0] == first


@given(st.text(min_size=1, max_size=300))
def test_names_are_admitted(text: str) -> None:
    """Any text makes a Name, also where the pattern is held against all of it."""
    name = legal_name(text)
    assert violations("Name", name) == []
    assert re.fullmatch(getattr(SHAPES["Name"], "pattern"), name, re.ASCII)  # noqa: B009 (a kind of shape has it)


@pytest.mark.parametrize(
    ("text", "name"),
    [("chat m", "chat m"), ("(merged tools)", "_(merged tools)"), ("a\nb", "a b"), ("é" * 300, "_" + "é" * 254)],
)
def test_names_stay_recognisable(text: str, name: str) -> None:
    """A legal name stays; another is changed as little as need be."""
    assert legal_name(text) == name
