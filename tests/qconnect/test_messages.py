"""ListMessages as unmodified boto3 reads it."""

import json
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from spanglass.mapping.received import part
from spanglass.model.record import Fragment, Kind, fragment
from spanglass.qconnect.messages import CUT_CHARS_MIN, READS_MAX
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import message, span
from tests import service_model

Client: TypeAlias = Any
"""boto3 makes the classes of its clients at run time."""
Put: TypeAlias = Callable[..., Any]
Json: TypeAlias = Any

USE = str(uuid.UUID(int=7))


def values(*given: Json, kind: Kind = Kind.BOT) -> Fragment:
    return fragment(kind, json.dumps(given, separators=(",", ":")).encode())


def text(said: str, **more: Json) -> Json:
    return {"text": {"value": said} | more}


def read(client: Client, place: Json, **given: Json) -> Json:
    """Return all messages, page by page, each answer held against the service model."""
    pages = list(client.get_paginator("list_messages").paginate(**place._asdict(), **given))
    for page in pages:
        body = json.loads(json.dumps(page, default=lambda time: time.timestamp()))
        del body["ResponseMetadata"]
        assert service_model.faults("ListMessages", 200, None, body) == []
    return [each for page in pages for each in page["messages"]]


def said(messages: Json) -> list[Json]:
    return [each["value"] for each in messages]


def test_each_message_comes_once_in_order(client: Client, put: Put) -> None:
    """What a call says comes after what it heard, and what later calls repeat comes once."""
    asked, answered, thanked = message("Hello"), message("Hi", Kind.BOT), message("Thanks")
    place = put(
        span(1, inputs=(asked,), outputs=(answered,)),
        span(2, inputs=(asked, answered, thanked), outputs=(message("Bye", Kind.AGENT),)),
    )
    messages = read(client, place)
    assert [each["value"]["text"]["value"] for each in messages] == ["Hello", "Hi", "Thanks", "Bye"]
    assert [each["participant"] for each in messages] == ["CUSTOMER", "BOT", "CUSTOMER", "AGENT"]
    spans = client.list_spans(**place._asdict())["spans"]
    shown = {each["messageId"]: each["timestamp"] for one in spans for each in one["attributes"]["inputMessages"]}
    assert {each["messageId"]: each["timestamp"] for each in messages[:3]} == shown


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_hold_their_size(client: Client, put: Put, size: int) -> None:
    """A page has as many messages as asked; a message of several values may go on on the next one."""
    first = values(text("a"), {"toolUse": {"toolUseId": USE, "name": "t", "arguments": {}}}, text("b"))
    place = put(span(1, inputs=(message("x"), first)), span(2, inputs=(message("x"), first, message("y"))))
    pages = list(client.get_paginator("list_messages").paginate(**place._asdict(), PaginationConfig={"PageSize": size}))
    assert all(len(page["messages"]) == size for page in pages[:-1])
    messages = [each for page in pages for each in page["messages"]]
    assert [next(iter(each["value"])) for each in messages] == ["text", "text", "data", "text", "text"]
    assert len({each["messageId"] for each in messages}) == 5
    assert messages == read(client, place)


def test_tools_and_reasoning(client: Client, put: Put) -> None:
    """A result has the name of the tool that was used, a use and reasoning are data; TEXT_ONLY leaves them out."""
    use = {"toolUse": {"toolUseId": USE, "name": "get_weather", "arguments": {"city": "Paris"}}}
    result = {"toolResult": {"toolUseId": USE, "values": [text("Rain")], "error": "late"}}
    lost = {"toolResult": {"toolUseId": str(uuid.UUID(int=8)), "values": [text("x")]}}
    reasoning = {"reasoning": {"value": "Look it up"}}
    place = put(
        span(1, inputs=(message("Weather?"),), outputs=(values(reasoning, use),)),
        span(2, inputs=(message("Weather?"), values(reasoning, use), values(result, lost))),
    )
    told = said(read(client, place))
    assert told == [
        text("Weather?"),
        {"data": reasoning},
        {"data": use},
        {
            "toolUseResult": {
                "toolUseId": USE,
                "toolName": "get_weather",
                "toolResult": {"values": [text("Rain")], "error": "late"},
            }
        },
        {
            "toolUseResult": {
                "toolUseId": str(uuid.UUID(int=8)),
                "toolName": "unknown",
                "toolResult": {"values": [text("x")]},
            }
        },
    ]
    assert said(read(client, place, filter="ALL")) == told
    assert said(read(client, place, filter="TEXT_ONLY")) == [text("Weather?")]
    by_one = client.get_paginator("list_messages").paginate(**place._asdict(), PaginationConfig={"PageSize": 1})
    assert [each["value"] for page in by_one for each in page["messages"]] == told


def test_a_text_that_was_cut_is_whole(client: Client, put: Put) -> None:
    """Values that a long text was cut into are one message, up to the service model's bound; short texts stay apart."""
    cited = {"contentId": USE, "title": "T", "knowledgeBaseArn": f"arn:aws:wisdom:us-east-1:123456789012:x/{USE}"}
    long = [
        text("a" * 4096, citations=[cited]),
        text("b" * 4096),
        text("c" * 10, aiGuardrailAssessment={"blocked": True}),
    ]
    place = put(span(1, inputs=(values(*long, text("d")), values(*[text("e" * 4096)] * 7))))
    whole, short, most, rest = said(read(client, place))
    assert whole["text"] == {
        "value": "a" * 4096 + "b" * 4096 + "c" * 10,
        "aiGuardrailAssessment": {"blocked": True},
        "citations": [
            {
                "contentId": USE,
                "title": "T",
                "referenceType": "KNOWLEDGE_BASE",
                "citationSpan": {"beginOffsetInclusive": 0, "endOffsetExclusive": 4096},
            }
        ],
    }
    assert short == text("d")
    assert (len(most["text"]["value"]), len(rest["text"]["value"])) == (6 * 4096, 4096)
    apart = put(span(1, inputs=(values(text("a" * (CUT_CHARS_MIN - 1)), text("b")),)), session="apart")
    assert len(read(client, apart)) == 2


def test_a_long_search_for_texts_leads_on(client: Client, put: Put) -> None:
    """A page that finds no text within its bounds is empty and has a token; the paginator finds what is behind."""
    count = READS_MAX + 5
    uses = [values({"toolUse": {"toolUseId": USE, "name": "t", "arguments": n}}) for n in range(count)]
    place = put(span(1, inputs=(*uses, message("at last"))))
    page = client.list_messages(**place._asdict(), filter="TEXT_ONLY", maxResults=1)
    assert page["messages"] == []
    rest = client.list_messages(**place._asdict(), filter="TEXT_ONLY", maxResults=1, nextToken=page["nextToken"])
    assert said(rest["messages"]) == [text("at last")]


def test_messages_that_came_whole_keep_their_ids(client: Client, put: Put, store: MemoryStore) -> None:
    """A message of spans that were put is itself; an id that the model's loose pattern lets pass does no harm."""
    place = put(span(1))
    loose = f"x{USE}"
    whole = {"messageId": loose, "participant": "BOT", "timestamp": 1.5, "values": [text("a"), text("b")]}
    given = {
        "spanId": str(uuid.uuid4()), "assistantId": place.assistantId, "sessionId": place.sessionId,
        "spanName": "x", "spanType": "CLIENT", "startTimestamp": 1, "endTimestamp": 2, "status": "OK",
        "requestId": USE, "attributes": {"inputMessages": [whole]},
    }  # fmt: skip
    store.write([part([given], (place.assistantId, place.sessionId))])
    first, second = client.list_messages(**place._asdict())["messages"]
    assert (first["messageId"], first["timestamp"].timestamp()) == (loose, 1.5)
    assert uuid.UUID(second["messageId"])


def test_a_session_without_messages_is_empty(client: Client, put: Put) -> None:
    """Nothing said is an empty list, for a session that was made only, too; another is not found."""
    place = put(span(1))
    assert client.list_messages(**place._asdict())["messages"] == []
    made = client.create_session(assistantId=place.assistantId, name="made")["session"]["sessionId"]
    assert client.list_messages(assistantId=place.assistantId, sessionId=made)["messages"] == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_messages(assistantId=place.assistantId, sessionId=str(uuid.uuid4()))


@pytest.mark.parametrize("given", [{"nextToken": "x"}, {"maxResults": 101}, {"filter": "SOME"}], ids=str)
def test_a_bad_request_is_invalid(client: Client, put: Put, given: Json) -> None:
    """What the model does not admit, and tokens of other lists, are a ValidationException."""
    with pytest.raises(client.exceptions.ValidationException):
        client.list_messages(**put(span(1))._asdict(), **given)
