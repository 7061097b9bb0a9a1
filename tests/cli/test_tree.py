"""Spans in an order of any kind become a tree."""

from msgspec import UNSET

from spanglass.answers import Outline
from spanglass.cli.tree import grown


def _span(name: str, parent: str | None = None) -> Outline:
    return Outline(
        id=name,
        request="r",
        name=name,
        op="",
        type="INTERNAL",
        start=0,
        status="OK",
        messages=0,
        new_messages=0,
        parent=UNSET if parent is None else parent,
    )


def _drawn(*spans: Outline) -> list[str]:
    return [node.guide + node.span.id for node in grown(spans)]


def test_a_tree_is_drawn() -> None:
    """Children stand below their parents, in order, and what has no parent here is a root."""
    spans = [_span("a"), _span("b", "a"), _span("c", "b"), _span("d", "a"), _span("e", "gone")]
    assert _drawn(*spans) == ["a", "├─ b", "│  └─ c", "└─ d", "e"]
    assert [node.guide_below for node in grown(spans)] == ["│  ", "│  │  ", "│        ", "      ", "   "]


def test_cycles_and_depth_end() -> None:
    """A cycle begins with its first span, a span that is its own parent is a root, and depth costs no recursion."""
    assert _drawn(_span("a", "b"), _span("b", "a"), _span("c", "c")) == ["c", "a", "└─ b"]
    deep = [_span("0"), *(_span(str(number), str(number - 1)) for number in range(1, 5_000))]
    assert [node.depth for node in grown(deep)] == list(range(5_000))
