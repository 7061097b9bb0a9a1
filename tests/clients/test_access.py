"""What every AWS client hears when its key is wrong or not for what it asks; the other tests sign with a right one."""

import json
import urllib.error
import urllib.request
from typing import Any, TypeAlias

import pytest

from tests.clients.conftest import Keys, Server, named
from tests.clients.sdks import SDKS, Client
from tests.clients.spans import ASSISTANT, FULL, arn, uuid_of
from tests.clients.test_contract import PLACE, assert_told, refused

Json: TypeAlias = Any


def assert_denied(client: Client, server: Server, told: Json, *parts: str) -> None:
    """Compare with AWS's sentence, in the client's class for it."""
    assert_told(
        client,
        told,
        code="AccessDeniedException",
        message=json.loads(server.last.body)["message"],
        **{"class": "AccessDeniedException"},
        status=403,
        requestId=server.last.answer_headers["x-amzn-requestid"],
        members={},
    )
    for part in ("is not authorized to perform: wisdom:", *parts):
        assert part in told["message"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("secret", "InvalidSignatureException"),
        ("id", "UnrecognizedClientException"),
        ("", "UnrecognizedClientException"),
    ],
)
def test_a_wrong_key_is_told_as_aws_tells_it(client: Client, keys: Keys, server: Server, wrong: str, code: str) -> None:
    """A wrong secret, a key that nobody issued and one that was revoked are refused, and tried once."""
    key = keys.admin._replace(**{wrong: "A" * 20}) if wrong else keys.revoked
    before = len(server.noted.exchanges)
    told = refused(client, "ListSpans", key=key, **PLACE)
    assert (told["code"], told.get("status", 403)) == (code, 403)
    assert len(server.noted.exchanges) - before == 1


def test_a_reader_reads_and_makes_nothing(client: Client, keys: Keys, server: Server) -> None:
    """A role is held to each operation: what it is not for is an AccessDeniedException in AWS's words."""
    assert client.call("ListSpans", key=keys.reader, **PLACE)["spans"]
    told = refused(client, "CreateSession", key=keys.reader, assistantId=ASSISTANT, name="denied")
    assert_denied(client, server, told, "wisdom:CreateSession on resource: ", ASSISTANT, keys.reader.id)


@pytest.mark.parametrize("place", [ASSISTANT, arn("assistant", ASSISTANT)], ids=["id", "arn"])
def test_what_is_another_s_is_as_if_it_were_not(client: Client, keys: Keys, server: Server, place: str) -> None:
    """A session of a foreign assistant that is there is denied in the very words of one that is not there."""
    tellings = []
    for session in (FULL, uuid_of("none")):
        told = refused(client, "ListSpans", key=keys.elsewhere, assistantId=place, sessionId=session)
        assert_denied(client, server, told, "wisdom:ListSpans on resource: ", session, keys.elsewhere.id)
        tellings.append(told["message"].replace(session, "…"))
    assert tellings[0] == tellings[1]
    assert client.call("ListAssistants", key=keys.elsewhere) == {"assistantSummaries": []}


@pytest.mark.parametrize("client", [named(name) for name, sdk in SDKS.items() if "presign" in sdk.does], indirect=True)
def test_a_presigned_url_needs_no_client(client: Client, server: Server) -> None:
    """A URL that a client signs answers as its call does, and no other query."""
    params = PLACE | {"maxResults": 7}
    url = client.presign("ListSpans", **params)
    with urllib.request.urlopen(url) as response:  # noqa: S310 (of the server under test)
        body = json.load(response)
    assert client.known(body) == client.call("ListSpans", **params)
    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(url.replace("=7", "=8")):  # noqa: S310
        pass
    caught.value.close()
    assert caught.value.headers["x-amzn-errortype"] == "InvalidSignatureException"
    assert server.last.status == 403
