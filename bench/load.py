"""Load over loopback HTTP: a few blocking keep-alive connections, each a thread, in a process apart from the server's.

Requests lie ready in a memory-mapped file and answers are looked at only as far as needed, so that the client takes
little of the processors it shares with the server; what it takes is measured and part of the answer.
"""

import itertools
import mmap
import socket
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote

import boto3
import msgspec

from bench.servers import HOST, BenchError
from bench.spool import Export

ANSWER_SECONDS_MAX: Final = 60
BUFFER_BYTES: Final = 1 << 20
HTTP_OK: Final = 200
HTTP_BUSY: Final = 503


class BusyError(BenchError):
    """The server asks to come back later."""


class Connection:
    """A keep-alive HTTP/1.1 connection that reads answers with a Content-Length."""

    def __init__(self, port: int) -> None:
        self._socket: Final = socket.create_connection((HOST, port), ANSWER_SECONDS_MAX)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(BUFFER_BYTES)
        self._filled = 0

    def exchange(self, request: bytes | memoryview) -> memoryview:
        """Send a request and return the answer's body, valid until the next call.

        Raises:
            BenchError: The status is not 200, or no whole answer came.
        """
        try:
            return self._exchange(request)
        except OSError as error:
            raise BenchError(f"no answer within {ANSWER_SECONDS_MAX} s, or cut off: {error}") from error

    def _exchange(self, request: bytes | memoryview) -> memoryview:
        self._socket.sendall(request)
        self._filled = 0
        while (end := self._buffer.find(b"\r\n\r\n", 0, self._filled)) < 0:
            self._receive()
        head = self._buffer[:end].lower()
        start = end + 4
        _, named, rest = head.partition(b"content-length:")
        length = int(rest.split(b"\r\n", 1)[0]) if named else 0
        if start + length > len(self._buffer):
            self._buffer = self._buffer[: self._filled] + bytearray(start + length - self._filled)
        while self._filled < start + length:
            self._receive()
        status = int(head[9:12])
        if status != HTTP_OK:
            told = f"answered {self._buffer[: self._filled][:500].decode(errors='replace')}"
            raise (BusyError if status == HTTP_BUSY else BenchError)(told)
        return memoryview(self._buffer).toreadonly()[start : start + length]

    def get(self, target: str) -> memoryview:
        """Ask for a path, with its query, and return the body."""
        return self.exchange(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _receive(self) -> None:
        with memoryview(self._buffer) as view:
            received = self._socket.recv_into(view[self._filled :])
        if not received:
            raise BenchError("the server closed the connection in mid-answer")
        self._filled += received


class Load(msgspec.Struct, frozen=True):
    """What one run of load did: answered requests, their spans and bytes, and how long it took.

    ``seconds`` is from the first request to the last answer, ``client_seconds`` the processor time of the client.
    """

    spans: int
    bytes: int
    seconds: float
    client_seconds: float
    latencies: list[float]
    """Seconds from request to answer, of each request."""

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return len(self.latencies)

    @property
    def client_share(self) -> float:
        """The client's share of one processor."""
        return self.client_seconds / self.seconds

    @property
    def p50_ms(self) -> float:
        """The latency that half of the requests did not exceed, in milliseconds."""
        return self._quantile_ms(50)

    @property
    def p99_ms(self) -> float:
        """The latency that all but a hundredth did not exceed, in milliseconds."""
        return self._quantile_ms(99)

    def _quantile_ms(self, hundredths: int) -> float:
        if len(self.latencies) == 1:
            return self.latencies[0] * 1000
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[hundredths - 1] * 1000


def together(loads: Sequence[Load]) -> Load:
    """Return several runs as one."""
    return Load(
        sum(load.spans for load in loads),
        sum(load.bytes for load in loads),
        sum(load.seconds for load in loads),
        sum(load.client_seconds for load in loads),
        [latency for load in loads for latency in load.latencies],
    )


def at_once(loads: Sequence[Load]) -> Load:
    """Return several runs that began together as one."""
    return msgspec.structs.replace(together(loads), seconds=max(load.seconds for load in loads))


def write(
    port: int, spool: Path, exports: Sequence[Export], connections: int, seconds_max: float, *, again: bool = False
) -> Load:
    """Send the exports in order over some connections, until all are answered or time is up; bytes are of OTLP.

    ``again`` sends at once, as long as there is time, what a server is too busy for, and counts that in.
    """
    deadline = time.perf_counter() + seconds_max
    queue = iter(exports)
    done: list[Export] = []
    with spool.open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def send(connection: Connection, latencies: list[float]) -> None:
        for export in queue:
            began = time.perf_counter()
            while True:
                try:
                    connection.exchange(view[export.offset : export.offset + export.length])
                except BusyError:
                    if not again or time.perf_counter() > deadline:
                        raise
                else:
                    break
            ended = time.perf_counter()
            latencies.append(ended - began)
            done.append(export)
            if ended > deadline:
                return

    seconds, client_seconds, latencies = _in_threads(port, connections, send)
    spans, sent = sum(export.spans for export in done), sum(export.body_bytes for export in done)
    return Load(spans, sent, seconds, client_seconds, latencies)


def fetch(port: int, targets: Sequence[str], connections: int, seconds_max: float) -> Load:
    """Ask for the targets, over and over, until time is up; bytes are of bodies."""
    deadline = time.perf_counter() + seconds_max
    queue = itertools.cycle(targets)
    sizes: list[int] = []

    def ask(connection: Connection, latencies: list[float]) -> None:
        for target in queue:
            began = time.perf_counter()
            sizes.append(len(connection.get(target)))
            ended = time.perf_counter()
            latencies.append(ended - began)
            if ended > deadline:
                return

    seconds, client_seconds, latencies = _in_threads(port, connections, ask)
    return Load(0, sum(sizes), seconds, client_seconds, latencies)


class Page(msgspec.Struct):
    """As much of a ListSpans body as is needed to go on."""

    spans: list[msgspec.Raw]
    next_token: str | None = msgspec.field(default=None, name="nextToken")


class Read(msgspec.Struct, frozen=True):
    """What reading whole sessions brought: the targets of all pages, how many spans, bytes of the bodies."""

    targets: tuple[str, ...]
    spans: int
    bytes: int


def read_whole(port: int, paths: Iterable[str]) -> Read:
    """Read sessions from the first page to the last."""
    connection = Connection(port)
    targets: list[str] = []
    spans = size = 0
    for path in paths:
        target: str | None = f"{path}?maxResults=100"
        while target:
            body = connection.get(target)
            page = msgspec.json.decode(body, type=Page)
            targets.append(target)
            spans += len(page.spans)
            size += len(body)
            token = page.next_token
            target = f"{path}?maxResults=100&nextToken={quote(token, safe='')}" if token else None
    connection.close()
    return Read(tuple(targets), spans, size)


def list_with_boto3(port: int, sessions: Sequence[tuple[str, str]]) -> Load:
    """Read the first page of each (assistant id, session id) through boto3, one after the other."""
    client = boto3.client(
        "qconnect",
        endpoint_url=f"http://{HOST}:{port}",
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",  # noqa: S106 (the server does not ask)
    )
    latencies: list[float] = []
    began, began_cpu = time.perf_counter(), time.process_time()
    spans = 0
    for assistant_id, session_id in sessions:
        asked = time.perf_counter()
        spans += len(client.list_spans(assistantId=assistant_id, sessionId=session_id, maxResults=100)["spans"])
        latencies.append(time.perf_counter() - asked)
    return Load(spans, 0, time.perf_counter() - began, time.process_time() - began_cpu, latencies)


def _in_threads(
    port: int,
    connections: int,
    work: Callable[[Connection, list[float]], None],
) -> tuple[float, float, list[float]]:
    """Do the work on each connection at once; return wall seconds, processor seconds and all latencies in seconds."""
    opened = [Connection(port) for _ in range(connections)]
    latencies: list[list[float]] = [[] for _ in opened]
    began, began_cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(work, opened, latencies))  # raises what any of them raised
    seconds, client_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    for connection in opened:
        connection.close()
    return seconds, client_seconds, list(itertools.chain.from_iterable(latencies))
