"""Pages parsed the quick way are what botocore makes of them."""

import re
from http import HTTPStatus
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spanglass
from spanglass.client import accelerate, pages
from tests.client.answering import ONCE, OPTIONS, Answered, boto3_client
from tests.client.wire import WILD, texts
from tests.service_model import MODEL

OURS: Final = Answered(spanglass.Client(config=ONCE, **OPTIONS))
THEIRS: Final = boto3_client()
PAGES: Final = texts(MODEL.operation_model("ListSpans").output_shape.name)
TOKENS: Final = re.compile(r'"(?:\\.|[^"\\])*"|[-+.\w]+|[^\s]')
ERRORS: Final = [shape.name for shape in MODEL.error_shapes]


@given(PAGES)
def test_what_botocore_reads_is_read_alike(page: str) -> None:
    """Whatever a page holds that botocore makes something of, ours is the same to the type, and ours read it."""
    body = page.encode()
    assert OURS.outcome(body) == THEIRS.outcome(body)
    assert not OURS.read_by_botocore


@settings(max_examples=50)
@given(PAGES, st.data())
def test_what_botocore_does_not_read_is_told_alike(page: str, data: st.DataObject) -> None:
    """A page with something wrong in it raises, or is read as, what it is with botocore."""
    tokens = TOKENS.findall(page)
    place = data.draw(st.integers(0, len(tokens) - 1))
    tokens[place] = data.draw(st.sampled_from(["", *WILD, *map("[{}]".format, tokens[place : place + 1])]))
    body = " ".join(tokens).encode()
    assert OURS.outcome(body) == THEIRS.outcome(body)


@settings(max_examples=50)
@given(PAGES.map(str.encode), st.integers(0), st.binary(max_size=2))
def test_broken_bytes_are_told_alike(page: bytes, place: int, instead: bytes) -> None:
    """So does one whose bytes are no longer JSON, or no longer text."""
    place %= len(page)
    body = page[:place] + instead + page[place + 1 :]
    assert OURS.outcome(body) == THEIRS.outcome(body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"7", b'""', b"<html></html>", b"\xef\xbb\xbf{}", b"{}", b"\xff"]
)
def test_a_body_that_is_no_page_is_told_alike(body: bytes) -> None:
    """Bodies that are empty, of another kind, or no JSON are what botocore makes of them."""
    assert OURS.outcome(body) == THEIRS.outcome(body)


@pytest.mark.parametrize("code", [*ERRORS, "ThrottlingException", "Unheard", ""])
@pytest.mark.parametrize("status", [HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.FOUND])
def test_an_error_is_the_same_error(code: str, status: int) -> None:
    """Errors of every code are raised as botocore's class for it, with the same response; bodies do not matter."""
    named = {"x-amzn-errortype": code, "x-amzn-requestid": "7"}
    for headers, body in (
        (named, b'{"message": "No.", "resourceName": "session", "reason": "x"}'),
        ({}, f'{{"__type": "com.amazonaws#{code}", "Message": "No."}}'.encode()),
        ({}, b"<html></html>"),
        ({}, b""),
    ):
        assert OURS.outcome(body, status, headers) == THEIRS.outcome(body, status, headers)


@pytest.mark.parametrize("code", ERRORS)
def test_errors_are_caught_by_their_names(code: str) -> None:
    """``client.exceptions`` has the class of each error, and the error has the service's response."""
    OURS.outcome(b'{"message": "No."}', HTTPStatus.BAD_REQUEST, {"x-amzn-errortype": code})
    with pytest.raises(getattr(OURS.client.exceptions, code)) as raised:
        OURS.client.list_spans(assistantId="a", sessionId="s")
    assert raised.value.response["Error"] == {"Code": code, "Message": "No."}


def test_a_client_of_boto3_is_accelerated() -> None:
    """A client that is there already reads the same as before, faster."""
    accelerated = boto3_client()
    accelerate(accelerated.client)
    body = b'{"spans": [{"startTimestamp": 1.5, "attributes": {}}], "nextToken": "x"}'
    assert accelerated.outcome(body) == THEIRS.outcome(body)
    assert not accelerated.read_by_botocore


def test_who_debugs_botocore_sees_the_body(caplog: pytest.LogCaptureFixture) -> None:
    """At level DEBUG botocore parses and logs the body itself."""
    body = b'{"spans": []}'
    with caplog.at_level("DEBUG", "botocore.parsers"):
        assert OURS.outcome(body) == THEIRS.outcome(body)
    assert [record.args for record in caplog.records].count((body,)) == len([OURS, THEIRS])


def test_types_that_it_does_not_know_are_left_to_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the service model has types that no span had so far, botocore reads the pages that hold them."""
    monkeypatch.delitem(pages._SCALARS, "timestamp")
    client = boto3_client()
    accelerate(client.client)
    for body, by_botocore in ((b'{"spans": [{"endTimestamp": 1.5}]}', True), (b'{"spans": [{}]}', False)):
        assert client.outcome(body) == THEIRS.outcome(body)
        assert client.read_by_botocore is by_botocore
