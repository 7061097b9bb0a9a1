"""Spans are written as botocore reads them."""

import functools
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.parsers import create_parser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanglass.model.constraints import violations
from spanglass.model.message import SpanMessageValue, SpanReasoningValue, SpanTextValue, SpanToolUseValue
from spanglass.model.span import ListSpansRequest, ListSpansResponse, Span

RESPONSE: Final = (
    ServiceModel(Loader().load_service_model("qconnect", "service-2")).operation_model("ListSpans").output_shape
)
EPOCH: Final = datetime.fromtimestamp(0, UTC)
MILLISECONDS_MAX: Final = 2**33 * 1000 - 1  # to the year 2242: later, a double holds no exact microseconds for clients
ID: Final = "6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11"

UNICODE: Final = st.characters(codec="utf-8")
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(UNICODE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(UNICODE), inner, max_size=3),
    max_leaves=8,
)
SCALARS: Final[dict[str, st.SearchStrategy[object]]] = {
    "boolean": st.booleans(),
    "float": st.floats(0, 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "timestamp": st.integers(0, MILLISECONDS_MAX).map(lambda ms: ms / 1000),
}


def texts(shape: StringShape) -> st.SearchStrategy[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 20)
    if shape.enum:
        return st.sampled_from(shape.enum)
    if "pattern" in shape.metadata:
        pattern = re.compile(shape.metadata["pattern"], re.ASCII)
        return st.from_regex(pattern, alphabet=UNICODE).filter(
            lambda text: least <= len(text) <= 2048 and len(text) <= 255
        )
    return st.text(UNICODE, min_size=least, max_size=min(most, 20))


def later(shape: Shape) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: valid(shape))


@functools.cache
def valid(shape: Shape) -> st.SearchStrategy[Any]:
    """Make the wire JSON that the service model allows for a shape."""
    if isinstance(shape, StringShape):
        return texts(shape)
    if isinstance(shape, ListShape):
        return st.lists(later(shape.member), min_size=shape.metadata.get("min", 0), max_size=2)
    if not isinstance(shape, StructureShape):
        return SCALARS[shape.type_name]
    if shape.is_document_type:
        return documents
    inside = {name: later(member) for name, member in shape.members.items()}
    if shape.is_tagged_union:
        return st.one_of([st.fixed_dictionaries({name: member}) for name, member in inside.items()])
    required = {name: inside.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=inside)


def as_read(shape: Shape, value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Tell what boto3 makes of wire JSON: times are datetimes, and a document that is null is absent."""
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        return {name: as_read(shape.members[name], member) for name, member in value.items() if member is not None}
    if isinstance(shape, ListShape):
        return [as_read(shape.member, member) for member in value]
    return EPOCH + timedelta(milliseconds=round(value * 1000)) if shape.type_name == "timestamp" else value


def parse(body: bytes) -> dict[str, Any]:
    """Read a body as boto3 does."""
    parsed = create_parser("rest-json").parse({"body": body, "headers": {}, "status_code": 200}, RESPONSE)
    return {name: value for name, value in parsed.items() if name != "ResponseMetadata"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a page is large, and so slow to make up
@given(valid(RESPONSE))
def test_boto3_reads_what_was_put_in(page: dict[str, Any]) -> None:
    """Every model-valid page violates nothing and comes out of boto3's parser as it went into our types."""
    assert violations("ListSpansResponse", page) == []
    response = msgspec.convert(page, ListSpansResponse)
    body = msgspec.json.encode(response)
    assert parse(body) == as_read(RESPONSE, page)
    assert msgspec.json.decode(body, type=ListSpansResponse) == response


def test_absent_members_are_not_written() -> None:
    """None is absence; a null argument of a tool is a value."""
    use = SpanToolUseValue(ID, "tool", None)
    body = msgspec.json.encode(SpanMessageValue(tool_use=use))
    assert body == b'{"toolUse":{"toolUseId":"%b","name":"tool","arguments":null}}' % ID.encode()
    assert msgspec.json.decode(b'{"text":null,"toolUse":%b}' % msgspec.json.encode(use), type=SpanMessageValue) == (
        SpanMessageValue(tool_use=use)
    )


def test_empty_page_has_its_spans() -> None:
    """``spans`` is always written: clients take an absent list for none at all."""
    assert msgspec.json.encode(ListSpansResponse([])) == b'{"spans":[]}'


def test_unknown_members_are_passed_over() -> None:
    """A newer service model's members do no harm."""
    decoded = msgspec.json.decode(b'{"assistantId":"a","sessionId":"b","new":[1]}', type=ListSpansRequest)
    assert decoded == ListSpansRequest("a", "b")


def test_union_has_exactly_one_member() -> None:
    """A value of no kind or of two, which would make a page unreadable, cannot be made nor decoded."""
    with pytest.raises(ValueError, match="exactly one of"):
        SpanMessageValue()
    with pytest.raises(ValueError, match="exactly one of"):
        SpanMessageValue(text=SpanTextValue("a"), reasoning=SpanReasoningValue("b"))
    for body in (b"{}", b'{"image":{}}', b'{"text":{"value":"a"},"reasoning":{"value":"b"}}'):
        with pytest.raises(msgspec.ValidationError, match="exactly one of"):
            msgspec.json.decode(body, type=SpanMessageValue)


def test_enum_values_are_checked() -> None:
    """A value that no client knows is refused on decoding."""
    with pytest.raises(msgspec.ValidationError, match="PRODUCER"):
        msgspec.json.decode(b'{"spanType":"PRODUCER"}', type=Span)
