"""Segments and queries of a raw path."""

import contextlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.qconnect.errors import SerializationError
from spanglass.qconnect.uri import decoded, parameters, segments

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(TEXTS.filter(bool), min_size=1), st.sampled_from(["", "/"]))
def test_segments_keep_what_was_escaped(labels: list[str], end: str) -> None:
    """What a client escapes into one segment is one label again, slashes and percent signs included."""
    raw_path = "".join("/" + quote(label, safe="") for label in labels) + end
    assert [decoded(segment, "label") for segment in segments(raw_path.encode())] == labels


@given(st.binary())
def test_any_bytes_decode_or_are_told(raw: bytes) -> None:
    """Bytes decode to text, or are a SerializationError, never another error."""
    with contextlib.suppress(SerializationError):
        assert "%" in decoded(raw, "label") or b"%25" not in raw


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"a=1", ["1"]),
        (b"b=0&a=1&a=2", ["1", "2"]),
        (b"a", [""]),
        (b"a=", [""]),
        (b"a=b=c", ["b=c"]),
        (b"a=1+2%2B3", ["1+2+3"]),
        (b"%61=1", ["1"]),
        (b"A=1", []),
        (b"aa=1", []),
        (b"%zz=%zz", []),
        (b"", []),
    ],
)
def test_parameters_are_found_by_name(query: bytes, values: list[str]) -> None:
    """Names are case-sensitive, a parameter without a sign is empty, a plus is a plus."""
    assert parameters(query, "a") == values
