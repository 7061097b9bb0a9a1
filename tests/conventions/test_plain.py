"""What any value, or any text that claims to be JSON, becomes."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.conventions.plain import clean, document, encode, plain, read_json
from spanglass.telemetry import Value


@pytest.mark.parametrize(
    ("text", "cleaned"), [("plain", "plain"), ("é", "é"), ("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀")]
)
def test_lone_surrogates_are_replaced(text: str, cleaned: str) -> None:
    """A lone surrogate becomes U+FFFD, a pair the character that it encodes; other text stays."""
    assert clean(text) == cleaned


@given(st.text(st.characters(codec=None)))
def test_clean_text_is_utf8(text: str) -> None:
    """Cleaned text can be written as UTF-8, and cleaning it again changes nothing."""
    assert clean(clean(text)).encode().decode() == clean(text)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        (True, True),
        (2**64, 2**64),
        (2**5000, hex(2**5000)),
        (0.5, 0.5),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (b"\xff", {"bytes": "/w=="}),
        (["a", "b"], ["a", "b"]),
        (["a", "\ud800"], ["a", "\ufffd"]),
        ({"\ud800": [1, b""]}, {"\ufffd": [1, {"bytes": ""}]}),
    ],
)
def test_values_that_json_cannot_hold_are_told_in_json(value: Value, told: Value) -> None:
    """NaN, infinities, bytes, huge numbers and surrogates have a form in JSON; the rest stays."""
    assert plain(value) == told
    assert json.loads(encode(value)) == told


def test_what_lies_too_deep_is_json_text() -> None:
    """Structure below the bound is text, so nothing is lost."""
    assert plain([[["é"]], {"a": {"b": 1}}], 2) == [['["é"]'], {"a": '{"b":1}'}]
    assert document([[[1]]], 3) == b"[[[1]]]"
    assert document([[[1]]], 2) == b'[["[1]"]]'


def test_what_lies_deeper_than_can_be_walked_is_left_out() -> None:
    """Structure beyond the interpreter's own bound is named, not walked."""
    deep: list[Value] = []
    for _ in range(100_000):
        deep = [deep]
    shown = encode(deep)
    assert shown.count(b"[") == 200
    assert "…" in shown.decode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,"a":2}', {"a": 2}),
        ("[NaN, 1e999, -Infinity]", ["NaN", "Infinity", "-Infinity"]),
        ('"\\ud800"', "\ufffd"),
        ("12345678901234567890123", 12345678901234567890123),
    ],
)
def test_json_is_read_as_pythons_writer_writes_it(text: str, value: Value) -> None:
    """Duplicate keys, NaN and lone surrogates are read; the value can be written as JSON."""
    assert read_json(text) == (True, value)


@pytest.mark.parametrize("text", ["", "hello", "[1,]", "[" * 10_000, '"\ud800', "9" * 5000, b"\xff"])
def test_what_is_no_json_says_so(text: str | bytes) -> None:
    """Text that is no JSON, or too deep or large for any reader, is not read."""
    assert read_json(text) == (False, None)
