"""Logins of browsers."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from spanglass import viewer
from spanglass.access import Anyone, Gate, Keys
from spanglass.access.identity import COOKIE
from spanglass.access.secrets import Secrets
from spanglass.access.sites import Sites
from spanglass.access.web import refuse
from spanglass.config import Config
from spanglass.reading import Reader
from spanglass.store.interface import KeyRecord
from spanglass.store.memory import MemoryStore
from spanglass.viewer.login import Identity
from tests.access.signing import KEY_ID
from tests.viewer.writing import unwritten

SECRETS = Secrets(b"a server's secret of at least 32 bytes")
OURS = uuid.UUID(int=1)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.add_key(KeyRecord(key_id=KEY_ID, role="reader", assistants=(OURS.bytes,), created_ns=1))
    return store


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.fixture
def client(store: MemoryStore, threads: ThreadPoolExecutor) -> TestClient:
    """Return a client of a server that asks for keys."""
    return behind_gate(store, threads, Keys(store, SECRETS, Config(), threads))


def behind_gate(store: MemoryStore, threads: ThreadPoolExecutor, keys: Keys | None) -> TestClient:
    config = Config()
    routes = viewer.routes(Reader(store, config.limits), store, unwritten, threads, config, keys=keys)
    gate = Gate(Sites([]), keys or Anyone())
    return TestClient(gate.before(Starlette(routes=routes), refuse, visitors=True), "http://localhost:4318")


def test_a_login_is_a_cookie(client: TestClient, store: MemoryStore) -> None:
    """A key is exchanged for a cookie, which counts until logout, revocation or its end."""
    answer = client.post("/api/login", json={"key": SECRETS.token(KEY_ID)})
    told = {"auth": "keys", "accessKeyId": KEY_ID, "role": "reader", "assistants": [str(OURS)]}
    assert (answer.status_code, answer.json()) == (200, told)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={KEY_ID}.")
    for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert f"; {part}" in cookie
    assert "Secure" not in cookie
    assert client.get("/api/sessions").json() == {"sessions": []}
    assert client.get("/api/identity").json() == told
    assert client.post("/api/logout").status_code == 204
    assert client.get("/api/sessions").status_code == 401
    assert client.get("/api/identity").json()["role"] is None
    store.revoke_key(KEY_ID, 2)
    assert client.post("/api/login", json={"key": SECRETS.token(KEY_ID)}).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"key": 1}', b'{"key": "x", "more": 1}', b"\xff", b'{"key": "\xd0"}']
)
def test_a_login_that_is_none(client: TestClient, body: bytes) -> None:
    """A body that is no login is told to be none."""
    answer = client.post("/api/login", content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": 'the body is not {"key": "…"}'})


def test_without_keys_nobody_logs_in(store: MemoryStore, threads: ThreadPoolExecutor) -> None:
    """With authentication off there is nothing to log in to."""
    client = behind_gate(store, threads, None)
    assert client.post("/api/login", json={"key": "x"}).status_code == 400
    told = {"auth": "off", "accessKeyId": None, "role": "admin", "assistants": None}
    assert client.get("/api/identity").json() == told
    assert msgspec.to_builtins(msgspec.convert(told, Identity)) == told


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/login", "POST"),
        ("PUT", "/api/login", "POST"),
        ("GET", "/api/logout", "POST"),
        ("DELETE", "/api/logout", "POST"),
        ("POST", "/api/identity", "GET, HEAD"),
    ],
)
def test_another_method_is_not_offered(client: TestClient, method: str, path: str, allowed: str) -> None:
    """Whoever asks by another method hears which there are, as of all of the API."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json() == {"error": f"{method} is not offered here"}


@pytest.mark.anyio
async def test_who_has_gone_is_not_logged_in(store: MemoryStore, threads: ThreadPoolExecutor) -> None:
    """A client that hangs up before its body has come gets no login, and is no fault of the server's."""
    sent: list[Message] = []

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/login", "headers": [], "query_string": b""}
    await behind_gate(store, threads, Keys(store, SECRETS, Config(), threads)).app(scope, gone, send)
    assert not any(name == b"set-cookie" for message in sent for name, _ in message.get("headers", ()))
    assert sent[0]["status"] < 500
