"""The client for programs that wait, over the network and over a store."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError, ProfileNotFound

import spanglass
from spanglass.config import ConfigError
from spanglass.mapping import received
from spanglass.store.interface import StoreError
from spanglass.store.sqlite import SqliteStore
from spanglass.testing import SCENARIOS, Session
from spanglass.testing.serving import REGION, Server, serve
from tests.client.answering import OPTIONS, canonical


@pytest.fixture(scope="module")
def session() -> Session:
    return SCENARIOS["every_optional_member"]()


@pytest.fixture(scope="module")
def server(session: Session) -> Iterator[Server]:
    with serve() as server:
        server.add(session, SCENARIOS["every_union_member"]())
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[spanglass.Client]:
    with spanglass.Client(endpoint_url=server.endpoint_url, **OPTIONS) as client:
        yield client


def place(session: Session) -> dict[str, Any]:
    return {"assistantId": session.assistant_id, "sessionId": session.session_id}


def lasting(response: dict[str, Any]) -> str:
    """Write a response without what differs from request to request."""
    for varying in ("date", "x-amzn-requestid"):
        del response["ResponseMetadata"]["HTTPHeaders"][varying]
    del response["ResponseMetadata"]["RequestId"]
    return canonical(response)


@pytest.mark.parametrize("scenario", ["every_union_member", "every_optional_member"])
def test_list_spans_returns_what_boto3_returns(scenario: str, server: Server, client: spanglass.Client) -> None:
    """A page is that of boto3's client, metadata included."""
    request = place(SCENARIOS[scenario]())
    assert lasting(client.list_spans(**request)) == lasting(server.client.list_spans(**request))
    page = client.list_spans(**request, maxResults=1)
    assert len(page["spans"]) == 1
    following = {**request, "maxResults": 1, "nextToken": page["nextToken"]}
    assert lasting(client.list_spans(**following)) == lasting(server.client.list_spans(**following))


def test_the_paginator_is_boto3s(session: Session, server: Server, client: spanglass.Client) -> None:
    """It takes a PaginationConfig, resumes from a token, builds a full result and searches."""
    ours, theirs = (each.get_paginator("list_spans") for each in (client, server.client))

    def full(paginator: Any, **config: object) -> dict[str, Any]:
        pages = paginator.paginate(**place(session), PaginationConfig={"PageSize": 2, **config})
        result: dict[str, Any] = pages.build_full_result()
        return result

    assert canonical(full(ours)) == canonical(full(theirs))
    first = full(ours, MaxItems=1)
    rest = full(ours, StartingToken=first["NextToken"])
    assert first["spans"] + rest["spans"] == full(theirs)["spans"]
    names = ours.paginate(**place(session)).search("spans[].spanName")
    assert list(names) == [span["spanName"] for span in full(theirs)["spans"]]


def test_it_tries_again_as_botocore_does(session: Session, server: Server, client: spanglass.Client) -> None:
    """What is throttled is tried again by botocore's rules."""
    server.faults.throttle(1, retry_after_ms=1)
    assert client.list_spans(**place(session))["ResponseMetadata"]["RetryAttempts"] == 1


def test_errors_are_those_of_the_client(client: spanglass.Client) -> None:
    """Parameters are validated before a request, and what the service refuses has its class in ``exceptions``."""
    with pytest.raises(ParamValidationError, match="sessionId"):
        client.list_spans(assistantId="a")  # type: ignore[call-arg]  # that is the point
    with pytest.raises(client.exceptions.ValidationException, match="'a' at 'assistantId'"):
        client.list_spans(assistantId="a", sessionId="s")


def test_all_else_is_botocores_client(client: spanglass.Client, server: Server) -> None:
    """Other operations, ``meta`` and what an editor offers are those of boto3's client."""
    assert client.list_assistants()["assistantSummaries"] == server.client.list_assistants()["assistantSummaries"]
    assert client.meta.service_model.service_name == "qconnect"
    assert {"list_spans", "create_session", "get_paginator"} <= set(dir(client))
    assert not hasattr(client, "list_stars")


def test_options_are_looked_up_as_boto3_does(monkeypatch: pytest.MonkeyPatch, server: Server, session: Session) -> None:
    """What is not given comes from the environment; a profile that there is not is botocore's error."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_QCONNECT", server.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with spanglass.Client() as client:
        assert client.list_spans(**place(session))["spans"]
    with pytest.raises(ProfileNotFound):
        spanglass.Client(profile_name="nobody")


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def test_spanglass_is_imported_without_it() -> None:
    """Only who asks for the client imports botocore, and where it is missing is told what to install."""
    program = """
import sys, spanglass
print("botocore" in sys.modules, "Client" in dir(spanglass))
sys.modules["botocore"] = None
try:
    spanglass.Client
except ImportError as error:
    print(error)
"""
    assert run(program).splitlines() == [
        "False True",
        "spanglass.Client needs botocore: pip install 'spanglass[client]'",
    ]


def test_a_name_that_there_is_not_is_an_error() -> None:
    """Of the package, as of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Server'"):
        spanglass.Server  # noqa: B018 (that it raises is the point)


def test_a_store_is_read_within_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server, session: Session
) -> None:
    """Without server, region and credentials it returns what a server of that store does, errors included."""
    for name in ("AWS_ENDPOINT_URL_QCONNECT", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "spans.db"
    with closing(SqliteStore(path)) as store:
        store.write([received.part(session.spans, (session.assistant_id, session.session_id))])
    served = server.client.list_spans(**place(session))["spans"]
    for where in (f"sqlite:///{path}", str(path)):
        with spanglass.Client(store=where) as client:
            assert canonical(client.list_spans(**place(session))["spans"]) == canonical(served)
            assert [span.span_id for span in client.spans(**place(session))] == [span["spanId"] for span in served]
            assert len(client.list_assistants()["assistantSummaries"]) == 1
            with pytest.raises(client.exceptions.ValidationException):
                client.list_spans(assistantId="a", sessionId="s")
            with pytest.raises(client.exceptions.AccessDeniedException):
                client.create_session(assistantId=session.assistant_id, name="mine")


def test_a_store_that_is_none_is_an_error(tmp_path: Path) -> None:
    """So is a store beside an endpoint."""
    with pytest.raises(ConfigError, match="not both"):
        spanglass.Client(store="spans.db", endpoint_url="http://localhost:4318")
    for wrong in ("", "http://localhost:4318"):
        with pytest.raises(ConfigError, match="is no store"):
            spanglass.Client(store=wrong)
    with pytest.raises(StoreError):
        spanglass.Client(store=str(tmp_path / "none.db"))
