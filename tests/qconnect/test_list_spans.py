"""ListSpans as boto3 reads it: pages, tokens, ids, errors."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import boto3
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from spanglass.model.record import Fragment, Kind, Members, fragment
from spanglass.store.samples import EPOCH_NS, SECOND_NS, message, span, span_id

Client: TypeAlias = Any
"""boto3 makes the classes of its clients at run time."""
Ask: TypeAlias = Callable[..., Any]
Put: TypeAlias = Callable[..., Any]
Json: TypeAlias = Any


def _uuid(number: int) -> str:
    return str(uuid.UUID(bytes=span_id(number)))


def _span_ids(answer: Json) -> list[str]:
    return [each["spanId"] for each in answer["spans"]]


def _values(*values: Json) -> Fragment:
    return fragment(Kind.BOT, json.dumps(values, separators=(",", ":")).encode())


# Names


@pytest.mark.parametrize("assistant", ["assistantId", "assistant_arn"])
@pytest.mark.parametrize("session", ["sessionId", "session_arn"])
def test_ids_and_arns_name_the_same(client: Client, put: Put, assistant: str, session: str) -> None:
    """A UUID or an ARN in either place reads the session; the answer names both by UUID."""
    place = put(span(1))
    [read] = client.list_spans(assistantId=getattr(place, assistant), sessionId=getattr(place, session))["spans"]
    assert (read["spanId"], read["assistantId"], read["sessionId"]) == (_uuid(1), *place)


def test_an_arn_of_any_account_will_do(client: Client, put: Put) -> None:
    """Partition, region and account are not compared: code that reads AWS's ARNs runs unchanged."""
    place = put(span(1))
    arn = place.session_arn.replace("aws:wisdom:us-east-1:123456789012", "aws-us-gov:wisdom:us-gov-west-1:210987654321")
    assert _span_ids(client.list_spans(assistantId=place.assistantId, sessionId=arn)) == [_uuid(1)]


@pytest.mark.parametrize(
    ("assistant", "session", "told"),
    [
        ("{0}", "arn:aws:wisdom:us-east-1:123456789012:session/{1}/{1}", "session of the assistant at 'assistantId'"),
        ("{0}", "arn:aws:wisdom:us-east-1:123456789012:assistant/{0}", "or the ARN of such a resource"),
        ("{0}", "arn:aws:wisdom:us-east-1:123456789012:session/{1}", "or the ARN of such a resource"),
        ("{0}", "arn:aws:wisdom:us-east-1:123456789012:session/{0}/{1}/more", "or the ARN of such a resource"),
        ("arn:aws:wisdom:us-east-1:123456789012:session/{0}/{1}", "{1}", "or the ARN of such a resource"),
        ("x{0}", "{1}", "or the ARN of such a resource"),
        ("https://wisdom/{0}", "{1}", "or the ARN of such a resource"),
        ("{0}x", "{1}", "Member must satisfy regular expression pattern"),
        ("0F4F0000-0000-4000-8000-000000006666", "{1}", "Member must satisfy regular expression pattern"),
        ("arn:aws:wisdom:us-east-1:123:assistant/{0}", "{1}", "or the ARN of such a resource"),
        ("arn:aws:lex:us-east-1:123456789012:assistant/{0}:3", "{1}", "Member must satisfy regular expression pattern"),
        ("", "{1}", "Value '' at 'assistantId' failed to satisfy constraint"),
        ("..", "{1}", "Value '..' at 'assistantId' failed to satisfy constraint"),
        ("{0}", "a b/c%2Fd?e&f=g~ü", "Value 'a b/c%2Fd?e&f=g~ü' at 'sessionId' failed to satisfy constraint"),
    ],
)
def test_other_names_are_invalid(client: Client, put: Put, assistant: str, session: str, told: str) -> None:
    """A label that names no assistant, no session, or a session of another assistant is a ValidationException."""
    place = put(span(1))
    with pytest.raises(client.exceptions.ValidationException, match=re.escape(told)):
        client.list_spans(assistantId=assistant.format(*place), sessionId=session.format(*place))


def test_all_that_is_wrong_is_told_at_once(connect: Callable[..., Client]) -> None:
    """One message names every violated constraint, in AWS's words."""
    client = connect(parameter_validation=False)
    with pytest.raises(client.exceptions.ValidationException) as raised:
        client.list_spans(assistantId="A", sessionId="B", maxResults=0, nextToken="")
    text = raised.value.response["Error"]["Message"]
    assert text.startswith("4 validation errors detected: Value 'A' at 'assistantId' failed to satisfy constraint: ")
    assert "Value 'B' at 'sessionId' failed" in text
    assert "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than" in text
    assert "Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than" in text


# What is not there


@pytest.mark.parametrize("known_assistant", [True, False])
def test_an_unknown_session_is_not_found(client: Client, put: Put, *, known_assistant: bool) -> None:
    """A session that is not there is a ResourceNotFoundException that names it, whether or not its assistant is."""
    place = put(span(1))
    session = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
        client.list_spans(assistantId=place.assistantId if known_assistant else session, sessionId=session)
    answer = raised.value.response
    assert answer["resourceName"] == session
    assert answer["message"] == answer["Error"]["Message"]
    assert session in answer["message"]
    assert uuid.UUID(answer["ResponseMetadata"]["RequestId"])


def test_a_session_belongs_to_one_assistant(client: Client, put: Put) -> None:
    """Another assistant's session is not found."""
    mine, other = put(span(1)), put(span(2), session="other", assistant="other")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_spans(assistantId=mine.assistantId, sessionId=other.sessionId)


def test_a_session_without_ended_spans_is_empty(client: Client, ask: Ask, put: Put) -> None:
    """A session that has nothing to show yet is an empty list, never a missing one."""
    place = put(span(1, end_ns=0))
    assert client.list_spans(**place._asdict())["spans"] == []
    assert ask(place.path).body == b'{"spans":[]}'


# Pages


@pytest.mark.parametrize("size", [None, 1, 4, 10, 11, 100])
def test_the_paginator_reads_all_in_order(client: Client, put: Put, size: int | None) -> None:
    """boto3's paginator returns every span once, by start and then id, in pages of the asked size."""
    spans = [span(number, start_ns=EPOCH_NS + number % 3 * SECOND_NS) for number in range(10)]
    place = put(*spans)
    pages = client.get_paginator("list_spans").paginate(**place._asdict(), PaginationConfig={"PageSize": size})
    sizes, read = [], []
    for page in pages:
        sizes.append(len(page["spans"]))
        read += _span_ids(page)
    ordered = sorted(spans, key=lambda each: (each.start_ns, each.span_id))
    assert read == [str(uuid.UUID(bytes=each.span_id)) for each in ordered]
    assert all(each == size for each in sizes[:-1])


def test_the_paginator_stops_and_resumes(client: Client, put: Put) -> None:
    """MaxItems stops within a page, and its resume token goes on after the last item."""
    place = put(*(span(number) for number in range(10)))
    paginator = client.get_paginator("list_spans")
    first = paginator.paginate(**place._asdict(), PaginationConfig={"MaxItems": 5, "PageSize": 3}).build_full_result()
    rest = paginator.paginate(
        **place._asdict(), PaginationConfig={"PageSize": 3, "StartingToken": first["NextToken"]}
    ).build_full_result()
    assert _span_ids(first) + _span_ids(rest) == [_uuid(number) for number in range(10)]


def test_a_page_holds_100_spans_unasked(client: Client, put: Put) -> None:
    """Without maxResults a page has 100 spans, the most that the service model allows."""
    place = put(*(span(number) for number in range(101)))
    page = client.list_spans(**place._asdict())
    assert len(page["spans"]) == 100
    assert _span_ids(client.list_spans(**place._asdict(), nextToken=page["nextToken"])) == [_uuid(100)]


def test_a_page_ends_at_4_mib_but_is_never_empty(ask: Ask, put: Put) -> None:
    """No body is above 4 MiB, unless one span alone is."""
    place = put(*(span(n, inputs=(message(f"{n}" * (5 << 20 if n == 3 else 1 << 20)),)) for n in range(6)))
    query, pages = "", []
    while True:
        body = ask(place.path + query).body
        page = json.loads(body)
        pages.append(_span_ids(page))
        assert len(body) <= 4 << 20 or pages[-1] == [_uuid(3)]
        if "nextToken" not in page:
            break
        query = f"?nextToken={page['nextToken']}"
    assert pages == [[_uuid(0), _uuid(1), _uuid(2)], [_uuid(3)], [_uuid(4), _uuid(5)]]


def _token(client: Client, place: tuple[str, str]) -> str:
    token: str = client.list_spans(assistantId=place[0], sessionId=place[1], maxResults=1)["nextToken"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,2048}", token)
    return token


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda token: "A" + token[1:],
        lambda token: token[:-1] + ("B" if token[-1] != "B" else "C"),
        lambda token: token + "==",
        lambda token: f" {token}",
        lambda _: "garbage",
        lambda _: "a+b/c=d e&f%25~ü",
        lambda _: "\0",
        lambda token: token * 40,
    ],
)
def test_a_tampered_token_is_invalid(client: Client, put: Put, spoil: Callable[[str], str]) -> None:
    """A nextToken that this service did not give out is a ValidationException."""
    place = put(span(1), span(2))
    with pytest.raises(client.exceptions.ValidationException, match="page token"):
        client.list_spans(**place._asdict(), nextToken=spoil(_token(client, place)))


def test_a_token_of_another_session_is_invalid(client: Client, put: Put) -> None:
    """A nextToken serves the session that it came from."""
    place, other = put(span(1), span(2)), put(span(1), span(2), session="other")
    with pytest.raises(client.exceptions.ValidationException, match="page token"):
        client.list_spans(**other._asdict(), nextToken=_token(client, place))


def test_a_token_serves_whatever_the_page_size_and_name(client: Client, put: Put) -> None:
    """A nextToken may be used with another maxResults, with ARNs, again, and after more spans came in."""
    place = put(*(span(number) for number in range(4)))
    token = _token(client, place)
    put(span(0, end_ns=EPOCH_NS), span(5))
    for _ in range(2):
        page = client.list_spans(
            assistantId=place.assistant_arn, sessionId=place.session_arn, nextToken=token, maxResults=50
        )
        assert _span_ids(page) == [_uuid(number) for number in (1, 2, 3, 5)]


def test_a_token_has_a_length(client: Client, put: Put) -> None:
    """A nextToken above 2048 characters breaks the service model's constraint."""
    place = put(span(1))
    with pytest.raises(client.exceptions.ValidationException, match="length less than or equal to 2048"):
        client.list_spans(**place._asdict(), nextToken="x" * 2049)


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ("0", "ValidationException", "Value '0' at 'maxResults' failed to satisfy constraint"),
        ("-1", "ValidationException", "Member must have value greater than or equal to 1"),
        ("101", "ValidationException", "Member must have value less than or equal to 100"),
        ("2147483647", "ValidationException", "Member must have value less than or equal to 100"),
        ("2147483648", "SerializationException", "The value at 'maxResults' is not an integer."),
        ("99999999999999999999", "SerializationException", "not an integer"),
        ("abc", "SerializationException", "not an integer"),
        ("", "SerializationException", "not an integer"),
        ("1.001", "SerializationException", "not an integer"),
        ("1e1", "SerializationException", "not an integer"),
        ("0x42", "SerializationException", "not an integer"),
        ("true", "SerializationException", "not an integer"),
        ("+1", "SerializationException", "not an integer"),
        ("%201", "SerializationException", "not an integer"),
        ("%D9%A1", "SerializationException", "not an integer"),
        ("%31%zz", "SerializationException", "not percent-encoded"),
        ("%ff", "SerializationException", "not UTF-8"),
    ],
)
def test_max_results_is_a_small_integer(ask: Ask, put: Put, given: str, code: str, told: str) -> None:
    """A number out of 1 to 100 breaks a constraint; what is no 32-bit integer does not even parse."""
    answer = ask(f"{put(span(1)).path}?maxResults={given}")
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, code)
    assert told in json.loads(answer.body)["message"]


@pytest.mark.parametrize(
    ("query", "spans"),
    [
        ("maxResults=1&maxResults=2", 1),
        ("maxResults=2&maxResults=abc", 2),
        ("MaxResults=1", 3),
        ("max%52esults=1", 1),
        ("other=%zz&%ff=1&&=&maxResults=2", 2),
        ("", 3),
    ],
)
def test_of_repeated_parameters_the_first_counts(ask: Ask, put: Put, query: str, spans: int) -> None:
    """The first of a repeated parameter counts, unknown ones are ignored, names are case-sensitive."""
    answer = ask(f"{put(*map(span, range(3))).path}?{query}")
    assert (answer.status, len(json.loads(answer.body)["spans"])) == (200, spans)


# What a span says


def test_times_are_seconds_with_milliseconds(client: Client, ask: Ask, put: Put) -> None:
    """Times are JSON numbers of epoch seconds, cut to milliseconds; boto3 reads them as the instants they are."""
    place = put(span(1, start_ns=1_700_000_000_123_999_999, end_ns=1_700_000_001_000_000_000, inputs=(message("Hi"),)))
    [read] = client.list_spans(**place._asdict())["spans"]
    assert read["startTimestamp"] == datetime(2023, 11, 14, 22, 13, 20, 123_000, UTC)
    assert read["endTimestamp"] == datetime(2023, 11, 14, 22, 13, 21, 0, UTC)
    assert read["attributes"]["inputMessages"][0]["timestamp"] == read["startTimestamp"]
    assert b'"startTimestamp":1700000000.123,"endTimestamp":1700000001' in ask(place.path).body


def test_a_span_is_read_whole(client: Client, put: Put) -> None:
    """Ids, members, attributes and messages arrive under the service model's names; what is not there does not."""
    recurring = Members(b'"spanName":"chat","spanType":"CLIENT"', b'"operationName":"inference","temperature":0.5')
    root = span(0, recurring=fragment(Kind.MEMBERS, recurring.pack()), own=Members(b'"status":"OK"', b""))
    child = span(
        1,
        parent_span_id=span_id(0),
        recurring=fragment(Kind.MEMBERS, recurring.pack()),
        own=Members(b'"status":"ERROR","statusDescription":"late"', b'"usageInputTokens":0'),
        inputs=(message("Hello"), message("I am Ann", Kind.AGENT)),
        outputs=(message("Hi", Kind.BOT),),
        system=(message("Be kind", Kind.SYSTEM), message("and the rest", Kind.SYSTEM)),
    )
    first, second = client.list_spans(**put(root, child)._asdict())["spans"]
    assert first["attributes"] == {"operationName": "inference", "temperature": 0.5}
    assert "parentSpanId" not in first
    attributes = second.pop("attributes")
    assert second.pop("parentSpanId") == first["spanId"]
    assert second.pop("requestId") == first["requestId"]
    assert (second["spanName"], second["spanType"], second["status"]) == ("chat", "CLIENT", "ERROR")
    assert second["statusDescription"] == "late"
    assert [m["participant"] for m in attributes["inputMessages"]] == ["CUSTOMER", "AGENT"]
    assert [m["values"] for m in attributes["inputMessages"]] == [
        [{"text": {"value": "Hello"}}],
        [{"text": {"value": "I am Ann"}}],
    ]
    [answer] = attributes["outputMessages"]
    assert (answer["participant"], answer["values"]) == ("BOT", [{"text": {"value": "Hi"}}])
    assert attributes["systemInstructions"] == [{"text": {"value": "Be kind"}}]
    assert (attributes["temperature"], attributes["usageInputTokens"]) == (0.5, 0)


@pytest.mark.parametrize(
    "value",
    [
        {"text": {"value": "plain", "citations": [{"title": "t"}], "aiGuardrailAssessment": {"blocked": False}}},
        {"reasoning": {"value": "because"}},
        {"toolUse": {"toolUseId": _uuid(7), "name": "f", "arguments": {"a": None, "b": [1.5, True, 2**70], "c": {}}}},
        {"toolUse": {"toolUseId": _uuid(7), "name": "f", "arguments": ["list", None]}},
        {"toolUse": {"toolUseId": _uuid(7), "name": "f", "arguments": "text"}},
        {"toolUse": {"toolUseId": _uuid(7), "name": "f", "arguments": 0}},
        {"toolUse": {"toolUseId": _uuid(7), "name": "f", "arguments": False}},
        {"toolResult": {"toolUseId": _uuid(7), "values": [{"text": {"value": "ok"}}], "error": "none"}},
        {"toolResult": {"toolUseId": _uuid(7), "values": [{"toolResult": {"toolUseId": _uuid(8), "values": [
            {"toolUse": {"toolUseId": _uuid(9), "name": "g", "arguments": {}}}]}}]}},
    ],
)  # fmt: skip
def test_every_kind_of_value_is_read(client: Client, put: Put, value: Json) -> None:
    """Each member of the union, documents of any kind and results within results arrive as they were stored."""
    [read] = client.list_spans(**put(span(1, outputs=(_values(value),)))._asdict())["spans"]
    assert read["attributes"]["outputMessages"][0]["values"] == [value]


def test_a_message_keeps_its_id(client: Client, put: Put) -> None:
    """A message has one id and one time in all spans of its session, and another id in another session."""
    spans = span(1, outputs=(message("Hi"),)), span(2, inputs=(message("Hi"),))
    here, there = put(*spans), put(*spans, session="other")
    outputs, inputs = [each["attributes"] for each in client.list_spans(**here._asdict())["spans"]]
    assert outputs["outputMessages"] == inputs["inputMessages"]
    [elsewhere, _] = client.list_spans(**there._asdict())["spans"]
    assert elsewhere["attributes"]["outputMessages"][0]["messageId"] != outputs["outputMessages"][0]["messageId"]


def test_what_the_bounds_withhold_is_counted(client: Client, put: Put) -> None:
    """A header counts the messages and instructions that the service model's bounds left out of the page."""
    said = tuple(message(f"{number}") for number in range(60))
    hidden = span(1, inputs=said, inputs_shown_from=10, system=(message("a", Kind.SYSTEM), message("b", Kind.SYSTEM)))
    answer = client.list_spans(**put(hidden, span(2))._asdict())
    assert len(answer["spans"][0]["attributes"]["inputMessages"]) == 50
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-spanglass-withheld"] == "11"


# Who asks


def test_signed_or_not_all_may_read(connect: Callable[..., Client], put: Put, port: int) -> None:
    """With access control off a signature, a session token or neither makes no difference."""
    place = put(span(1))
    temporary = boto3.client(
        "qconnect",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-west-2",
        aws_access_key_id="ASIA",
        aws_secret_access_key="x",  # noqa: S106 (no secret)
        aws_session_token="y",  # noqa: S106
    )
    for client in (connect(), connect(signature_version=UNSIGNED), temporary):
        assert _span_ids(client.list_spans(**place._asdict())) == [_uuid(1)]
        client.close()


def test_a_presigned_url_reads(client: Client, ask: Ask, put: Put) -> None:
    """A presigned ListSpans is answered too: the signature's parameters are among those to ignore."""
    place = put(span(1), span(2))
    url = client.generate_presigned_url("list_spans", Params={**place._asdict(), "maxResults": 1})
    assert "X-Amz-Signature" in url
    assert _span_ids(json.loads(ask(url[url.index("/assistants") :]).body)) == [_uuid(1)]


def test_other_operations_are_not_supported(client: Client) -> None:
    """What this service does not offer is told by name, and not tried again."""
    with pytest.raises(ClientError, match="ListKnowledgeBases is not supported by this service") as raised:
        client.list_knowledge_bases()
    assert raised.value.response["Error"]["Code"] == "UnsupportedOperationException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0
