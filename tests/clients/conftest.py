"""A server that the clients share, which notes all that it answers, and each client with a driver of its own."""

import json
import re
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import uvicorn
from _pytest.mark import ParameterSet
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanglass.app import create
from spanglass.config import Config
from spanglass.heads import HeadBoundedProtocol
from tests.clients.sdks import REGION, SDKS, Client, Key, install, missing
from tests.clients.spans import ASSISTANT, SESSIONS, uuid_of
from tests.integration.issuing import SECRET_FILE, command, make_key
from tests.service_model import faults, operation_at

UUID: Final = re.compile("[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}")
KEYS: Final = (("admin",), ("reader",), ("reader", uuid_of("elsewhere")), ("admin",))
"""Roles, and the assistants that a key is limited to, of ``Keys``."""


class Exchange(NamedTuple):
    """A request and what was answered."""

    method: str
    path: str
    headers: dict[str, str]
    status: int
    answer_headers: dict[str, str]
    body: bytes

    def faults(self) -> list[str]:
        """Name what the service model forbids of the answer."""
        body = json.loads(self.body) if self.body else {}
        code = self.answer_headers.get("x-amzn-errortype")
        found = faults(operation_at(self.method, self.path), self.status, code, body)
        if not UUID.fullmatch(self.answer_headers.get("x-amzn-requestid", "")):
            found.append("no request id")
        if (code is None) != (self.status < 300):
            found.append(f"{self.status} with error type {code}")
        return found


class Noted:
    """An application that notes what another one is asked and answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self.exchanges.append(
                        Exchange(
                            scope["method"],
                            scope["raw_path"].decode(),
                            _text(scope["headers"]),
                            start["status"],
                            _text(start["headers"]),
                            bytes(body),
                        )
                    )
            await send(message)

        await self._app(scope, receive, noting)


def _text(headers: Any) -> dict[str, str]:  # noqa: ANN401 (pairs of bytes)
    return {name.decode().lower(): value.decode() for name, value in headers}


class Server(NamedTuple):
    """A running server and what it noted."""

    url: str
    noted: Noted

    @property
    def last(self) -> Exchange:
        """The last request and its answer."""
        return self.noted.exchanges[-1]


@contextmanager
def served(app: ASGIApp) -> Iterator[Server]:
    """Serve an application on a free port; it listens before it runs, so no client comes too early."""
    noted = Noted(app)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(noted, http=HeadBoundedProtocol, log_config=None, access_log=False)
        server = uvicorn.Server(config)
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        yield Server(f"http://127.0.0.1:{listening.getsockname()[1]}", noted)
        server.should_exit = True
        running.join()


def put_sessions(url: str, key: Key | None = None) -> None:
    """Put the sessions of ``tests.clients.spans`` into a server."""
    for session, spans in SESSIONS:
        place = {"assistantId": ASSISTANT, "sessionId": session}
        target = f"{url}/api/assistants/{ASSISTANT}/sessions/{session}/spans"
        body = json.dumps({"spans": [span | place for span in spans]}).encode()
        headers = {"content-type": "application/json"}
        if key is not None:
            asked = AWSRequest("PUT", target, headers, body)
            SigV4Auth(Credentials(*key), "wisdom", REGION).add_auth(asked)
            headers = dict(asked.headers)
        with urllib.request.urlopen(urllib.request.Request(target, body, headers, method="PUT")) as answer:  # noqa: S310
            assert json.load(answer) == {"accepted": len(spans)}


class Keys(NamedTuple):
    """Keys that ``spanglass keys`` issued for the server."""

    admin: Key
    reader: Key
    elsewhere: Key
    """A reader of another assistant."""
    revoked: Key


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the server's store and its secret are."""
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="session")
def keys(folder: Path) -> Keys:
    """Return keys; the server's secret is made with them."""
    made = [make_key(folder, role, *assistants) for role, *assistants in KEYS]
    command(folder, "revoke", made[-1].key_id)
    return Keys(*(Key(key.key_id, key.secret) for key in made))


@pytest.fixture(scope="session")
def server(folder: Path, keys: Keys) -> Iterator[Server]:
    """Return a server that asks for keys, over a store with the sessions of ``tests.clients.spans``."""
    config = Config(
        store=f"sqlite:///{folder / 'spans.db'}", auth="keys", secret_file=str(folder / SECRET_FILE), grpc_port=0
    )
    with served(create(config)) as server:
        put_sessions(server.url, keys.admin)
        yield server


@pytest.fixture(scope="session")
def clients(server: Server, keys: Keys) -> Iterator[dict[str, Client]]:
    """Return where running clients are kept, to the end of all tests."""
    with ExitStack() as running:
        yield _Clients(server, keys.admin, running)


class _Clients(dict[str, Client]):
    """Starts a client when it is asked for."""

    def __init__(self, server: Server, key: Key, running: ExitStack) -> None:
        super().__init__()
        self._server, self._key, self._running = server, key, running

    def __missing__(self, name: str) -> Client:
        install(SDKS[name])
        client = self._running.enter_context(Client(SDKS[name], self._server.url, self._key))
        self[name] = client
        return client


def named(name: str) -> ParameterSet:
    """Return a client as a parameter; what needs the same one runs in one process, which starts it once."""
    return pytest.param(name, marks=pytest.mark.xdist_group(f"client {name}"))


@pytest.fixture(params=[named(name) for name in SDKS])
def client(request: pytest.FixtureRequest, clients: dict[str, Client], server: Server) -> Iterator[Client]:
    """Return each client in turn; in the end no answer that it got holds what the service model forbids."""
    reason = missing(SDKS[request.param])
    if reason:
        pytest.skip(reason)
    before = len(server.noted.exchanges)
    yield clients[request.param]
    found = {(each.method, each.path): each.faults() for each in server.noted.exchanges[before:] if each.faults()}
    assert not found
