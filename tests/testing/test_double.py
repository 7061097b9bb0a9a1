"""The double of the service, for the tests of others."""

import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, PaginationError

from spanglass.testing import SCENARIOS, Double, Session, offline, read_spans, recorded, replayed, serve
from spanglass.testing.offline import Offline
from spanglass.testing.replay import NotRecordedError
from spanglass.testing.serving import KEYS, Server

ANSWERED = SCENARIOS["answered"]
ALWAYS = {"total_max_attempts": 1}


def _ids(session: Session) -> dict[str, str]:
    return {"assistantId": session.assistant_id, "sessionId": session.session_id}


@pytest.fixture(name="double")
def _double(list_spans_offline: Offline) -> Double:
    list_spans_offline.add(ANSWERED())
    return list_spans_offline.double


def test_a_server_serves_within_a_second(list_spans_server: Server) -> None:
    """The fixture's client reads what was added, over a real port."""
    session = ANSWERED()
    list_spans_server.add(session)
    page = list_spans_server.client.list_spans(**_ids(session))
    assert len(page["spans"]) == len(session.spans)
    assert list_spans_server.endpoint_url.startswith("http://127.0.0.1:")


def test_two_servers_know_nothing_of_each_other() -> None:
    """Each has its own sessions and its own port."""
    with serve() as one, serve() as other:
        one.add(ANSWERED())
        with pytest.raises(other.client.exceptions.ResourceNotFoundException):
            other.client.list_spans(**_ids(ANSWERED()))


def test_without_a_port_any_client_is_answered(double: Double) -> None:
    """Clients made by the code under test, without endpoint or credentials of ours, are answered; others are not."""
    client = boto3.client("qconnect", region_name="eu-central-1", **KEYS)
    assert len(read_spans(client, **{f"{kind}_id": text for kind, text in _sides().items()})) == len(ANSWERED().spans)
    assert double.requests[0].startswith("GET /assistants/")


def _sides() -> dict[str, str]:
    return {"assistant": ANSWERED().assistant_id, "session": ANSWERED().session_id}


def test_a_client_made_before_can_be_attached(list_spans_offline: Offline) -> None:
    """A client of a session of its own is answered once it is told of the double."""
    client = boto3.Session().client("qconnect", endpoint_url="http://127.0.0.1:9", region_name="us-east-1", **KEYS)
    list_spans_offline.add(ANSWERED())
    list_spans_offline.attach(client)
    assert client.list_spans(**_ids(ANSWERED()))["spans"]


def test_without_a_port_all_operations_work(list_spans_offline: Offline) -> None:
    """Bodies go in, too: an assistant is made and found."""
    client = list_spans_offline.client
    made = client.create_assistant(name="mine", type="AGENT")["assistant"]
    assert client.get_assistant(assistantId=made["assistantId"])["assistant"]["name"] == "mine"


def test_after_the_block_nobody_is_answered() -> None:
    """Clients that are made later go to the network again."""
    with offline() as asked:
        asked.add(ANSWERED())
    client = boto3.client("qconnect", endpoint_url="http://127.0.0.1:9", region_name="us-east-1", **KEYS)
    with pytest.raises(Exception, match="Could not connect"):
        client.list_spans(**_ids(ANSWERED()))


def test_spans_that_aws_does_not_know_are_refused(list_spans_offline: Offline) -> None:
    """The error names each violation by its path, and nothing is kept."""
    session = ANSWERED()
    session.spans[0]["status"] = "Fine"
    with pytest.raises(ValueError, match=r"spans\.1\.member\.status"):
        list_spans_offline.add(session)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        list_spans_offline.client.list_spans(**_ids(session))


def test_clear_forgets_everything(list_spans_offline: Offline) -> None:
    """Sessions, faults and requests are gone."""
    list_spans_offline.add(ANSWERED())
    list_spans_offline.faults.fail(3)
    list_spans_offline.double.clear()
    assert (len(list_spans_offline.faults), list_spans_offline.double.requests) == (0, [])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        list_spans_offline.client.list_spans(**_ids(ANSWERED()))


def test_throttling_is_retried_until_it_ends(list_spans_server: Server) -> None:
    """A client tries again as against AWS, and succeeds when the faults are used up."""
    list_spans_server.add(ANSWERED())
    list_spans_server.faults.throttle(2, retry_after_ms=1)
    client = list_spans_server.new_client(retries={"mode": "standard", "total_max_attempts": 3})
    page = client.list_spans(**_ids(ANSWERED()))
    assert page["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(list_spans_server.double.requests) == 3


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("throttle", "ThrottlingException", 400),
        ("fail", "InternalServerException", 500),
        ("expired_token", "ExpiredTokenException", 403),
    ],
)
def test_errors_are_told_by_class(list_spans_server: Server, fault: str, code: str, status: int) -> None:
    """Each fault is the error that AWS would answer."""
    list_spans_server.add(ANSWERED())
    getattr(list_spans_server.faults, fault)()
    client = list_spans_server.new_client(retries=ALWAYS)
    with pytest.raises(ClientError) as caught:
        client.list_spans(**_ids(ANSWERED()))
    answer: Any = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert client.list_spans(**_ids(ANSWERED()))["spans"]


def test_a_slow_page_comes_late(list_spans_server: Server) -> None:
    """A client that waits less than the page takes gives up; one that waits longer gets it."""
    list_spans_server.add(ANSWERED())
    list_spans_server.faults.slow(0.5)
    began = time.monotonic()
    assert list_spans_server.client.list_spans(**_ids(ANSWERED()))["spans"]
    assert time.monotonic() - began >= 0.5


def test_pages_may_shrink(list_spans_server: Server) -> None:
    """A page has fewer spans than asked for, and the paginator goes on to the end."""
    list_spans_server.add(ANSWERED())
    list_spans_server.faults.shrinking_page(to=1, times=2)
    page = list_spans_server.client.list_spans(**_ids(ANSWERED()), maxResults=3)
    assert (len(page["spans"]), "nextToken" in page) == (1, True)
    spans = read_spans(list_spans_server.client, *_ids(ANSWERED()).values())
    assert len(spans) == len(ANSWERED().spans)


def test_a_token_that_comes_twice_ends_the_paginator(list_spans_server: Server) -> None:
    """A paginator sees a loop where a page names the token that it was asked for with."""
    list_spans_server.add(ANSWERED())
    pages = list_spans_server.client.get_paginator("list_spans").paginate(
        **_ids(ANSWERED()), PaginationConfig={"PageSize": 1}
    )
    seen = iter(pages)
    next(seen)
    list_spans_server.faults.duplicate_token()
    with pytest.raises(PaginationError, match="same next token"):
        list(seen)


def test_answers_can_be_kept_and_come_again(list_spans_server: Server, tmp_path: Path) -> None:
    """What a client was answered, errors too, it is answered again without any service; and nothing else."""
    list_spans_server.add(ANSWERED())
    path = tmp_path / "answers.jsonl"
    client = list_spans_server.client
    ids = _ids(ANSWERED())
    with recorded(client, path):
        first = client.list_spans(**ids)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_spans(assistantId=ids["assistantId"], sessionId=ids["assistantId"])
    assert b"AWS4-HMAC" not in path.read_bytes()
    asked = len(list_spans_server.double.requests)
    with replayed(client, path):
        assert client.list_spans(**ids)["spans"] == first["spans"]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_spans(assistantId=ids["assistantId"], sessionId=ids["assistantId"])
        with pytest.raises(NotRecordedError, match=ids["sessionId"]):
            client.list_spans(**ids)
    assert len(list_spans_server.double.requests) == asked
    assert client.list_spans(**ids)["spans"] == first["spans"]
