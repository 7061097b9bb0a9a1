"""What every AWS client must get from Spanglass: one contract, driven through each client's own code."""

import json
from typing import Any, TypeAlias

import pytest

from tests.clients.conftest import Server
from tests.clients.sdks import DATA, Client, Key, RefusedError
from tests.clients.spans import ASSISTANT, FULL, FULL_SPAN, LONG, LONG_SPANS, arn, uuid_of

Json: TypeAlias = Any

PLACE: Json = {"assistantId": ASSISTANT, "sessionId": FULL}
LONG_PLACE: Json = {"assistantId": ASSISTANT, "sessionId": LONG}


def refused(client: Client, operation: str, *, key: Key | None = None, **params: Json) -> Json:
    """Return what a client tells of the error that a call must end with."""
    with pytest.raises(RefusedError) as caught:
        client.call(operation, key=key, **params)
    return caught.value.told


def assert_told(client: Client, told: Json, **want: Json) -> None:
    """Compare what a client tells of an error, as far as it tells anything."""
    assert told == {name: member for name, member in want.items() if name in client.sdk.tells}


# ListSpans ------------------------------------------------------------------------------------------------------------


def test_a_span_is_read_whole(client: Client, server: Server) -> None:
    """Every member, union member, document and timestamp comes to the client as it was written."""
    answer = client.call("ListSpans", **PLACE)
    assert answer == {"spans": [client.known(FULL_SPAN | PLACE)]}
    assert answer == client.known(json.loads(server.last.body))


@pytest.mark.parametrize("assistant", [ASSISTANT, arn("assistant", ASSISTANT)], ids=["id", "arn"])
@pytest.mark.parametrize("session", [FULL, arn("session", ASSISTANT, FULL)], ids=["id", "arn"])
def test_arns_name_what_ids_name(client: Client, assistant: str, session: str) -> None:
    """A UUID or an ARN in either place reads the session."""
    [span] = client.call("ListSpans", assistantId=assistant, sessionId=session)["spans"]
    assert span["spanId"] == FULL_SPAN["spanId"]


@pytest.mark.parametrize("size", [1, 7, 25, 100])
def test_a_paginator_reads_every_span_once(client: Client, size: int) -> None:
    """The client's own paginator follows nextToken to the end, whatever the size of a page."""
    spans = client.paginate("ListSpans", "spans", **LONG_PLACE, maxResults=size)
    assert spans == [span | LONG_PLACE for span in LONG_SPANS]


def test_pages_are_as_long_as_asked(client: Client) -> None:
    """MaxResults and nextToken do what they say in single calls."""
    first = client.call("ListSpans", **LONG_PLACE, maxResults=10)
    second = client.call("ListSpans", **LONG_PLACE, maxResults=100, nextToken=first["nextToken"])
    assert [len(first["spans"]), len(second["spans"]), "nextToken" in second] == [10, 15, False]


# ListMessages ---------------------------------------------------------------------------------------------------------


def test_messages_are_listed_in_order(client: Client, server: Server) -> None:
    """ListMessages gives each client what it can know of a session's messages, whole and in pages of any size."""
    answer = client.call("ListMessages", **PLACE)
    sent = json.loads(server.last.body)
    if DATA in client.sdk.lacks:
        for message in (*answer["messages"], *sent["messages"]):
            message["value"].pop("data", None)  # one client passes on what it does not know
    assert answer == sent
    texts = [each["value"]["text"]["value"] for each in answer["messages"] if "text" in each["value"]]
    assert texts == ["Where to?", "I take over.", "To Zürich."]
    paged = client.paginate("ListMessages", "messages", **PLACE, maxResults=3)
    assert [each["messageId"] for each in paged] == [each["messageId"] for each in answer["messages"]]


# Errors ---------------------------------------------------------------------------------------------------------------


def test_a_missing_session_is_its_class(client: Client, server: Server) -> None:
    """ResourceNotFoundException comes as the client's class for it, with its members."""
    session = uuid_of("none")
    told = refused(client, "ListSpans", assistantId=ASSISTANT, sessionId=session)
    assert_told(
        client,
        told,
        code="ResourceNotFoundException",
        message=f"Session {session} of assistant {ASSISTANT} was not found.",
        **{"class": "ResourceNotFoundException"},
        status=404,
        requestId=server.last.answer_headers["x-amzn-requestid"],
        members={"resourceName": session},
    )


@pytest.mark.parametrize(
    "params",
    [
        {"assistantId": "not-an-id", "sessionId": FULL},
        {"assistantId": ASSISTANT, "sessionId": arn("session", uuid_of("other"), FULL)},
        {"assistantId": ASSISTANT, "sessionId": "a b/c%2Fd?e&f=g~ü"},
        PLACE | {"maxResults": 101},
        PLACE | {"nextToken": "a+b/c=d e&f%25~ü"},
        PLACE | {"nextToken": "x" * 2049},
    ],
    ids=["id", "foreign session", "specials", "maxResults", "token", "long token"],
)
def test_what_is_invalid_is_its_class(client: Client, server: Server, params: Json) -> None:
    """ValidationException comes as the client's class for it, with the message that was sent."""
    told = refused(client, "ListSpans", **params)
    assert_told(
        client,
        told,
        code="ValidationException",
        message=json.loads(server.last.body)["message"],
        **{"class": "ValidationException"},
        status=400,
        requestId=server.last.answer_headers["x-amzn-requestid"],
        members={},
    )
