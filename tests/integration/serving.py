"""The real server as a process of its own, on a loopback port and a store of its own, and plain HTTP to it.

A server is forked from a process that has imported it already, so that tests can afford a hundred starts, or spawned by
the command as people run it. Either is ended by its own process id.
"""

import contextlib
import http.client
import multiprocessing
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeAlias
from urllib.parse import quote, urlencode

import msgspec

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 40.0
ANSWER_SECONDS_MAX: Final = 30.0
POLL_SECONDS: Final = 0.01
PORTS: Final = range(20_000, 32_000)
"""Ports below those that systems give to outgoing connections: none of those can take a port between two starts."""
PROTOBUF: Final = {"content-type": "application/x-protobuf"}
JSON: Final = {"content-type": "application/json"}

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "spanglass.cli.serve",
        "typer._adapters",  # what else the command imports once it runs
        "uvicorn.lifespan.on",
        "uvicorn.loops.uvloop",
        "uvicorn.protocols.http.httptools_impl",
        __name__,
    ]
)


Body: TypeAlias = bytes | Iterable[bytes]


class Place(NamedTuple):
    """A session as a client names it."""

    assistantId: str  # noqa: N815 (boto3's name of the parameter)
    sessionId: str  # noqa: N815

    @property
    def path(self) -> str:
        """Where its spans are listed."""
        return f"/assistants/{self.assistantId}/sessions/{self.sessionId}/spans"


class Answer(NamedTuple):
    """An HTTP response, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 (any JSON)
        """Read the body."""
        return msgspec.json.decode(self.body)


class Connection:
    """A keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS_MAX)

    def ask(self, target: str, body: Body | None = None, headers: Mapping[str, str] = PROTOBUF) -> Answer:
        """Send a GET, or with a body a POST; a body that comes in pieces is sent in chunks.

        Raises:
            OSError, http.client.HTTPException: There was no whole answer.
        """
        try:
            self._http.request(
                "GET" if body is None else "POST", target, body, dict(headers) if body is not None else {}
            )
            with self._http.getresponse() as response:
                return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self._http.close()
            raise

    def export(self, body: bytes) -> Answer:
        """Send an ``ExportTraceServiceRequest`` in protobuf."""
        return self.ask("/v1/traces", body)

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class Process(NamedTuple):
    """A process that leads a group; ``ended`` waits at most so many seconds and returns the exit code, or None."""

    pid: int
    ended: Callable[[float], int | None]


class Server:
    """A running server; as a context it lasts to the end of the block at most."""

    def __init__(self, process: Process, port: int, log: Path, logged_before: int) -> None:
        self.pid, self.ended = process
        self.port = port
        self.log = log
        self._logged_before = logged_before

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """What clients are pointed at."""
        return f"http://{HOST}:{self.port}"

    def ask(self, target: str, body: Body | None = None, headers: Mapping[str, str] = PROTOBUF) -> Answer:
        """Send a request over a connection of its own."""
        with contextlib.closing(Connection(self.port)) as connection:
            return connection.ask(target, body, headers)

    def export(self, *bodies: bytes) -> None:
        """Send requests in protobuf, each of which must be taken whole."""
        with contextlib.closing(Connection(self.port)) as connection:
            for body in bodies:
                answer = connection.export(body)
                assert (answer.status, answer.body) == (http.HTTPStatus.OK, b"")

    def pages(self, place: Place, page_spans: int = 100) -> list[bytes]:
        """Return the bodies of all of ListSpans's pages, none if there is no such session."""
        target, bodies = f"{place.path}?maxResults={page_spans}", list[bytes]()
        while True:
            answer = self.ask(target)
            if answer.status == http.HTTPStatus.NOT_FOUND and not bodies:
                return []
            assert answer.status == http.HTTPStatus.OK, answer
            bodies.append(answer.body)
            if (token := answer.json().get("nextToken")) is None:
                return bodies
            target = f"{place.path}?maxResults={page_spans}&nextToken={quote(token, safe='')}"

    def spans(self, place: Place, page_spans: int = 100) -> list[dict[str, Any]]:
        """Return what ListSpans has of a session."""
        return [span for body in self.pages(place, page_spans) for span in msgspec.json.decode(body)["spans"]]

    def places(self) -> list[Place]:
        """Return all sessions."""
        found, query = list[Place](), {"limit": "200"}
        while True:
            listing = self.ask(f"/api/sessions?{urlencode(query)}").json()
            found += [Place(each["assistantId"], each["sessionId"]) for each in listing["sessions"]]
            if "nextCursor" not in listing:
                return found
            query["cursor"] = listing["nextCursor"]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        os.kill(self.pid, number)

    def stop(self) -> int:
        """Ask the server to stop, and return its exit code."""
        self.signal(signal.SIGTERM)
        return self.joined()

    def kill(self) -> None:
        """End the server, and what it started, as a power cut would."""
        if self.ended(0) is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.joined()

    def joined(self) -> int:
        """Wait for the server's end, and return its exit code."""
        code = self.ended(STOP_SECONDS_MAX)
        assert code is not None, f"the server still runs after {STOP_SECONDS_MAX} s"
        return code

    def await_ready(self) -> None:
        """Wait until the server can serve."""
        self._await(self._is_ready)

    def await_workers(self, count: int) -> list[int]:
        """Wait until so many workers have come up, dead ones included; return all their process ids."""
        self._await(lambda: self.logged().count("Application startup complete") >= count)
        return [int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", self.logged())]

    def await_logged(self, text: str) -> None:
        """Wait until the log says something."""
        self._await(lambda: text in self.logged())

    def logged(self) -> str:
        """Return what this server has logged so far; the file also has what others on the same store did."""
        with self.log.open() as file:
            file.seek(self._logged_before)
            return file.read()

    def _is_ready(self) -> bool:
        try:
            return self.ask("/readyz").status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _await(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not condition():
            assert self.ended(POLL_SECONDS) is None, f"the server ended:\n{self.logged()}"
            assert time.monotonic() < deadline, f"not up after {START_SECONDS_MAX} s:\n{self.logged()}"


def free_port() -> int:
    """Return a port that nothing listens on."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server((HOST, port)):
            return port


COMMAND: Final = (sys.executable, "-m", "spanglass")
"""The command line, as it also runs where the console command is not on the path."""


def forked(arguments: list[str], environment: dict[str, str], log: Path) -> Process:
    """Run a command in a fork of a process that has imported it."""
    process = _FORKS.Process(target=_become, args=(arguments, environment, str(log)), daemon=True)
    process.start()

    def ended(seconds: float) -> int | None:
        process.join(seconds)
        return process.exitcode

    return Process(process.pid or 0, ended)


def _become(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Lead a process group of its own, write standard error to a file, then do what the command does."""
    from spanglass.cli import main  # noqa: PLC0415 (the tests' own process needs no command line)

    os.setsid()
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), sys.stderr.fileno())
    os.environ |= environment
    sys.argv = ["spanglass", *arguments]
    main()


def spawned(arguments: list[str], environment: dict[str, str], log: Path) -> Process:
    """Run a command as people do."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*COMMAND, *arguments], stderr=errors, env=os.environ | environment, start_new_session=True
        )

    def ended(seconds: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        return process.returncode

    return Process(process.pid, ended)


def start(
    store: Path,
    *options: str,
    port: int = 0,
    environment: Mapping[str, str] | None = None,
    run: Callable[[list[str], dict[str, str], Path], Process] = forked,
) -> Server:
    """Start a server on ``store``, and wait until it is ready; its log stands beside the store.

    Unless it is run as people run it, or told otherwise, it maps in its own process: another one takes longer to start
    than most tests.
    """
    if run is forked:
        environment = {"SPANGLASS_MAPPING_PROCESS": "false", **(environment or {})}
    port, log = port or free_port(), store.with_name(f"{store.name}.log")
    log.touch()
    logged_before = log.stat().st_size
    arguments = ["serve", "--port", str(port), "--grpc-port", "0", "--store", f"sqlite:///{store}", *options]
    server = Server(run(arguments, dict(environment or {}), log), port, log, logged_before)
    try:
        server.await_ready()
    except BaseException:
        server.kill()
        raise
    return server
