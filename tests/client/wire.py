"""ListSpansResponses as JSON text, drawn from the installed botocore's shapes: whatever its parser accepts, and not."""

import functools
import json
import random
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from tests.model_values import DOCUMENTS
from tests.service_model import MODEL

Text: TypeAlias = st.SearchStrategy[str]

ITEMS_MAX: Final = 3
STRINGS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(json.dumps) | st.sampled_from(
    ['"\\u00e9\\/"', '"\\ud83d\\ude00"', '"null"']
)
DOCUMENT_TEXTS: Final = DOCUMENTS.map(json.dumps) | st.sampled_from(["-0", "1E5", "[null]", '{"a": 1, "a": 2}'])
_SECONDS: Final = st.integers(-(10**9), 10**10).map(lambda ms: ms / 1000)
TIMES: Final = st.one_of(
    _SECONDS.map(repr),
    _SECONDS.map('"{!r}"'.format),
    st.integers(0, 2 * 10**9).map(str),
    st.sampled_from(
        [
            *("1.700000000123E9", "17e8", "1e-3", "true", '"2023-11-14T22:13:20Z"', '"2023-11-14T22:13:20.5+02:00"'),
            *('"2023-11-14"', '"Tue, 14 Nov 2023 22:13:20 GMT"'),
        ],
    ),
)
SCALARS: Final = {
    "boolean": st.sampled_from(["true", "false", '"True"', '"no"']),
    "float": st.floats(0, 1).map(repr) | st.sampled_from(["1", '"0.5"', '"NaN"', "true"]),
    "integer": st.integers(-(2**40), 2**40).map(str) | st.sampled_from(["1.9", '" 7 "', "true", "1e3"]),
    "string": STRINGS | st.sampled_from(["7", "true", "[1]", '{"a": null}']),
    "timestamp": TIMES,
}
"""What botocore takes for a scalar: it converts more than AWS may send."""
UNKNOWN: Final = st.tuples(st.sampled_from(["image", "costs"]), st.just("null") | DOCUMENT_TEXTS)
WILD: Final = (
    *("null", "7", "-1e999", "NaN", "1700000000123", '"x"', '""', '"\\ud800"', "[]", "[null]", "{}", "[{}]", "tru"),
    *('{"text": null}', '{"__type": "x"}', '{"image": {}, "text": {"value": "x"}}', '{"__type": "x", "image": {}}'),
)


@functools.cache
def texts(name: str) -> Text:
    """Return JSON that botocore reads as a shape, nulls and members that it does not know included."""
    return st.deferred(lambda: _texts(MODEL.shape_for(name)))


def _texts(shape: Any) -> Text:
    if shape.type_name == "list":
        return st.lists(texts(shape.member.name) | st.just("null"), max_size=ITEMS_MAX).map(_array)
    if shape.type_name != "structure":
        return SCALARS[shape.type_name]
    if shape.is_document_type:
        return DOCUMENT_TEXTS
    members = [st.tuples(st.just(name), texts(member.name)) for name, member in shape.members.items()]
    if shape.is_tagged_union:
        unknown = st.tuples(st.just("image"), DOCUMENT_TEXTS.filter("null".__ne__))
        return st.one_of(*members, unknown).map(lambda member: _object([member]))
    absent = st.sampled_from(list(shape.members)).map(lambda name: (name, "null"))
    some = [st.tuples(member, st.booleans()).map(lambda drawn: [drawn[0]] * drawn[1]) for member in members]
    return st.tuples(st.tuples(*some), st.lists(UNKNOWN | absent, max_size=1), st.randoms()).map(_shuffled)


def _shuffled(drawn: tuple[tuple[list[tuple[str, str]], ...], list[tuple[str, str]], random.Random]) -> str:
    groups, others, rng = drawn
    members = [*(member for group in groups for member in group), *others]
    rng.shuffle(members)
    return _object(members)


def _array(items: list[str]) -> str:
    return f"[{', '.join(items)}]"


def _object(members: list[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{json.dumps(name)}: {text}' for name, text in members)}}}"
