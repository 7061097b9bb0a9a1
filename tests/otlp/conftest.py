"""A receiver on loopback in front of a real recorder, and what it took in."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence

import httpx2
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from spanglass import telemetry
from spanglass.access import Anyone
from spanglass.config import Limits
from spanglass.mappers import Mapper, MappingHere
from spanglass.model.place import TracePart
from spanglass.model.record import SpanRecord
from spanglass.otlp.grpc import serve_grpc
from spanglass.otlp.http import SIGNALS, receiver
from spanglass.recording import Recorder
from spanglass.store.interface import Store
from spanglass.store.memory import MemoryStore


class _Noting:
    """A mapper that notes the telemetry it is given and makes nothing of it."""

    def __init__(self) -> None:
        self.spans: list[telemetry.Span] = []
        self.logs: list[telemetry.LogRecord] = []

    def parts(self, spans: Sequence[telemetry.Span], logs: Sequence[telemetry.LogRecord] = ()) -> list[TracePart]:
        self.spans.extend(spans)
        self.logs.extend(logs)
        return []

    def masked(self) -> dict[str, int]:
        return {}

    def relate(self, known: Sequence[SpanRecord], new: Sequence[SpanRecord]) -> Sequence[SpanRecord]:
        raise AssertionError(f"nothing was written: {known}, {new}")


@contextlib.contextmanager
def _http_server(recorder: Recorder, limits: Limits) -> Iterator[str]:
    signals = {path: receiver(recorder, limits, codecs) for path, codecs in SIGNALS.items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await signals[scope["path"]](scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def _grpc_server(recorder: Recorder, limits: Limits) -> Iterator[str]:
    """Serve on a port that a socket of ours, which does not listen, keeps anyone else from taking."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        keeper.bind(("127.0.0.1", 0))
        port = keeper.getsockname()[1]
        starting = asyncio.run_coroutine_threadsafe(serve_grpc(recorder, Anyone(), limits, "127.0.0.1", port), loop)
        server = starting.result()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(None), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def store() -> Store:
    return MemoryStore()


@pytest.fixture
def mapper() -> Mapper:
    return _Noting()


@pytest.fixture
def seen(mapper: _Noting) -> list[telemetry.Span]:
    """The spans that arrived."""
    return mapper.spans


@pytest.fixture
def seen_logs(mapper: _Noting) -> list[telemetry.LogRecord]:
    """The log records that arrived."""
    return mapper.logs


@pytest.fixture
def recorder(store: Store, mapper: Mapper, limits: Limits) -> Iterator[Recorder]:
    recorder = Recorder(store, MappingHere(mapper), limits)
    yield recorder
    recorder.close()


@pytest.fixture
def url(recorder: Recorder, limits: Limits) -> Iterator[str]:
    with _http_server(recorder, limits) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url) as client:
        yield client


@pytest.fixture
def grpc_target(recorder: Recorder, limits: Limits) -> Iterator[str]:
    with _grpc_server(recorder, limits) as target:
        yield target
