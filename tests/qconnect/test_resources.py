"""Assistants, sessions and tags as unmodified boto3 makes, reads, changes and deletes them."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
from botocore.exceptions import ClientError

from spanglass.model.constraints import SHAPES, violations
from spanglass.store.samples import span, span_id

Client: TypeAlias = Any
"""boto3 makes the classes of its clients at run time."""
Ask: TypeAlias = Callable[..., Any]
Put: TypeAlias = Callable[..., Any]
Json: TypeAlias = Any

SESSION_MEMBERS: dict[str, Any] = {
    "description": "A session",
    "tags": {"team": "blue"},
    "tagFilter": {"orConditions": [{"tagCondition": {"key": "a", "value": "b"}}, {"andConditions": [{"key": "c"}]}]},
    "aiAgentConfiguration": {"ORCHESTRATION": {"aiAgentId": f"{uuid.UUID(int=1)}:$LATEST", "enabled": True}},
    "orchestratorConfigurationList": [
        {"orchestratorUseCase": "Connect.SelfService", "aiAgentId": str(uuid.UUID(int=2))}
    ],
}


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return a name that no other test uses; a Name has at most 255 characters."""
    return f"{request.node.name} {uuid.uuid4()}"[:255]


@pytest.fixture
def assistant(client: Client, name: str) -> Json:
    """Return an assistant of the test's own, as it was answered."""
    return client.create_assistant(name=name, type="AGENT")["assistant"]


@pytest.fixture
def session(client: Client, assistant: Json) -> Json:
    """Return a session of it."""
    return client.create_session(assistantId=assistant["assistantId"], name="mine", **SESSION_MEMBERS)["session"]


def model_says(shape: str, answer: Json) -> None:
    """Hold an answer of boto3's against the service model: nothing that it forbids, and nothing that it lacks."""
    body = json.loads(json.dumps(answer, default=lambda time: time.timestamp()))
    body.pop("ResponseMetadata", None)
    assert violations(shape, body) == []
    members = SHAPES[shape].required | SHAPES[shape].optional  # type: ignore[attr-defined]
    assert body.keys() <= members.keys()


# Assistants


def test_an_assistant_is_made_and_read(client: Client, name: str) -> None:
    """What is given comes back, with an id, an ARN, a status and the time of its last change."""
    given = {"name": name, "type": "AGENT", "description": "Helps", "tags": {"team": "blue", "Ünï:code/1": "ö ="}}
    given["tags"] = {"team": "blue", "a+b=c/d:e_f.1": "ö ="}
    made = client.create_assistant(**given, serverSideEncryptionConfiguration={"kmsKeyId": "key"})["assistant"]
    assert {member: made[member] for member in given} == given
    assert made["status"] == "ACTIVE"
    assert made["assistantArn"] == f"arn:aws:wisdom:us-east-1:000000000000:assistant/{made['assistantId']}"
    assert datetime.now(UTC) - made["lastModifiedTime"] < timedelta(minutes=5)
    assert "serverSideEncryptionConfiguration" not in made
    for named in (made["assistantId"], made["assistantArn"]):
        answer = client.get_assistant(assistantId=named)
        assert answer["assistant"] == made
        model_says("GetAssistantResponse", answer)


def test_an_assistant_of_telemetry_is_one_too(client: Client, put: Put, name: str) -> None:
    """An assistant that came with spans is there, with nothing said of it, and its name is taken."""
    place = put(span(1), assistant=name)
    read = client.get_assistant(assistantId=place.assistantId)["assistant"]
    assert read == {
        "assistantId": place.assistantId,
        "assistantArn": place.assistant_arn.replace("123456789012", "000000000000"),
        "name": name,
        "type": "AGENT",
        "status": "ACTIVE",
    }
    with pytest.raises(client.exceptions.ConflictException):
        client.create_assistant(name=name, type="AGENT")


def test_a_name_that_the_model_forbids_is_shown_within_it(client: Client, put: Put) -> None:
    """Telemetry may name what it likes; a client reads a name that its model admits."""
    place = put(span(1), assistant="助手\n" + "x" * 300, session="会话")
    read = client.get_assistant(assistantId=place.assistantId)
    model_says("GetAssistantResponse", read)
    assert read["assistant"]["name"].startswith("_助手 xxx")
    model_says("GetSessionResponse", client.get_session(**place._asdict()))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_assistants_are_listed_in_pages(client: Client, put: Put, name: str, size: int) -> None:
    """boto3's paginator lists every assistant once, made or not, in order of id."""
    made = [client.create_assistant(name=f"{name[:200]} {n}", type="AGENT")["assistant"] for n in range(3)]
    came = put(span(1), assistant=f"{name} came")
    pages = list(client.get_paginator("list_assistants").paginate(PaginationConfig={"PageSize": size}))
    for page in pages:
        model_says("ListAssistantsResponse", page)
    listed = [each for page in pages for each in page["assistantSummaries"]]
    ids = [each["assistantId"] for each in listed]
    assert ids == sorted(set(ids))
    assert all(len(page["assistantSummaries"]) == size for page in pages[:-1])
    assert [each for each in listed if each in made] == sorted(made, key=lambda each: each["assistantId"])
    assert came.assistantId in ids


def test_a_deleted_assistant_is_gone_with_all_it_had(client: Client, put: Put, name: str) -> None:
    """Deleting an assistant deletes its sessions and their spans; a second time there is nothing to delete."""
    place, other = put(span(1), assistant=name), put(span(2), session="other")
    client.create_session(assistantId=place.assistantId, name="made")
    answer = client.delete_assistant(assistantId=place.assistant_arn)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    calls: list[Callable[[], Json]] = [
        lambda: client.get_assistant(assistantId=place.assistantId),
        lambda: client.delete_assistant(assistantId=place.assistantId),
        lambda: client.list_spans(**place._asdict()),
        lambda: client.get_session(**place._asdict()),
        lambda: client.create_session(assistantId=place.assistantId, name="made"),
    ]
    for call in calls:
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            call()
    assert client.list_spans(**other._asdict())["spans"]


def test_a_missing_assistant_is_named(client: Client) -> None:
    """A ResourceNotFoundException names the assistant."""
    missing = str(uuid.uuid4())
    with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
        client.get_assistant(assistantId=missing)
    assert raised.value.response["resourceName"] == missing


# Client tokens


def test_a_client_token_makes_once(client: Client, name: str) -> None:
    """The same request with its token again returns what it made; the token with other parameters is a conflict."""
    given = {"name": name, "type": "AGENT", "clientToken": str(uuid.uuid4())}
    made = client.create_assistant(**given)["assistant"]
    assert client.create_assistant(**given)["assistant"] == made
    for other in ({"description": "new"}, {"name": name[:250] + " 2"}):
        with pytest.raises(client.exceptions.ConflictException, match="client token"):
            client.create_assistant(**given | other)
    session = {"assistantId": made["assistantId"], "name": "s", "clientToken": given["clientToken"]}
    assert client.create_session(**session)["session"] == client.create_session(**session)["session"]
    with pytest.raises(client.exceptions.ConflictException):
        client.create_session(**session | {"description": "new"})


def test_a_name_is_taken_once(client: Client, assistant: Json, session: Json) -> None:
    """A second assistant, or a second session of one assistant, with the same name is a conflict."""
    with pytest.raises(client.exceptions.ConflictException, match="already"):
        client.create_assistant(name=assistant["name"], type="AGENT")
    with pytest.raises(client.exceptions.ConflictException, match="already"):
        client.create_session(assistantId=assistant["assistantId"], name=session["name"])


# Sessions


def test_a_session_is_made_and_read(client: Client, assistant: Json, session: Json) -> None:
    """What is given comes back with id, ARN and origin; a session that has no spans yet lists none."""
    assert {member: session[member] for member in SESSION_MEMBERS} == SESSION_MEMBERS
    assert (session["name"], session["origin"]) == ("mine", "CUSTOMER")
    ids = f"{assistant['assistantId']}/{session['sessionId']}"
    assert session["sessionArn"] == f"arn:aws:wisdom:us-east-1:000000000000:session/{ids}"
    place = {"assistantId": assistant["assistantArn"], "sessionId": session["sessionArn"]}
    answer = client.get_session(**place)
    assert answer["session"] == session
    model_says("GetSessionResponse", answer)
    assert client.list_spans(**place)["spans"] == []


def test_spans_come_to_the_session_that_was_made_for_them(
    client: Client, put: Put, name: str, conversation: str
) -> None:
    """A session made under the name of a conversation is the one that the conversation's spans are in."""
    made = client.create_assistant(name=name, type="AGENT")["assistant"]
    session = client.create_session(assistantId=made["assistantId"], name=conversation, description="before")["session"]
    place = put(span(1), assistant=name)
    assert (place.assistantId, place.sessionId) == (made["assistantId"], session["sessionId"])
    [read] = client.list_spans(**place._asdict())["spans"]
    assert read["spanId"] == str(uuid.UUID(bytes=span_id(1)))
    assert client.get_session(**place._asdict())["session"] == session


def test_a_session_of_telemetry_is_one_too(client: Client, put: Put) -> None:
    """A session that came with spans is read, found and changed like one that was made."""
    place = put(span(1))
    read = client.get_session(**place._asdict())["session"]
    assert (read["sessionId"], read["origin"]) == (place.sessionId, "SYSTEM")
    updated = client.update_session(**place._asdict(), description="after")["session"]
    assert updated == read | {"description": "after"}
    assert len(client.list_spans(**place._asdict())["spans"]) == 1


def test_an_update_replaces_what_it_gives(client: Client, assistant: Json, session: Json) -> None:
    """Members given replace those that were there; the others stay; orchestrators go on request."""
    place = {"assistantId": assistant["assistantId"], "sessionId": session["sessionId"]}
    given = {"description": "new", "tagFilter": {"tagCondition": {"key": "k"}}}
    answer = client.update_session(**place, **given)
    model_says("UpdateSessionResponse", answer)
    assert answer["session"] == session | given
    gone = client.update_session(**place, removeOrchestratorConfigurationList=True)["session"]
    assert gone == {name: value for name, value in (session | given).items() if not name.startswith("orchestrator")}
    assert client.update_session(**place)["session"] == gone
    with pytest.raises(client.exceptions.ValidationException, match="removeOrchestratorConfigurationList"):
        client.update_session(
            **place,
            orchestratorConfigurationList=SESSION_MEMBERS["orchestratorConfigurationList"],
            removeOrchestratorConfigurationList=True,
        )


def test_a_sessions_data_is_merged(client: Client, assistant: Json, session: Json) -> None:
    """Data is put by key, and the answer tells all of it."""
    place = {"assistantId": assistant["assistantId"], "sessionId": session["sessionId"]}
    first = client.update_session_data(**place, data=[{"key": "a", "value": {"stringValue": "1"}}])
    assert (first["namespace"], first["sessionId"]) == ("Custom", session["sessionId"])
    model_says("UpdateSessionDataResponse", first)
    more = [{"key": "b", "value": {"stringValue": "2"}}, {"key": "a", "value": {"stringValue": "3"}}]
    second = client.update_session_data(**place, namespace="Custom", data=more)
    assert {each["key"]: each["value"]["stringValue"] for each in second["data"]} == {"a": "3", "b": "2"}
    full = [{"key": f"k{n}", "value": {"stringValue": "x"}} for n in range(49)]
    with pytest.raises(client.exceptions.ValidationException, match="at most 50 keys"):
        client.update_session_data(**place, data=full)
    assert "data" not in client.get_session(**place)["session"]


def _filter(value: str, **other: str) -> Json:
    return {"field": "NAME", "operator": "EQUALS", "value": value} | other


def test_sessions_are_found_by_name(
    client: Client, put: Put, assistant: Json, session: Json, conversation: str
) -> None:
    """NAME EQUALS finds a session, made or not, by its whole name, and nothing else."""
    place = put(span(1))

    def search(named: str, *values: str) -> Json:
        answer = client.search_sessions(assistantId=named, searchExpression={"filters": [*map(_filter, values)]})
        model_says("SearchSessionsResponse", answer)
        return answer["sessionSummaries"]

    [found] = search(place.assistant_arn, conversation)
    assert (found["assistantId"], found["sessionId"]) == place
    [found] = search(assistant["assistantId"], "mine", "mine")
    assert found == {
        "sessionId": session["sessionId"],
        "sessionArn": session["sessionArn"],
        "assistantId": assistant["assistantId"],
        "assistantArn": assistant["assistantArn"],
    }
    assert search(assistant["assistantId"], "min") == search(assistant["assistantId"], "mine", "other") == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        search(str(uuid.uuid4()), "mine")


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ({"filters": []}, "'searchExpression.filters' failed to satisfy constraint: Member must have length greater"),
        ({"filters": [_filter("x", field="ID")]}, "Value 'ID' at 'searchExpression.filters.1.member.field'"),
        ({"filters": [_filter("x", operator="PREFIX")]}, r"Member must satisfy enum value set: \[EQUALS\]"),
        ({"filters": [_filter("x" * 4097)]}, "Member must have length less than or equal to 4096"),
    ],
)
def test_other_searches_are_invalid(client: Client, assistant: Json, expression: Json, told: str) -> None:
    """What the model does not admit is told in its words."""
    with pytest.raises(client.exceptions.ValidationException, match=told):
        client.search_sessions(assistantId=assistant["assistantId"], searchExpression=expression)


def test_a_search_has_one_page(client: Client, assistant: Json) -> None:
    """No token leads on from a search, so none is valid."""
    expression = {"filters": [_filter("x")]}
    with pytest.raises(client.exceptions.ValidationException, match="page token"):
        client.search_sessions(assistantId=assistant["assistantId"], searchExpression=expression, nextToken="x")
    pages = client.get_paginator("search_sessions").paginate(
        assistantId=assistant["assistantId"], searchExpression=expression, PaginationConfig={"PageSize": 1}
    )
    assert [page["sessionSummaries"] for page in pages] == [[]]


# Tags


@pytest.mark.parametrize("kind", ["assistantArn", "sessionArn"])
def test_tags_are_put_listed_and_taken(client: Client, assistant: Json, session: Json, kind: str) -> None:
    """Tags of an assistant and of a session are changed by their ARNs, and shown with the resource."""
    arn = (assistant | session)[kind]
    before = client.list_tags_for_resource(resourceArn=arn)["tags"]
    client.tag_resource(resourceArn=arn, tags={"a": "1", "b c": "2", "team": "red"})
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == before | {"a": "1", "b c": "2", "team": "red"}
    client.untag_resource(resourceArn=arn, tagKeys=["a", "b c", "never"])
    answer = client.list_tags_for_resource(resourceArn=arn)
    model_says("ListTagsForResourceResponse", answer)
    assert answer["tags"] == {"team": "red"}
    if kind == "assistantArn":
        assert client.get_assistant(assistantId=arn)["assistant"]["tags"] == {"team": "red"}
    else:
        read = client.get_session(assistantId=assistant["assistantId"], sessionId=arn)["session"]
        assert read["tags"] == {"team": "red"}
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_tags_have_limits(client: Client, assistant: Json) -> None:
    """A resource has 50 tags at most, none of them AWS's own; creating one with more is invalid."""
    arn = assistant["assistantArn"]
    client.tag_resource(resourceArn=arn, tags={f"k{n}": "v" for n in range(50)})
    client.tag_resource(resourceArn=arn, tags={"k1": "w"})
    with pytest.raises(client.exceptions.TooManyTagsException) as raised:
        client.tag_resource(resourceArn=arn, tags={"more": "v"})
    assert raised.value.response["resourceName"] == assistant["assistantId"]
    with pytest.raises(client.exceptions.ValidationException, match="must not begin with 'aws:'"):
        client.tag_resource(resourceArn=arn, tags={"aws:x": "v"})
    with pytest.raises(client.exceptions.ValidationException, match="less than or equal to 50"):
        client.create_assistant(name="many", type="AGENT", tags={f"k{n}": "v" for n in range(51)})
    with pytest.raises(client.exceptions.ValidationException, match="must not begin with 'aws:'"):
        client.create_session(assistantId=arn, name="reserved", tags={"aws:x": "v"})


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("arn:aws:wisdom:us-east-1:000000000000:assistant/{0}", "ResourceNotFoundException"),
        ("arn:aws:wisdom:us-east-1:000000000000:session/{0}/{0}", "ResourceNotFoundException"),
        ("arn:aws:wisdom:us-east-1:000000000000:knowledge-base/{0}", "ResourceNotFoundException"),
        ("arn:aws:wisdom:us-east-1:000000000000:ai-agent/{0}/{0}", "ResourceNotFoundException"),
        ("arn:aws:wisdom:us-east-1:000000000000:session/{0}", "ResourceNotFoundException"),
        ("x:arn:aws:wisdom:us-east-1:000000000000:assistant/{0}", "ValidationException"),
        ("{0}", "ValidationException"),
    ],
)
def test_other_arns_are_refused(client: Client, arn: str, error: str) -> None:
    """The ARN of what is not here is not found; what is no ARN is invalid."""
    named = arn.format(uuid.uuid4())
    calls: list[Callable[[], Json]] = [
        lambda: client.list_tags_for_resource(resourceArn=named),
        lambda: client.tag_resource(resourceArn=named, tags={"k": "v"}),
        lambda: client.untag_resource(resourceArn=named, tagKeys=["k"]),
    ]
    for call in calls:
        with pytest.raises(ClientError, match=error):
            call()


# Bodies


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        (b"", "ValidationException", "2 validation errors detected: Value null at 'name' failed"),
        (b"{", "SerializationException", "not a JSON object"),
        (b"[]", "SerializationException", "not a JSON object"),
        (b"[" * 100_000, "SerializationException", "not a JSON object"),
        (b'"\xff"', "SerializationException", "not a JSON object"),
        (b'{"name":5,"type":"AGENT"}', "SerializationException", "Value '5' at 'name' failed to satisfy constraint"),
        (b'{"name":"n","type":"AGENT","tags":["a"]}', "SerializationException", "'tags' failed"),
        (b'{"name":"n","type":"AGENT","tags":{"a":null}}', "ValidationException", "Value null at 'tags.value'"),
        (b'{"name":"n","type":"AGENT","tags":{"a":{}}}', "SerializationException", "'tags.value'"),
        (b'{"name":"n","type":"AGENT","tags":{"":""}}', "ValidationException", "3 validation errors"),
        (b'{"name":"n","type":"ROBOT"}', "ValidationException", r"Value 'ROBOT' at 'type'"),
        (b'{"name":"","type":"AGENT"}', "ValidationException", "Value '' at 'name'"),
        (b'{"name":"%b","type":"AGENT"}' % (b"x" * 256), "ValidationException", "less than or equal to 255"),
    ],
)  # fmt: skip
def test_a_bad_body_is_told(ask: Ask, body: bytes, code: str, told: str) -> None:
    """A body that is no input of the operation is refused with what is wrong with it."""
    head = b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    answer = ask("/assistants", b"POST", head + body)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, code)
    assert re.search(told, json.loads(answer.body)["message"])


def test_what_the_model_does_not_know_is_passed_over(ask: Ask, client: Client, name: str) -> None:
    """Unknown members of a body are neither an error nor kept, nested ones included; null is absence."""
    condition = {"key": "k", "newer": 1, "value": None}
    document = {"name": name, "type": "AGENT", "description": None, "newer": {"x": 1}}
    head = b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    body = json.dumps(document).encode()
    made = json.loads(ask("/assistants", b"POST", head % len(body) + body).body)["assistant"]
    body = json.dumps({"name": "s", "tagFilter": {"tagCondition": condition, "orConditions": None}}).encode()
    ask(f"/assistants/{made['assistantId']}/sessions", b"POST", head % len(body) + body)
    [found] = client.search_sessions(assistantId=made["assistantId"], searchExpression={"filters": [_filter("s")]})[
        "sessionSummaries"
    ]
    session = client.get_session(assistantId=made["assistantId"], sessionId=found["sessionId"])["session"]
    assert session["tagFilter"] == {"tagCondition": {"key": "k"}}
    assert "newer" not in made
    assert "description" not in made
