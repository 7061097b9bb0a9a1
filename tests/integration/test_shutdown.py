"""SIGTERM under load: what was accepted is answered and kept, what was kept is answered, and nothing else is left."""

# ruff: noqa: S311 (a seeded generator is the point, nothing here is secret)

import contextlib
import http.client
import random
import signal
import socket
import threading
from pathlib import Path

import msgspec
import pytest

from tests.integration.exports import Conversation, Export, export
from tests.integration.serving import HOST, PROTOBUF, Connection, Server, free_port, spawned, start

SENDERS = 4
LOAD_SECONDS = 0.3
CONFIDENCE = "Xyzzy, said in confidence"


class Sender(threading.Thread):
    """Sends requests until the server is gone, and keeps count of the answers."""

    def __init__(self, port: int, seed: int) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.answered: list[Export] = []
        self.refused = 0
        self._port = port
        self._turns = Conversation(random.Random(seed), words=8)

    def run(self) -> None:
        """Send; a refusal must ask for another try."""
        connection = Connection(self._port)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            for turn in self._turns.turns(1 << 20):
                made = export(*turn)
                answer = connection.export(made.body)
                self.begun.set()
                if answer.status == http.HTTPStatus.OK:
                    self.answered.append(made)
                else:
                    assert answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE
                    assert answer.headers["retry-after"]
                    self.refused += 1


def lines(server: Server) -> list[dict[str, object]]:
    """Return the log's lines, each a JSON object."""
    return [msgspec.json.decode(line) for line in server.logged().splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stops_clean_under_load(tmp_path: Path, workers: str) -> None:
    """On SIGTERM the server answers what it accepted, ends with 0, frees its port and has nothing to complain about.

    Afterwards the store has the spans that were answered for, and no others: none was written without an answer.
    """
    store = tmp_path / "spans.db"
    with start(store, "--workers", workers, run=spawned) as server:
        server.await_workers(int(workers))
        senders = [Sender(server.port, seed) for seed in range(SENDERS)]
        for sender in senders:
            sender.start()
        assert all(sender.begun.wait(30) for sender in senders)
        server.ended(LOAD_SECONDS)
        assert server.stop() == 0
        with socket.create_server((HOST, server.port)):
            pass
    for sender in senders:
        sender.join(30)
    assert "Traceback" not in server.logged()
    assert {line["level"] for line in lines(server)} == {"info"}
    assert [path.name for path in sorted(tmp_path.iterdir())] == [store.name, server.log.name]
    with start(store) as again:
        listed = [span["spanId"] for place in again.places() for span in again.spans(place)]
    assert sorted(listed) == sorted(ids.uuid for sender in senders for made in sender.answered for ids in made.ids)


def test_finishes_a_request_under_way(tmp_path: Path) -> None:
    """A request whose body is still coming when SIGTERM arrives is taken to its end and answered."""
    made = export(*next(Conversation(random.Random(1)).turns(1)))
    store = tmp_path / "spans.db"
    server = start(store)
    head = f"POST /v1/traces HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {PROTOBUF['content-type']}\r\n"
    try:
        with socket.create_connection((HOST, server.port), timeout=30) as connection:
            connection.sendall(f"{head}Expect: 100-continue\r\nContent-Length: {len(made.body)}\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
            connection.sendall(made.body[:100])
            server.signal(signal.SIGTERM)
            server.await_logged("Shutting down")
            connection.sendall(made.body[100:])
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert server.joined() == 0
    finally:
        server.kill()
    with start(store) as again:
        (place,) = again.places()
        assert {span["spanId"] for span in again.spans(place)} == {ids.uuid for ids in made.ids}


def test_a_second_server_takes_over_the_port(tmp_path: Path) -> None:
    """As soon as a server has ended, another one can serve on its port and store."""
    port = free_port()
    for _ in range(2):
        with start(tmp_path / "spans.db", port=port) as server:
            assert server.stop() == 0


def test_logs_one_line_a_request_without_content(tmp_path: Path) -> None:
    """At debug level each export and each ListSpans is one line; none, and no other, holds what messages say."""
    turns = Conversation(random.Random(2), words=3)
    turns.messages.append({"role": "user", "parts": [{"type": "text", "content": CONFIDENCE}]})
    exports = [export(*turn) for turn in turns.turns(3)]
    with start(tmp_path / "spans.db", "--log-level", "debug") as server:
        for made in exports:
            server.export(made.body)
        refused = [CONFIDENCE.encode(), exports[0].body[:-5], exports[0].body.replace(b"\x0a\x10", b"\x0a\x0f", 1)]
        for body in refused:
            assert server.ask("/v1/traces", body).status == http.HTTPStatus.BAD_REQUEST
        (place,) = server.places()
        assert CONFIDENCE in str(server.spans(place))
        assert server.ask(f"{place.path}?maxResults=Xyzzy").status == http.HTTPStatus.BAD_REQUEST
        assert server.stop() == 0
    logged = lines(server)
    events = [line["event"] for line in logged if str(line["logger"]).startswith("spanglass.")]
    assert events == ["export"] * len(exports) + ["export refused"] * len(refused) + ["request"] * 2
    assert CONFIDENCE[:5] not in server.logged()
    assert "Größe" not in server.logged()
