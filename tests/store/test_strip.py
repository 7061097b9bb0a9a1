"""The small picture of a session."""

from hypothesis import given
from hypothesis import strategies as st

from spanglass.store.strip import CELLS_MAX, Strip

TIMES = st.tuples(st.integers(0, 1 << 20) | st.integers(0, 1 << 62), st.integers(0, 1 << 40))
MARKS = st.tuples(
    TIMES, st.sampled_from(("inference", "execute_tool", "invoke_agent")), st.sampled_from(("OK", "ERROR"))
)


def drawn(marks: list[tuple[tuple[int, int], str, str]]) -> Strip:
    strip = Strip()
    for (start, length), role, status in marks:
        strip.mark(start, start + length, role, status)
    return strip


@given(marks=st.lists(MARKS, max_size=12), data=st.data())
def test_order_does_not_matter(marks: list[tuple[tuple[int, int], str, str]], data: st.DataObject) -> None:
    """The same spans in any order make the same picture, of at most so many cells, whose shares are the whole."""
    strip = drawn(marks)
    assert drawn(data.draw(st.permutations(marks))) == strip
    cells = strip.cells()
    assert len(cells) <= CELLS_MAX
    assert not marks or abs(sum(cell.share for cell in cells) - 1) < 0.01
    assert {cell.role for cell in cells if cell.role != "gap"} <= {
        {"invoke_agent": "other"}.get(role, role) for _, role, _ in marks
    }
    assert any(cell.status == "ERROR" for cell in cells) == any(status == "ERROR" for _, _, status in marks)


def test_a_session_as_it_is_seen() -> None:
    """Models and tools cover the agent around them, a pause is a gap, and what failed is marked where it ended."""
    strip = Strip()
    strip.mark(0, 32, "invoke_agent", "ERROR")
    strip.mark(0, 7, "inference", "OK")
    strip.mark(8, 15, "execute_tool", "TIMEOUT")
    strip.mark(48, 49, "inference", "OK")
    assert [(cell.role, cell.status, round(cell.share * 50)) for cell in strip.cells()] == [
        ("inference", "OK", 8),
        ("execute_tool", "OK", 7),
        ("execute_tool", "TIMEOUT", 1),
        ("other", "OK", 16),
        ("other", "ERROR", 1),
        ("gap", "OK", 15),
        ("inference", "OK", 2),
    ]


def test_nothing_is_an_empty_picture() -> None:
    """Without spans there is nothing to see."""
    assert Strip().cells() == []
