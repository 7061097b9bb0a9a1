"""SIGKILL under load: what was acknowledged is there after the restart, once, and what was not can be sent again."""

# ruff: noqa: S311 (a seeded generator is the point, nothing here is secret)

import contextlib
import http.client
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import pytest

from spanglass.recording import IDLE_SECONDS
from tests.effort import EFFORT
from tests.integration.conftest import Connect
from tests.integration.exports import Conversation, Export, Turn, export, place
from tests.integration.reference import pages, written
from tests.integration.serving import Answer, Connection, Place, Server, free_port, spawned, start

SENDERS = 4
TURNS = 5
KILLS = 25 * EFFORT
KILLS_OF_TWO = 4
KILLS_OF_ONE = 3
LOAD_SECONDS_MAX = 0.15
"""How long after the first acknowledgement a kill comes at the latest."""
HOUSEKEEPING_EVERY = 5
"""Every so many kills, one comes when the server has begun to tidy up, an idle while after the load."""
LOST = (OSError, http.client.HTTPException)
"""What a client sees of a server that is gone."""


def exports(conversation: Conversation) -> Iterator[Export]:
    """Yield the requests of a conversation of some turns; children come first, the session's id comes when it comes."""
    for number, turn in enumerate(conversation.turns(TURNS, session_on=frozenset({"agent"}))):
        yield from (_children_first, _one_by_one, _together)[number % 3](turn)


def _children_first(turn: Turn) -> list[Export]:
    return [export(turn.first, turn.tool), export(turn.second), export(turn.agent)]


def _one_by_one(turn: Turn) -> list[Export]:
    return [export(each) for each in (turn.second, turn.agent, turn.first, turn.tool)]


def _together(turn: Turn) -> list[Export]:
    return [export(*turn)]


class Sender:
    """Sends conversation after conversation, a request at a time; one without an answer again, before any other."""

    def __init__(self, seed: int) -> None:
        self._requests = self._endless(random.Random(seed))
        self.pending: Export | None = None
        self.sent: list[Export] = []
        """All that was acknowledged, in order."""
        self.recent: list[Export] = []
        """What was acknowledged since the last check."""
        self.places: dict[bytes, tuple[Place, Place]] = {}
        """Trace → where its spans may be: before, and once its session is known."""

    def _endless(self, rng: random.Random) -> Iterator[Export]:
        while True:
            conversation = Conversation(rng, words=8)
            for made in exports(conversation):
                trace = made.ids[0].trace
                self.places[trace] = (place(trace), place(conversation.session))
                yield made

    def run(self, port: int, acknowledged: threading.Event, enough: threading.Event) -> None:
        """Send until the server is gone, or it is enough."""
        connection = Connection(port)
        with contextlib.suppress(*LOST), contextlib.closing(connection):
            while not enough.is_set():
                self.send_next(connection)
                acknowledged.set()

    def send_next(self, connection: Connection) -> None:
        """Send what has no answer yet, else the next request."""
        self.pending = self.pending or next(self._requests)
        answer = connection.export(self.pending.body)
        assert (answer.status, answer.body) == (200, b"")
        self.sent.append(self.pending)
        self.recent.append(self.pending)
        self.pending = None


class Load:
    """Senders, and someone who reads and searches meanwhile, each in a thread, until the server is gone."""

    def __init__(self, senders: Sequence[Sender], port: int) -> None:
        self.enough = threading.Event()
        self._acknowledged = threading.Event()
        self._threads = [
            threading.Thread(target=sender.run, args=(port, self._acknowledged, self.enough)) for sender in senders
        ]
        self._threads.append(threading.Thread(target=self._read, args=(port,)))

    def __enter__(self) -> Self:
        """Begin, and return once something is acknowledged."""
        for thread in self._threads:
            thread.start()
        assert self._acknowledged.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        self.join()

    def join(self) -> None:
        """Wait for the end of all threads."""
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _read(self, port: int) -> None:
        connection = Connection(port)
        with contextlib.suppress(*LOST), contextlib.closing(connection):
            while not self.enough.is_set():
                assert _ok(connection.ask("/api/sessions?q=refund&limit=3"))


def _ok(answer: Answer) -> bool:
    return answer.status == http.HTTPStatus.OK


def check(server: Server, sender: Sender) -> None:
    """Check that the traces of the recent requests hold what was acknowledged, once, and of the others all or nothing.

    A trace's spans are all in one session: its own, or the one that its spans named.
    """
    requests = [*sender.recent, *([sender.pending] if sender.pending else [])]
    touched = {made.ids[0].trace: sender.places[made.ids[0].trace] for made in requests}
    traces_of = {each.uuid: each.trace for made in sender.sent for each in made.ids if each.trace in touched}
    pending = {each.uuid: each.trace for each in sender.pending.ids} if sender.pending else {}
    shown = Counter[str]()
    homes: dict[bytes, set[str]] = {}
    for where in {where for both in touched.values() for where in both}:
        for listed in server.spans(where):
            trace = (traces_of | pending).get(listed["spanId"])
            if trace is not None:
                shown[listed["spanId"]] += 1
                homes.setdefault(trace, set()).add(where.sessionId)
    assert set(traces_of) <= set(shown), "an acknowledged span is lost"
    assert set(shown.values()) <= {1}, "a span is there twice"
    assert set(pending) <= set(shown) or set(pending).isdisjoint(shown), "a request was written by halves"
    assert all(len(sessions) == 1 for sessions in homes.values()), "a trace stands in two sessions"
    sender.recent.clear()


def check_all(server: Server, senders: Sequence[Sender], client: object) -> None:
    """Check that all sessions are as if each request had been sent once, to a server that never died."""
    connection = Connection(server.port)
    for sender in senders:
        if sender.pending:
            sender.send_next(connection)
    connection.close()
    sent = [made for sender in senders for made in sender.sent]
    reference = written(made.body for made in sent)
    places = server.places()
    assert len(places) == len(set(places)) == len(reference.sessions(limit=1 << 20).sessions)
    listed = Counter[str]()
    for where in places:
        assert server.pages(where) == list(pages(reference, where))
        for page in client.get_paginator("list_spans").paginate(**where._asdict()):  # type: ignore[attr-defined]
            listed.update(each["spanId"] for each in page["spans"])
    assert listed == Counter(each.uuid for made in sent for each in made.ids)


def quiet(log: Path) -> None:
    """Check that the server had nothing to complain about."""
    text = log.read_text()
    assert "Traceback" not in text
    assert '"level": "error"' not in text


@pytest.mark.timeout(240 * EFFORT)  # a busy machine takes seconds for a start
def test_killed_again_and_again(tmp_path: Path, connect: Connect) -> None:
    """Kills at random moments lose no acknowledged span and double none; the rest, sent again, is there once.

    The last answers are byte for byte those of a server that got each request once. Every other one maps what it gets
    in a process of its own.
    """
    moments = random.Random(20)
    senders = [Sender(seed) for seed in range(SENDERS)]
    store, port = tmp_path / "spans.db", free_port()
    for number in range(KILLS):
        with start(store, port=port, environment={"SPANGLASS_MAPPING_PROCESS": str(number % 2 == 0)}) as server:
            for sender in senders:
                check(server, sender)
            with Load(senders, port) as load:
                moment = moments.uniform(0, LOAD_SECONDS_MAX)
                if number % HOUSEKEEPING_EVERY == HOUSEKEEPING_EVERY - 1:
                    load.enough.set()
                    load.join()
                    moment += IDLE_SECONDS
                server.ended(moment)
                server.kill()
    with start(store, port=port) as server:
        check_all(server, senders, connect(server))
    quiet(server.log)


def test_killed_with_two_workers(tmp_path: Path, connect: Connect) -> None:
    """The same holds for two processes that write to one store, both killed at once, under load from both sides."""
    moments = random.Random(21)
    senders = [Sender(seed) for seed in range(SENDERS)]
    store, port = tmp_path / "spans.db", free_port()
    for _ in range(KILLS_OF_TWO):
        with start(store, "--workers", "2", port=port, run=spawned) as server:
            for sender in senders:
                check(server, sender)
            server.await_workers(2)
            with Load(senders, port):
                server.ended(moments.uniform(0, LOAD_SECONDS_MAX))
                server.kill()
    with start(store, port=port) as server:
        check_all(server, senders, connect(server))
    quiet(server.log)


def test_one_of_two_workers_killed(tmp_path: Path, connect: Connect) -> None:
    """When one of two workers dies, the other goes on with all that was acknowledged, and a third joins it."""
    moments = random.Random(22)
    senders = [Sender(seed) for seed in range(SENDERS)]
    with start(tmp_path / "spans.db", "--workers", "2", run=spawned) as server:
        for number in range(KILLS_OF_ONE):
            workers = server.await_workers(2 + number)
            with Load(senders, server.port):
                server.ended(moments.uniform(0, LOAD_SECONDS_MAX))
                os.kill(workers[-1], signal.SIGKILL)
            for sender in senders:
                check(server, sender)
        server.await_workers(2 + KILLS_OF_ONE)
        check_all(server, senders, connect(server))
        assert server.stop() == 0
    quiet(server.log)
