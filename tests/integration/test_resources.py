"""Assistants, sessions and spans of a client's own over a real server: made, put, killed, read again, deleted."""

import http.client
import json
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration.conftest import Connect
from tests.integration.serving import Server, spawned, start

SPAN: Final[dict[str, Any]] = {
    "spanId": str(uuid.UUID(int=1)),
    "spanName": "inference",
    "spanType": "CLIENT",
    "startTimestamp": 1_700_000_000.123,
    "endTimestamp": 1_700_000_001.0,
    "status": "OK",
    "requestId": str(uuid.UUID(int=2)),
    "attributes": {"operationName": "inference", "usageTotalTokens": 7},
}


def put(server: Server, place: dict[str, str], *spans: dict[str, Any]) -> tuple[int, Any]:
    """Put spans into a session; return the status and what the answer tells."""
    path = f"/api/assistants/{place['assistantId']}/sessions/{place['sessionId']}/spans"
    body = json.dumps({"spans": [span | place for span in spans]})
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("PUT", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_what_was_acknowledged_survives(tmp_path: Path, connect: Connect) -> None:
    """What was made and put is there after a SIGKILL, and goes with its assistant."""
    store = tmp_path / "spans.db"
    with start(store) as server:
        client = connect(server)
        assistant = client.create_assistant(name="planner", type="AGENT", tags={"team": "blue"})["assistant"]
        session = client.create_session(assistantId=assistant["assistantId"], name="trip-1")["session"]
        place = {"assistantId": assistant["assistantId"], "sessionId": session["sessionId"]}
        assert put(server, place, SPAN) == (200, {"accepted": 1})
        server.kill()
    with start(store) as server:
        client = connect(server)
        assert client.get_assistant(assistantId=place["assistantId"])["assistant"] == assistant
        assert client.get_session(**place)["session"] == session
        [read] = client.list_spans(**place)["spans"]
        assert (read["spanId"], read["attributes"]) == (SPAN["spanId"], SPAN["attributes"])
        [listed] = json.loads(server.ask("/api/sessions").body)["sessions"]
        assert (listed["name"], listed["assistantName"], listed["totalTokens"]) == ("trip-1", "planner", 7)
        client.delete_assistant(assistantId=place["assistantId"])
        assert client.list_assistants()["assistantSummaries"] == []
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_spans(**place)


def test_workers_see_each_others_changes(tmp_path: Path, connect: Connect) -> None:
    """With several processes on one store, each reads and goes on from what the others changed."""
    with start(tmp_path / "spans.db", "--workers", "2", run=spawned) as server:
        server.await_workers(2)
        clients = [connect(server) for _ in range(6)]
        assistant = clients[0].create_assistant(name="planner", type="AGENT")["assistant"]["assistantId"]
        session = clients[1].create_session(assistantId=assistant, name="s")["session"]["sessionId"]
        for number, client in enumerate(clients * 3):
            data = [{"key": f"k{number}", "value": {"stringValue": "v"}}]
            told = client.update_session_data(assistantId=assistant, sessionId=session, data=data)
            assert len(told["data"]) == number + 1
            assert put(
                server, {"assistantId": assistant, "sessionId": session}, SPAN | {"spanId": str(uuid.UUID(int=number))}
            )
        assert len(clients[0].list_spans(assistantId=assistant, sessionId=session)["spans"]) == len(clients) * 3
