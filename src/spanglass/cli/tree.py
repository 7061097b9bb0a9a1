"""The spans of a session as a tree: sessions have 100,000 spans and 400 levels, so nothing here recurses."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import UNSET

from spanglass.answers import Outline


class Node(msgspec.Struct):
    """A span at its place; ``guide`` is drawn before its name, ``guide_below`` before what is told below it."""

    span: Outline
    depth: int
    guide: str
    guide_below: str


def grown(spans: Sequence[Outline]) -> Iterator[Node]:
    """Yield spans, given in order of their start, parents before children.

    A span whose parent is not there is a root; a cycle begins with the first of its spans.
    """
    known = {span.id for span in spans}
    children: dict[str, list[Outline]] = defaultdict(list)
    roots = []
    for span in spans:
        if span.parent is not UNSET and span.parent in known and span.parent != span.id:
            children[span.parent].append(span)
        else:
            roots.append(span)
    placed: set[str] = set()
    for root in (*roots, *spans):  # only a cycle is not reached from a root
        waiting = [(root, 0, "", "")]
        while waiting:
            span, depth, guide, before = waiting.pop()
            if span.id in placed:
                continue
            placed.add(span.id)
            below = [child for child in children[span.id] if child.id not in placed]
            yield Node(span, depth, guide, before + ("│  " if below else "   "))
            for number, child in enumerate(reversed(below)):
                guides = ("├─ ", "│  ") if number else ("└─ ", "   ")
                waiting.append((child, depth + 1, before + guides[0], before + guides[1]))
