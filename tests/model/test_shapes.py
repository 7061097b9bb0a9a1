"""The shapes of the service model, as types."""

import math
from typing import Any

import msgspec
import pytest

from spanglass.model.shapes import (
    DOCUMENT_DEPTH_MAX,
    TIMESTAMP_MAX,
    BooleanShape,
    DocumentShape,
    FloatShape,
    IntegerShape,
    ListShape,
    Shape,
    StringShape,
    StructureShape,
    TimestampShape,
    UnionShape,
)

NAME = StringShape(min=2, max=3, pattern=r"a\s")
COLOUR = StringShape(enum=("RED", "BLUE"))
SMALL = IntegerShape(min=1, max=100)
SHARE = FloatShape(min=0.0, max=1.0)
PAIR = ListShape(member="Name", min=1, max=2)
POINT = StructureShape(required={"x": "Integer"}, optional={"label": "Name"})
EITHER = UnionShape(options={"text": "Name", "number": "Integer"})


def nested(levels: int) -> object:
    value: object = 1
    for level in range(levels - 1):
        value = [value] if level % 2 else {"inner": value}
    return value


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (NAME, "a "),
        (NAME, "ba\n"),
        (StringShape(max=1), "\N{GRINNING FACE}"),
        (StringShape(), ""),
        (COLOUR, "RED"),
        (SMALL, 1),
        (SMALL, 100),
        (IntegerShape(), -(2**31)),
        (IntegerShape(), 2**31 - 1),
        (SHARE, 0),
        (SHARE, 1.0),
        (FloatShape(), -1e308),
        (BooleanShape(), False),
        (TimestampShape(), 0),
        (TimestampShape(), 1_700_000_000.123),
        (TimestampShape(), TIMESTAMP_MAX),
        (DocumentShape(), None),
        (DocumentShape(), {"a": [None, True, 10**30, 1.5, "\N{GRINNING FACE}", {}, []]}),
        (DocumentShape(), nested(DOCUMENT_DEPTH_MAX)),
        (PAIR, ["a", 1]),
        (POINT, {}),
        (POINT, {"unknown": object()}),
        (EITHER, {"text": "a"}),
        (EITHER, {"text": None, "number": 1, "__type": "Either", "unknown": None}),
    ],
)
def test_sound_values(shape: Shape, value: object) -> None:
    """A value within its bounds, at their very ends too, has no complaint; members are judged apart."""
    assert shape.complaints(value) == []


@pytest.mark.parametrize(
    ("shape", "value", "constraints"),
    [
        (NAME, "a", ["have length greater than or equal to 2", r"satisfy regular expression pattern: a\s"]),
        (NAME, "a bc", ["have length less than or equal to 3"]),
        (NAME, "a\u00a0", [r"satisfy regular expression pattern: a\s"]),
        (COLOUR, "red", ["satisfy enum value set: [RED, BLUE]"]),
        (SMALL, 0, ["have value greater than or equal to 1"]),
        (SMALL, 101, ["have value less than or equal to 100"]),
        (SHARE, -0.1, ["have value greater than or equal to 0.0"]),
        (SHARE, 2, ["have value less than or equal to 1.0"]),
        (PAIR, [], ["have length greater than or equal to 1"]),
        (PAIR, ["a", "b", "c"], ["have length less than or equal to 2"]),
        (NAME, None, ["not be null"]),
        (POINT, None, ["not be null"]),
        (DocumentShape(), msgspec.UNSET, ["not be null"]),
        (DocumentShape(), nested(DOCUMENT_DEPTH_MAX + 1), ["have depth less than or equal to 128"]),
        (DocumentShape(), nested(10_000), ["have depth less than or equal to 128"]),
    ],
)
def test_broken_constraints(shape: Shape, value: object, constraints: list[str]) -> None:
    """Each broken constraint is named in AWS's words."""
    complaints = shape.complaints(value)
    assert [complaint.constraint for complaint in complaints] == [f"Member must {text}" for text in constraints]
    assert not any(complaint.mistyped for complaint in complaints)


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        (NAME, [1, True, [], {}, b"a "]),
        (SMALL, ["1", 1.0, True, [], 2**31, -(2**31) - 1]),
        (SHARE, ["1", True, [], math.nan, math.inf, -math.inf]),
        (BooleanShape(), [0, "true", []]),
        (TimestampShape(), ["1", "2023-11-14T22:13:20Z", True, -1, 1_700_000_000_123, math.nan, math.inf, {}]),
        (DocumentShape(), [math.nan, [math.inf], {"a": {1: 2}}, [b""], [(1, 2)], [object()]]),
        (PAIR, ["ab", {}, 1]),
        (POINT, ["ab", [], 1]),
        (EITHER, ["ab", [], {}, {"text": None}, {"text": "a", "number": 1}, {"image": 1}, {"text": "a", "image": 1}]),
    ],
)
def test_values_of_another_type(shape: Shape, values: list[object]) -> None:
    """A value of another JSON type, or of none, is one complaint, marked as mistyped."""
    for value in values:
        (complaint,) = shape.complaints(value)
        assert complaint.mistyped


@pytest.mark.parametrize(
    ("shape", "value", "members"),
    [
        (NAME, "a", []),
        (DocumentShape(), {"a": 1}, []),
        (PAIR, ["a", None], [("1.member", "Name", "a"), ("2.member", "Name", None)]),
        (POINT, {"label": "a", "x": 1, "y": 2}, [("x", "Integer", 1), ("label", "Name", "a")]),
        (POINT, {"label": None}, [("x", "Integer", msgspec.UNSET)]),
        (POINT, {"x": None}, [("x", "Integer", None)]),
        (EITHER, {"number": 1, "text": None, "__type": "Either"}, [("number", "Integer", 1)]),
    ],
)
def test_members(shape: Shape, value: Any, members: list[tuple[str, str, object]]) -> None:  # noqa: ANN401 (any JSON)
    """A shape names what stands in a value, and what is required and does not."""
    assert list(shape.members(value)) == members
