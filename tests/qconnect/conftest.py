"""A real server on a loopback port over a real store, and unmodified boto3 to call it."""

import http.client
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, TypeAlias

import boto3
import pytest
import uvicorn
from botocore.config import Config
from starlette.types import ASGIApp

from spanglass import qconnect
from spanglass.config import Limits
from spanglass.model.record import SpanRecord
from spanglass.qconnect import Backing
from spanglass.reading import Reader
from spanglass.registry import Registry
from spanglass.store.interface import Store
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import ids, part

LIMITS = Limits()


class Place(NamedTuple):
    """A session as a client names it, by UUIDs."""

    assistantId: str  # noqa: N815 (boto3's name of the parameter)
    sessionId: str  # noqa: N815

    @property
    def assistant_arn(self) -> str:
        return f"arn:aws:wisdom:us-east-1:123456789012:assistant/{self.assistantId}"

    @property
    def session_arn(self) -> str:
        return f"arn:aws:wisdom:us-east-1:123456789012:session/{self.assistantId}/{self.sessionId}"

    @property
    def path(self) -> str:
        return f"/assistants/{self.assistantId}/sessions/{self.sessionId}/spans"


class Response(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


Serve: TypeAlias = Callable[[Callable[[Executor], ASGIApp]], int]
Connect: TypeAlias = Callable[..., Any]
Ask: TypeAlias = Callable[..., Response]
Put: TypeAlias = Callable[..., Place]


def backing(store: Store) -> Backing:
    """Return what operations answer from, over a store."""
    return Backing(Reader(store, LIMITS), Registry(store, LIMITS))


@contextmanager
def _serving(build: Callable[[Executor], ASGIApp]) -> Iterator[int]:
    """Serve an application; the port listens before the server runs, so no client comes too early."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(LIMITS.readers_max) as threads:
        config = uvicorn.Config(build(threads), lifespan="off", ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        running.join()


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Return what serves an application of a test's own to the end of all tests, and returns its port."""
    with ExitStack() as servers:
        yield lambda build: servers.enter_context(_serving(build))


@pytest.fixture(scope="session")
def store() -> MemoryStore:
    """Return the store behind ``port``, which tests share; each writes sessions of its own names."""
    return MemoryStore()


@pytest.fixture(scope="session")
def port(store: MemoryStore) -> Iterator[int]:
    """Return the port of the API over ``store``."""
    with _serving(lambda threads: qconnect.app(backing(store), threads, LIMITS)) as port:
        yield port


@pytest.fixture
def put(store: MemoryStore, request: pytest.FixtureRequest) -> Put:
    """Return what writes spans to a session of the test's own, and tells how clients name it."""

    def put(*spans: SpanRecord, session: str = "", assistant: str = "bot") -> Place:
        name = f"{request.node.nodeid} {session}".strip()
        store.write([part(*spans, session=name, assistant=assistant, trace=None)])
        return Place(*(str(uuid.UUID(bytes=each)) for each in ids(assistant, name)))

    return put


@pytest.fixture
def conversation(request: pytest.FixtureRequest) -> str:
    """Return the name of the session that ``put`` writes to unasked."""
    return str(request.node.nodeid)


@pytest.fixture(scope="session")
def boto3_session() -> boto3.Session:
    """Return a session, which reads the service model once."""
    return boto3.Session("AKIDEXAMPLE", "a secret", region_name="us-east-1")


@pytest.fixture
def connect(boto3_session: boto3.Session, port: int) -> Iterator[Connect]:
    """Return what makes a boto3 client of the server or of another port, with settings of botocore's ``Config``."""
    with ExitStack() as clients:

        def connect(to: int = port, **settings: Any) -> Any:  # noqa: ANN401 (boto3 makes its clients' classes at run time)
            client = boto3_session.client(
                "qconnect", endpoint_url=f"http://127.0.0.1:{to}", config=Config(**settings) if settings else None
            )
            clients.callback(client.close)
            return client

        yield connect


@pytest.fixture
def client(connect: Connect) -> Any:  # noqa: ANN401
    """Return a boto3 client of the server, as anyone makes it."""
    return connect()


@pytest.fixture
def ask(port: int) -> Ask:
    """Return what sends a request as given, byte for byte, and reads the answer."""

    def ask(target: str | bytes, method: bytes = b"GET", rest: bytes = b"Connection: close\r\n\r\n") -> Response:
        path = target.encode() if isinstance(target, str) else target
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(method + b" " + path + b" HTTP/1.1\r\nHost: spanglass\r\n" + rest)
            with http.client.HTTPResponse(connection, method=method.decode()) as response:
                response.begin()
                return Response(response.status, response.headers, response.read())

    return ask
