"""Logfire's placeholders stand for the spans that they tell of."""

import pytest

from spanglass.conventions.logfire import is_placeholder, stood_for
from spanglass.telemetry import Value
from tests.telemetry import span

REAL, PARENT = (7).to_bytes(8), (9).to_bytes(8)
PENDING: dict[str, Value] = {"logfire.span_type": "pending_span"}


@pytest.mark.parametrize(
    ("told", "parent"),
    [(PARENT.hex(), PARENT), ("0" * 16, b""), ("xy", b""), ("09", b""), (9, b""), (None, b"")],
)
def test_a_placeholder_is_the_running_span_above_it(told: Value, parent: bytes) -> None:
    """It takes that span's id, is below what is told as its parent, and has not ended."""
    placeholder = span(1, PENDING | {"logfire.pending_parent_id": told}, parent_span_id=REAL)
    assert is_placeholder(placeholder)
    real = stood_for(placeholder)
    assert (real.span_id, real.parent_span_id, real.start_ns, real.end_ns) == (REAL, parent, placeholder.start_ns, 0)
    assert real.attributes == placeholder.attributes


def test_other_spans_are_none() -> None:
    """A span that says so of itself without a parent stands for nothing."""
    assert not is_placeholder(span(1, {"logfire.span_type": "span"}, parent_span_id=REAL))
    assert not is_placeholder(span(1, PENDING))
