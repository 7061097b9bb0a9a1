"""What every AWS client must get of assistants, sessions and tags: the same contract for each."""

import json
import uuid
from typing import Any, TypeAlias

import pytest

from tests.clients.conftest import Server
from tests.clients.sdks import Client
from tests.clients.spans import uuid_of
from tests.clients.test_contract import assert_told, refused

Json: TypeAlias = Any

DESCRIPTION = "Plans trips, by rail. \u00fc \U0001f9f3"
TAGS = {"team": "blue", "a+b=c:/d.e_f-9": "value \u00e4 & = %25 +"}
FILTER: Json = {
    "orConditions": [
        {"tagCondition": {"key": "team", "value": "blue"}},
        {"andConditions": [{"key": "a", "value": "b"}, {"key": "c"}]},
    ]
}


@pytest.fixture
def name(client: Client) -> str:
    """Return a name that no other test has used."""
    return f"{client.sdk.name} {uuid.uuid4()}"


@pytest.fixture
def assistant(client: Client, name: str) -> Json:
    """Return an assistant of the test's own."""
    return client.call("CreateAssistant", name=name, type="AGENT")["assistant"]


def agreed(client: Client, server: Server, operation: str, **params: Json) -> Json:
    """Call an operation; what the client reads is what was sent, as far as it knows it."""
    answer = client.call(operation, **params)
    assert answer == client.known(json.loads(server.last.body or b"{}"))
    return answer


def test_an_assistant_is_made_read_and_deleted(client: Client, server: Server, name: str) -> None:
    """CreateAssistant, GetAssistant by id and ARN, DeleteAssistant; then it is a ResourceNotFoundException."""
    made = agreed(client, server, "CreateAssistant", name=name, type="AGENT", description=DESCRIPTION, tags=TAGS)[
        "assistant"
    ]
    assert (made["name"], made["description"], made["tags"]) == (name, DESCRIPTION, TAGS)
    for place in (made["assistantId"], made["assistantArn"]):
        assert agreed(client, server, "GetAssistant", assistantId=place)["assistant"] == made
    assert agreed(client, server, "DeleteAssistant", assistantId=made["assistantArn"]) == {}
    told = refused(client, "GetAssistant", assistantId=made["assistantId"])
    assert_told(
        client,
        told,
        code="ResourceNotFoundException",
        message=f"Assistant {made['assistantId']} was not found.",
        **{"class": "ResourceNotFoundException"},
        status=404,
        requestId=server.last.answer_headers["x-amzn-requestid"],
        members={"resourceName": made["assistantId"]},
    )


def test_a_paginator_lists_all_assistants(client: Client, name: str) -> None:
    """ListAssistants is read to its end in pages of any size."""
    made = {
        client.call("CreateAssistant", name=f"{name} {number}", type="AGENT")["assistant"]["assistantId"]
        for number in range(5)
    }
    listed = [each["assistantId"] for each in client.paginate("ListAssistants", "assistantSummaries", maxResults=2)]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_name_is_taken_once(client: Client, server: Server, name: str, assistant: Json) -> None:
    """A second resource of a name is a ConflictException, the same clientToken again is not."""
    again = {"assistantId": assistant["assistantId"], "name": name, "clientToken": str(uuid.uuid4())}
    session = agreed(client, server, "CreateSession", **again)["session"]
    assert agreed(client, server, "CreateSession", **again)["session"] == session
    for operation, params in (
        ("CreateAssistant", {"name": name, "type": "AGENT"}),
        ("CreateSession", again | {"clientToken": str(uuid.uuid4())}),
        ("CreateSession", again | {"description": "another"}),
    ):
        told = refused(client, operation, **params)
        assert_told(
            client,
            told,
            code="ConflictException",
            message=json.loads(server.last.body)["message"],
            **{"class": "ConflictException"},
            status=409,
            requestId=server.last.answer_headers["x-amzn-requestid"],
            members={},
        )


def test_a_session_is_made_changed_and_found(client: Client, server: Server, name: str, assistant: Json) -> None:
    """CreateSession, GetSession, UpdateSession, SearchSessions: a union in a union comes back as it was given."""
    place = {"assistantId": assistant["assistantId"]}
    made = agreed(client, server, "CreateSession", **place, name=name, tags=TAGS, tagFilter=FILTER)["session"]
    assert (made["name"], made["tags"], made["tagFilter"]) == (name, TAGS, FILTER)
    place["sessionId"] = made["sessionArn"]
    assert agreed(client, server, "GetSession", **place)["session"] == made
    changed = agreed(
        client, server, "UpdateSession", **place, description=DESCRIPTION, tagFilter=FILTER["orConditions"][0]
    )
    assert changed["session"]["description"] == DESCRIPTION
    assert changed["session"]["tagFilter"] == FILTER["orConditions"][0]
    wanted = {"filters": [{"field": "NAME", "operator": "EQUALS", "value": name}]}
    search = {"assistantId": assistant["assistantArn"], "searchExpression": wanted}
    [found] = client.paginate("SearchSessions", "sessionSummaries", **search, maxResults=1)
    assert found["sessionArn"] == made["sessionArn"]
    assert client.call("ListSpans", assistantId=assistant["assistantId"], sessionId=made["sessionId"]) == {"spans": []}


def test_a_session_has_data(client: Client, server: Server, name: str, assistant: Json) -> None:
    """UpdateSessionData, which is a PATCH, puts values over those before by key."""
    session = client.call("CreateSession", assistantId=assistant["assistantId"], name=name)["session"]
    place = {"assistantId": assistant["assistantArn"], "sessionId": session["sessionId"]}
    for values in ({"a": "1", "b": "2"}, {"b": "\u00fc"}):
        data = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
        answer = agreed(client, server, "UpdateSessionData", **place, data=data)
    assert {each["key"]: each["value"]["stringValue"] for each in answer["data"]} == {"a": "1", "b": "\u00fc"}


def test_tags_are_put_listed_and_taken_away(client: Client, server: Server, assistant: Json) -> None:
    """An ARN is a label of its own, tag keys are a list in the query: each client encodes both its way."""
    place = {"resourceArn": assistant["assistantArn"]}
    assert agreed(client, server, "TagResource", **place, tags=TAGS) == {}
    assert agreed(client, server, "ListTagsForResource", **place)["tags"] == TAGS
    more = {"x:y": "1", "z=+": "2"}
    client.call("TagResource", **place, tags=more)
    assert agreed(client, server, "UntagResource", **place, tagKeys=list(more)) == {}
    assert agreed(client, server, "ListTagsForResource", **place)["tags"] == TAGS


def test_too_many_tags_are_their_class(client: Client, server: Server, assistant: Json) -> None:
    """TooManyTagsException comes as the client's class for it, with its members."""
    place = {"resourceArn": assistant["assistantArn"]}
    client.call("TagResource", **place, tags={f"a{number}": "x" for number in range(40)})
    told = refused(client, "TagResource", **place, tags={f"b{number}": "x" for number in range(40)})
    body = json.loads(server.last.body)
    assert_told(
        client,
        told,
        code="TooManyTagsException",
        message=body.pop("message"),
        **{"class": "TooManyTagsException"},
        status=400,
        requestId=server.last.answer_headers["x-amzn-requestid"],
        members=body,
    )


def test_what_is_not_offered_is_told_so(client: Client, server: Server) -> None:
    """An operation that Spanglass does not have is an error of a name that every client passes on."""
    told = refused(client, "GetKnowledgeBase", knowledgeBaseId=uuid_of("base"))
    assert told["code"] == "UnsupportedOperationException"
    assert told["message"] == json.loads(server.last.body)["message"]
