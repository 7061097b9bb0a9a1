"""Whatever is printed stays text: nothing in it is run by a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from spanglass.cli.visible import one_line, visible


def test_hidden_characters_are_spelled_out() -> None:
    """Control characters, those that turn text, and halves of characters are shown; all else stays."""
    assert visible("\x1b[2J\x07\x00\x7f\x9b") == "␛[2J␇␀␡\\x9b"
    assert visible("a\u202eb\u2066\ufeff\ud800") == "a\\u202eb\\u2066\\ufeff\\ud800"
    assert visible("two\r\nlines\tand a\rthird") == "two\nlines\tand a␍third"
    assert visible("Größe 🙂 שלום") == "Größe 🙂 שלום"


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    """Whatever a text holds, only line ends and tabs are left of what is not printed."""
    assert all((character >= " " and character != "\x7f") or character in "\n\t" for character in visible(text))
    line = one_line(text, 20)
    assert "\n" not in line
    assert len(line) <= 21 * len("\\u202e")
