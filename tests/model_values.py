"""Values that a shape of the service model allows, drawn from the shapes themselves, and spans that are wild."""

import functools
import string
from typing import Any, Final

from hypothesis import strategies as st

from spanglass.model.constraints import SHAPES
from spanglass.model.shapes import (
    BooleanShape,
    DocumentShape,
    FloatShape,
    IntegerShape,
    ListShape,
    MapShape,
    StringShape,
    StructureShape,
    TimestampShape,
    UnionShape,
)

ITEMS_MAX: Final = 3
"""Items of a list that are drawn; its bounds have tests of their own."""
CHARS_MAX: Final = 12
TEXT: Final = st.characters(exclude_categories=["Cs"])
DOCUMENTS: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(TEXT, max_size=CHARS_MAX),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(TEXT, max_size=4), inner, max_size=3),
    max_leaves=8,
)
_UUIDS: Final = st.uuids().map(str)
_ARNS: Final = st.builds("arn:aws:wisdom:us-east-1:123456789012:ai-agent/{}/{}".format, _UUIDS, _UUIDS)
_PATTERNS: Final[dict[str, st.SearchStrategy[str]]] = {
    "Uuid": _UUIDS,
    "Arn": _ARNS,
    "ArnWithQualifier": _ARNS | _ARNS.map("{}:$LATEST".format) | _ARNS.map("{}:3".format),
    "GenericArn": st.just("arn:aws:connect:us-east-1:123456789012:instance/1"),
}


@functools.cache
def values(name: str) -> st.SearchStrategy[Any]:
    """Return values that a shape allows."""
    return st.deferred(lambda: _values(name))


def _values(name: str) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911 (one case a kind of shape)
    shape = SHAPES[name]
    match shape:
        case StringShape():
            return _texts(name, shape)
        case IntegerShape(min=low, max=high):
            return st.integers(-(2**31) if low is None else low, 2**31 - 1 if high is None else high)
        case FloatShape(min=low, max=high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case BooleanShape():
            return st.booleans()
        case TimestampShape():
            return st.integers(1, 9_223_372_035_999).map(lambda ms: ms / 1000)
        case DocumentShape():
            return DOCUMENTS
        case ListShape(member=member, min=low):
            return st.lists(values(member), min_size=low or 0, max_size=ITEMS_MAX)
        case MapShape(key=key, value=value):
            return st.dictionaries(values(key), values(value), max_size=ITEMS_MAX)
        case UnionShape(options=options):
            return st.one_of(*(st.fixed_dictionaries({each: values(of)}) for each, of in options.items()))
        case StructureShape(required=required, optional=optional):
            return st.fixed_dictionaries(
                {each: values(of) for each, of in required.items()},
                optional={each: values(of) for each, of in optional.items()},
            )
    raise AssertionError(name)


def _texts(name: str, shape: StringShape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    if name in _PATTERNS:
        return _PATTERNS[name]
    texts = st.text(TEXT, min_size=shape.min or 0, max_size=min(shape.max or CHARS_MAX, CHARS_MAX))
    if shape.pattern is None:
        return texts
    return st.builds("{}{}".format, st.sampled_from(string.ascii_letters + string.digits + " _.,-"), texts)
