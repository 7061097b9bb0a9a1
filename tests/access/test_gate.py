"""Who comes through the gate, and how each face refuses the others."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope

from spanglass.access import Anyone, Caller, Gate, Keys, caller
from spanglass.access.errors import SignatureError, ThrottledError, UnknownKeyError
from spanglass.access.identity import Callers
from spanglass.access.secrets import Secrets
from spanglass.access.sites import Sites
from spanglass.access.web import refusal, refuse
from spanglass.bodies import BodyError, SlowBodyError
from spanglass.config import Config
from spanglass.store.interface import KeyRecord, StoreError
from spanglass.store.memory import MemoryStore
from tests.access.signing import KEY_ID

SECRETS = Secrets(b"a server's secret of at least 32 bytes")
OURS = uuid.UUID(int=1)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.add_key(KeyRecord(key_id=KEY_ID, role="reader", assistants=(OURS.bytes,), created_ns=1))
    return store


@pytest.fixture
def keys(store: MemoryStore) -> Iterator[Keys]:
    with ThreadPoolExecutor(1) as threads:
        yield Keys(store, SECRETS, Config(), threads)


def behind(callers: Callers, *routes: Route, **more: Any) -> TestClient:  # noqa: ANN401 (what Gate.before takes)
    """Return a client of an application behind the gate."""
    gate = Gate(Sites([]), callers)
    return TestClient(gate.before(Starlette(routes=routes), refuse, visitors=True, **more), "http://localhost:4318")


async def _tell(request: Request) -> Response:
    context = structlog.contextvars.get_contextvars()
    return JSONResponse({"key": caller(request.scope).key_id, "logged": context.get("request_id")})


TELL = Route("/tell", _tell)


def test_a_request_has_one_id_everywhere() -> None:
    """The id in the answer is that of the request's log lines, and each request has its own."""
    client = behind(Anyone(), TELL)
    answers = [client.get("/tell") for _ in range(2)]
    assert len({uuid.UUID(answer.headers["x-request-id"]) for answer in answers}) == 2
    for answer in answers:
        assert answer.json()["logged"] == answer.headers["x-request-id"]


def test_a_face_is_told_who_calls(keys: Keys) -> None:
    """Who was identified is in the request's state."""
    client = behind(keys, TELL)
    assert client.get("/tell", headers={"authorization": f"Bearer {SECRETS.token(KEY_ID)}"}).json()["key"] == KEY_ID
    assert client.get("/tell").json()["key"] == ""


def test_what_is_not_let_in_is_refused_in_form(keys: Keys) -> None:
    """A refusal has its status, headers and id, and the face is not asked."""
    client = behind(keys, Route("/api/tell", _tell))
    for headers, status in (({}, 401), ({"host": "evil.example"}, 403), ({"origin": "null"}, 403)):
        answer = client.get("/api/tell", headers=headers)
        assert (answer.status_code, list(answer.json())) == (status, ["error"])
        assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
        assert uuid.UUID(answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (UnknownKeyError(), 401, {"www-authenticate": "Bearer"}),
        (SignatureError("x"), 401, {"www-authenticate": "Bearer"}),
        (ThrottledError(1_500), 429, {"retry-after": "2"}),
        (SlowBodyError("x"), 408, {}),
        (BodyError("x"), 413, {}),
        (StoreError("x"), 503, {}),
    ],
)
def test_the_web_is_told_by_status(error: Exception, status: int, headers: dict[str, str]) -> None:
    """Each error has its status; a bug is none of them and goes on."""
    answer = refusal(error)
    assert answer.status_code == status
    assert headers.items() <= dict(answer.headers).items()
    with pytest.raises(ZeroDivisionError):
        refusal(ZeroDivisionError())


def test_a_stream_ends_with_its_key(keys: Keys, store: MemoryStore) -> None:
    """What is streamed to a caller ends before the first piece after the key was revoked."""

    async def stream(_request: Request) -> Response:
        async def pieces() -> Any:  # noqa: ANN401 (an iterator)
            yield "data: 1\n\n"
            store.revoke_key(KEY_ID, 2)
            yield "data: 2\n\n"

        return StreamingResponse(pieces(), media_type="text/event-stream")

    client = behind(keys, Route("/api/events", stream))
    answer = client.get("/api/events", headers={"authorization": f"Bearer {SECRETS.token(KEY_ID)}"})
    assert answer.text == "data: 1\n\n"


def test_streams_of_anyone_go_on() -> None:
    """Without keys there is nothing to revoke."""

    async def stream(_request: Request) -> Response:
        return StreamingResponse(iter(["data: 1\n\n", "data: 2\n\n"]), media_type="text/event-stream")

    assert behind(Anyone(), Route("/api/events", stream)).get("/api/events").text == "data: 1\n\ndata: 2\n\n"


def test_pages_of_an_origin_may_send() -> None:
    """A face can be opened to pages of an origin, by a preflight and in the answer."""
    client = behind(Anyone(), TELL, origins=["https://app.example"])
    page = {"origin": "https://app.example"}
    preflight = client.options("/tell", headers=page | {"access-control-request-method": "POST"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, page["origin"])
    assert client.get("/tell", headers=page).headers["access-control-allow-origin"] == page["origin"]
    assert client.get("/tell", headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.anyio
async def test_a_client_that_has_gone_is_not_answered() -> None:
    """Who hangs up before the body is whole gets no answer, and the face no request."""

    class Gone(Anyone):
        async def identify(self, _scope: Scope, _receive: Receive) -> tuple[Caller, Receive]:
            raise ClientDisconnect

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    face = Gate(Sites(None), Gone()).before(Starlette(), refuse)
    await face({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    assert sent == []
