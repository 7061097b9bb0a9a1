"""Spans as typed values, and as the dictionaries of botocore."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import msgspec
import pytest
from botocore.exceptions import PaginationError
from botocore.parsers import ResponseParserError, create_parser
from hypothesis import given

import spanglass
from spanglass.client import spans
from spanglass.client.spans import read_page
from spanglass.model import guardrail, message, span
from spanglass.testing import SCENARIOS, Session
from spanglass.testing.serving import Server, serve
from tests.client.answering import ONCE, OPTIONS, PLACE, Answered
from tests.model_values import values
from tests.service_model import MODEL

RESPONSE: Final = MODEL.operation_model("ListSpans").output_shape
PARSER: Final = create_parser("rest-json")
SPAN: Final = {
    "spanId": "1",
    "assistantId": "a",
    "sessionId": "s",
    "spanName": "inference",
    "spanType": "PRODUCER",
    "startTimestamp": 1700000000.123,
    "endTimestamp": 1700000001,
    "status": "SKIPPED",
    "requestId": "r",
    "attributes": {},
}


def members(kind: type[msgspec.Struct]) -> set[tuple[str, bool]]:
    return {(field.encode_name, field.required) for field in msgspec.structs.fields(kind)}


def structs(*modules: object) -> dict[str, type[msgspec.Struct]]:
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type(msgspec.Struct))]
    return {kind.__name__: kind for kind in kinds}


def test_every_member_has_its_field() -> None:
    """The types are the service model's, with all members; what is required there is required here."""
    model = structs(span, message, guardrail)
    ours = structs(spans)
    assert members(ours.pop("SpanPage")) == members(model.pop("ListSpansResponse"))
    for name in ours.keys() - {"_Structure"}:
        assert members(ours[name]) == members(model[name]), name
    assert {"Span", "SpanAttributes", "SpanMessage", "SpanMessageValue", "SpanGuardrailAssessment"} <= ours.keys()


def plain(value: Any) -> Any:
    """Return what a type says as botocore's dictionaries do, without members that are empty lists."""
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    fields = {
        field.encode_name: plain(getattr(value, field.name.removeprefix("raw_")))
        for field in msgspec.structs.fields(type(value))
    }
    return {name: member for name, member in fields.items() if member not in (None, [])}


def without_empty_lists(value: Any) -> Any:
    if isinstance(value, list):
        return [without_empty_lists(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: without_empty_lists(each) for name, each in value.items() if each != []}


@given(values("ListSpansResponse"))
def test_types_say_what_botocores_dictionaries_say(page: dict[str, Any]) -> None:
    """Every member of any legal page has the same value, times included."""
    body = msgspec.json.encode(page)
    parsed = PARSER.parse({"status_code": 200, "headers": {}, "body": body}, RESPONSE)
    del parsed["ResponseMetadata"]
    assert without_empty_lists(plain(read_page(body))) == without_empty_lists(parsed)


def page_of(**attributes: object) -> bytes:
    return msgspec.json.encode({"spans": [{**SPAN, "attributes": attributes}]})


def test_what_is_new_at_aws_is_passed_over() -> None:
    """New members, values of enumerations and kinds of a message's values do not make a page unreadable."""
    values = [{"image": {"format": "png"}}, {"text": {"value": "x", "language": "en"}}]
    said = {"messageId": "m", "participant": "SUPERVISOR", "timestamp": 1, "values": values}
    page = read_page(page_of(inputMessages=[said], interactionMode="SHOUT", costs=7))
    (only,) = page.spans
    assert (only.span_type, only.status, only.attributes.interaction_mode) == ("PRODUCER", "SKIPPED", "SHOUT")
    assert only.duration.total_seconds() == 0.877
    (heard,) = only.attributes.input_messages
    new, text = heard.values
    assert new == spans.SpanMessageValue()
    assert text.text is not None
    assert text.text.value == "x"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"spans": [{}]}', b'{"spans": [{"status": 7}]}'])
def test_what_is_no_page_is_an_error_that_says_where(body: bytes) -> None:
    """It is botocore's error for responses that it cannot read."""
    with pytest.raises(ResponseParserError, match=r"Invalid service response: .+"):
        read_page(body)


def test_messages_are_read_when_they_are_asked_for() -> None:
    """What is wrong in a message is told once somebody asks for it, and nothing else is in the way."""
    wrong = page_of(
        inputMessages=[{"messageId": 7}], outputMessages=None, systemInstructions=[{"text": {"value": "x"}}]
    )
    (only,) = read_page(wrong).spans
    assert only.attributes.output_messages == ()
    assert only.attributes.system_instructions[0].text is not None
    with pytest.raises(ResponseParserError, match=r"messageId"):
        _ = only.attributes.input_messages


def test_messages_are_read_once() -> None:
    """Asking again returns the same objects."""
    (only,) = read_page(page_of(systemInstructions=[{"text": {"value": "x"}}])).spans
    assert only.attributes.system_instructions is only.attributes.system_instructions


@pytest.fixture(scope="module")
def session() -> Session:
    return SCENARIOS["parallel_tools"]()


@pytest.fixture
def server(session: Session) -> Iterator[Server]:
    with serve() as server:
        server.add(session)
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[spanglass.Client]:
    with spanglass.Client(endpoint_url=server.endpoint_url, **OPTIONS) as client:
        yield client


def test_spans_go_over_all_pages(client: spanglass.Client, server: Server, session: Session) -> None:
    """Each span comes once, in order, and a page is asked for when it is needed."""
    request: Any = {"assistantId": session.assistant_id, "sessionId": session.session_id, "maxResults": 2}
    told = client.spans(**request)
    first = next(told)
    assert len(server.double.requests) == 1
    names = [first.span_name, *(one.span_name for one in told)]
    assert names == [one["spanName"] for one in client.list_spans(**request | {"maxResults": 100})["spans"]]
    page = client.span_page(**request)
    following = list(client.spans(**request, nextToken=page.next_token or ""))
    assert [one.span_name for one in following] == names[2:]
    assert all(one.start_timestamp <= other.start_timestamp for one, other in pairwise(following))


def test_a_token_that_leads_nowhere_is_an_error(client: spanglass.Client, server: Server, session: Session) -> None:
    """A service that answers with the token that it was asked with does not make a reader go round for ever."""
    request: Any = {"assistantId": session.assistant_id, "sessionId": session.session_id, "maxResults": 1}
    told = client.spans(**request)
    next(told)
    server.faults.duplicate_token()
    with pytest.raises(PaginationError, match="same next token"):
        list(told)


def test_dictionaries_and_types_are_read_by_turns() -> None:
    """Reading types, or failing to, leaves the client's dictionaries as they are."""
    answered = Answered(spanglass.Client(config=ONCE, **OPTIONS))
    client = answered.client
    answered.body = page_of()
    assert client.span_page(**PLACE).spans[0].span_id == "1"
    assert client.list_spans(**PLACE)["spans"][0]["spanId"] == "1"
    answered.body = b"{}"
    with pytest.raises(ResponseParserError):
        client.span_page(**PLACE)
    assert client.list_spans(**PLACE).keys() == {"ResponseMetadata"}


def test_errors_of_the_service_are_the_same_for_types() -> None:
    """An error is raised by its name, whichever way spans are read."""
    answered = Answered(spanglass.Client(config=ONCE, **OPTIONS))
    answered.status, answered.headers = 404, {"x-amzn-errortype": "ResourceNotFoundException"}
    with pytest.raises(answered.client.exceptions.ResourceNotFoundException):
        answered.client.span_page(**PLACE)
