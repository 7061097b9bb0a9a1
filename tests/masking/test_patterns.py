"""Patterns of the user's own: which are taken, and what is said of others."""

import re

import pytest

from spanglass.masking import Masker, Masks, read_patterns
from spanglass.masking.patterns import PATTERN_CHARS_MAX, PATTERNS_MAX


def test_patterns_are_read_and_applied_first() -> None:
    """A line names a pattern; what it matches is replaced by its name, before the built-in rules see it."""
    patterns = read_patterns("# staff\n\n employee = E[0-9]{6} \nhost=[a-z]+@corp\\.example\n")
    assert patterns == (("employee", "E[0-9]{6}"), ("host", "[a-z]+@corp\\.example"))
    masker = Masker(Masks(("emails",), patterns))
    assert masker.text("E123456 on db@corp.example, bob@mail.example") == "[employee] on [host], [email]"
    assert masker.counts == {"employee": 1, "host": 1, "emails": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("employee", "line 1 is not `name = pattern`"),
        ("\nE = x", "line 2 is not `name = pattern` with a name of lower-case letters and digits"),
        ("a = x\na = y", "line 2: there is a rule a already"),
        ("cards = x", "line 1: there is a rule cards already"),
        ("a = (", "line 1: missing ): ("),
        ("a = (?=x)", "line 1: invalid perl operator: (?="),
        ("a = x*", "line 1: it matches an empty text"),
        ("a =", "line 1: it matches an empty text"),
        ("a = (((x{9}){9}){9}){999}", "line 1: "),
        ("a = " + "x" * (PATTERN_CHARS_MAX + 1), "line 1: the pattern is longer than 1000 characters"),
        ("\n".join(f"a{n} = x" for n in range(PATTERNS_MAX + 1)), "line 101: there are more than 100 patterns"),
    ],
)
def test_other_lines_are_refused(text: str, reason: str) -> None:
    """The message names the line and what is wrong with it."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_patterns(text)


def test_a_pattern_that_is_exponential_elsewhere_is_not_here() -> None:
    """The classic of catastrophic backtracking takes time in proportion to the text."""
    masker = Masker(Masks((), read_patterns("evil = (a+)+$")))
    assert masker.text("a" * 100_000 + "!") == "a" * 100_000 + "!"
