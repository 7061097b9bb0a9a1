"""Following sessions on a real server: over processes, within bounds, and to the end of a shutdown."""

import http.client
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.integration.exports import Conversation, export
from tests.integration.serving import ANSWER_SECONDS_MAX, HOST, Server, start

Event = dict[str, Any]
OK, BUSY = 200, 503


@contextmanager
def following(server: Server, last: str = "") -> Iterator[Iterator[Event]]:
    """Follow a server's events; a stream that ends ends the iterator."""
    while True:
        connection = http.client.HTTPConnection(HOST, server.port, timeout=ANSWER_SECONDS_MAX)
        connection.request("GET", "/api/events", headers={"last-event-id": last})
        answer = connection.getresponse()
        if answer.status != BUSY:
            break
        connection.close()  # the server has not noticed yet that another client hung up
    assert answer.status == OK
    try:
        yield events(answer)
    finally:
        answer.close()
        connection.close()


def events(answer: http.client.HTTPResponse) -> Iterator[Event]:
    event: Event = {}
    for line in answer:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name in {"event", "id"}:
            event[name] = value
        elif name == "data":
            event[name] = msgspec.json.decode(value)
        elif not name and "data" in event:
            yield event
            event = {}


def exported(server: Server, seed: int) -> str:
    """Send a conversation; return its session's name."""
    conversation = Conversation(random.Random(seed))  # noqa: S311 (to vary, not to hide)
    for turn in conversation.turns(1):
        server.export(export(*turn).body)
    return str(conversation.session)


def test_sessions_are_followed_over_processes(tmp_path: Path) -> None:
    """A session is told to those who follow another process than the one that wrote it, and so is its end."""
    with start(tmp_path / "s.db") as writing, start(tmp_path / "s.db") as serving:
        with following(serving) as told:
            assert next(told)["event"] == "reset"
            name = exported(writing, 1)
            event = next(event for event in told if event["event"] == "session")
            assert event["data"]["name"] == name
            session = event["data"]
            path = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}"
            deleting = http.client.HTTPConnection(HOST, writing.port, timeout=ANSWER_SECONDS_MAX)
            deleting.request("DELETE", path)
            assert deleting.getresponse().read() == b'{"deleted":1}'
            deleting.close()
            gone = next(event for event in told if event["event"] == "gone")
            assert gone["data"] == {name: session[name] for name in ("assistantId", "sessionId")}
        exported(writing, 2)
        with following(serving, gone["id"]) as told:
            assert next(told)["event"] == "session"


def test_streams_are_few_and_end_with_the_server(tmp_path: Path) -> None:
    """No more streams than allowed are open at a time; a shutdown waits for none of them."""
    environment = {"SPANGLASS_EVENT_STREAMS_MAX": "1", "SPANGLASS_SHUTDOWN_SECONDS_MAX": "1000"}
    with start(tmp_path / "s.db", environment=environment) as server:
        with following(server) as told:
            assert next(told)["event"] == "reset"
            refused = server.ask("/api/events")
            assert (refused.status, set(refused.json())) == (BUSY, {"error"})
            assert refused.headers["retry-after"] == "10"
        with following(server) as told:
            assert next(told)["event"] == "reset"
            assert server.stop() == 0
            assert list(told) == []
