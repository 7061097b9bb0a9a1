"""A key for some assistants learns nothing of another by any operation of the API."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from spanglass import viewer
from spanglass.access import Caller, Role
from spanglass.config import Config, Limits
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.store.samples import EPOCH_NS, ids, message, part, span, span_id, trace_id
from spanglass.store.testing_viewing import acting
from spanglass.viewer.api import FOLLOW, OPERATIONS
from spanglass.viewer.times import uuid_text
from tests.viewer.writing import unwritten

MINE, THEIRS = ids(assistant="mine", session="my session"), ids(assistant="theirs", session="their session")
WORD = "xylophone"
TRACES = [uuid_text(THEIRS[0]), uuid_text(THEIRS[1]), uuid_text(span_id(2)), "their", WORD]
"""What no answer may hold."""
QUERIES: dict[str, list[dict[str, Any]]] = {
    "/api/sessions": [{}, {"q": WORD}, {"assistantId": uuid_text(THEIRS[0])}, {"model": "their model"}],
    "/api/facets": [{"kind": kind} for kind in ("agent", "model", "tool", "errorType", "assistant")]
    + [{"kind": "model", "assistantId": uuid_text(THEIRS[0])}],
    "/api/find": [
        {"id": each}
        for each in (
            "their session",
            "their contact",
            uuid_text(THEIRS[1]),
            uuid_text(span_id(2)),
            trace_id(1).hex(),
            "00f067aa0ba902b7",
        )
    ],
    "/api/overview": [
        {"from": 0, "to": 4e9},
        {"from": 0, "to": 4e9, "assistantId": uuid_text(THEIRS[0])},
    ],
}


def client_of(store: Store, caller: Caller) -> Iterator[TestClient]:
    config = Config(limits=Limits(event_stream_seconds_max=0.001))
    with ThreadPoolExecutor(1) as threads:
        web = Starlette(routes=viewer.routes(Reader(store, config.limits), store, unwritten, threads, config))
        yield TestClient(calling(web, caller))


def calling(web: ASGIApp, caller: Caller) -> ASGIApp:
    """Return an application whose every request is sent by this caller, as the gate would tell."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"caller": caller}
        await web(scope, receive, send)

    return call


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    theirs = acting("inference", requestModel="their model", aiAgentName="their agent", contactId="their contact")
    store.write([part(span(1), assistant="mine", session="my session")])
    detail = b'{"spanId":"00f067aa0ba902b7"}'
    told = span(2, trace=1, inputs=(message(WORD),), own_detail=detail, **theirs)
    store.write([part(told, assistant="theirs", session="their session", trace=1)])
    yield from client_of(store, Caller(role=Role.ADMIN, assistants=frozenset({MINE[0]})))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_nothing_of_another_assistant_is_told(client: TestClient, store: Store, operation: Any) -> None:  # noqa: ANN401
    """Lists leave it out, ids lead nowhere, sums do not count it, and deleting deletes nothing of it."""
    names = {"assistantId": uuid_text(THEIRS[0]), "sessionId": uuid_text(THEIRS[1]), "spanId": uuid_text(span_id(2))}
    path = operation.path.format(**names)
    queries = QUERIES.get(path, [{}]) if operation.method == "GET" else [{"before": EPOCH_NS / 1e9 + 99}]
    for query in queries if "{" not in operation.path else [{}]:
        answer = client.request(operation.method, path, params=query)
        told = answer.text
        if "{" in operation.path and operation.method == "GET":
            assert answer.status_code == 404
            told = told.replace(names["assistantId"], "").replace(names["sessionId"], "").replace(names["spanId"], "")
        for trace in TRACES:
            assert trace not in told
    assert store.session(*THEIRS) is not None


def test_sums_are_of_ones_own(client: TestClient) -> None:
    """What an overview counts is of the assistants that a key is for."""
    told = client.get("/api/overview", params={"from": 0, "to": 4e9}).json()
    assert (told["sessions"], told["read"], [each["name"] for each in told["models"]]) == (1, 1, ["m1"])


def test_events_are_of_ones_own(client: TestClient) -> None:
    """Nobody hears of another assistant's sessions, nor that they went."""
    told = client.get(FOLLOW.path, headers={"last-event-id": "0"}).text
    assert "my session" in told
    assert not any(trace in told for trace in TRACES)


@pytest.mark.parametrize("caller", [Caller(role=Role.READER), Caller(role=Role.WRITER), Caller(role=None)])
def test_roles_are_held_to(store: Store, caller: Caller) -> None:
    """A reader deletes nothing, a writer and a stranger read nothing."""
    store.write([part(span(1))])
    for client in client_of(store, caller):
        for operation in OPERATIONS:
            path = operation.path.format(
                assistantId=uuid_text(ids()[0]), sessionId=uuid_text(ids()[1]), spanId=uuid_text(span_id(1))
            )
            answer = client.request(operation.method, path, params=QUERIES.get(path, [{}])[0])
            allowed = caller.role is Role.READER and operation.method == "GET"
            assert (answer.status_code != 403) is allowed, operation.path
    assert store.session(*ids()) is not None
