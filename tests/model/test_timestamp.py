"""Times as the wire has them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.model.timestamp import seconds, seconds_ms

NANOSECONDS = st.integers(0, 2**64 - 1)  # what OTLP's fixed64 holds


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, b"0.0"),
        (999_999, b"0.0"),
        (1_000_000, b"0.001"),
        (1_700_000_000_000_000_000, b"1700000000.0"),
        (1_700_000_000_123_000_000, b"1700000000.123"),
        (1_700_000_000_123_999_999, b"1700000000.123"),
        (1_700_000_000_120_000_000, b"1700000000.12"),
        (2**64 - 1, b"18446744073.709"),
    ],
)
def test_seconds_floors_to_milliseconds(ns: int, text: bytes) -> None:
    """Nanoseconds become seconds with the milliseconds they have reached, in the shortest decimal form."""
    assert seconds(ns) == text


@given(NANOSECONDS)
def test_seconds_is_exact(ns: int) -> None:
    """The text is a plain JSON number of at most three decimals, equal to the milliseconds, at every time OTLP has."""
    text = seconds(ns)
    assert Decimal(text.decode()) == Decimal(ns // 1_000_000) / 1000
    assert len(text.partition(b".")[2]) <= 3
    assert text.replace(b".", b"").isdigit()
    assert isinstance(json.loads(text), float)


@given(NANOSECONDS)
def test_seconds_ms_agrees(ns: int) -> None:
    """Both ways to write a time give one text."""
    assert seconds_ms(ns // 1_000_000) == seconds(ns)
