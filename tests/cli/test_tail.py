"""``spanglass tail``: what comes is told as it comes."""

import contextlib
import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.captures import DATA
from tests.cli.running import SECONDS_MAX, Following, run
from tests.integration.serving import Server, start
from tests.traces.conftest import CAPTURE

SESSION = b"11111111-2222-4333-8444-555555555555"


@pytest.fixture(name="own", scope="module")
def _own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start(tmp_path_factory.mktemp("tail") / "spans.db") as server:
        yield server


def _record(server: Server) -> str:
    """Record a session of a new id, and return that."""
    session = str(uuid.uuid4())
    body = (DATA / CAPTURE).read_bytes().replace(SESSION, session.encode())
    trace = re.search(rb"\x0a\x10(.{16})\x12\x08", body, re.DOTALL)
    assert trace is not None
    server.export(body.replace(trace[1], uuid.uuid4().bytes))
    return session


def _heard(following: Following, server: Server) -> str:
    """Record sessions until one of them is told of: it follows only once it is connected."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        _record(server)
        if (line := following.line(1.5)) is not None:
            return line
    raise AssertionError("nothing is told")


@pytest.mark.parametrize("where", ["server", "file"])
def test_what_comes_is_told_until_it_is_interrupted(own: Server, where: str) -> None:
    """Each session is told of with its spans as it comes, by a server or from its file; Ctrl-C is no failure."""
    place = ("--endpoint", own.url) if where == "server" else ("--store", str(own.log.with_suffix("")))
    following = Following(*place, "--json")
    with contextlib.ExitStack() as ending:
        ending.callback(following.end)
        told: dict[str, Any] = json.loads(_heard(following, own))
        assert {span["name"] for span in told["spans"]} >= {"execute_tool calculate", "chat"}
        session = _record(own)
        while (line := following.line(SECONDS_MAX)) is not None:
            if json.loads(line)["session"]["sessionId"] == session:
                break
        assert line is not None
        assert following.interrupt() == (0, "")


def test_conditions_hold_and_deletions_are_told(own: Server) -> None:
    """A session that does not meet them is not told of; one that is deleted is, by its ids."""
    following = Following("--endpoint", own.url, "--query", "status:error", "--no-spans")
    silent = Following("--endpoint", own.url, "--agent", "nobody", "--json")
    with contextlib.ExitStack() as ending:
        ending.callback(following.end)
        ending.callback(silent.end)
        assert "  strands  " in _heard(following, own)
        session = _record(own)
        assistant = json.loads(run("sessions", "--json", "-n", "1", "--endpoint", own.url).out)["assistantId"]
        assert run("delete", f"{assistant}/{session}", "--yes", "--endpoint", own.url).code == 0
        while (line := following.line(SECONDS_MAX)) is not None:
            if line == f"gone  {assistant}/{session}\n":
                break
        assert line is not None
        first = silent.line(SECONDS_MAX)
        assert first is not None
        assert list(json.loads(first)) == ["gone"]


def test_words_cannot_be_followed() -> None:
    """A query with words is refused."""
    done = run("tail", "--query", "refund", "--endpoint", "http://127.0.0.1:1", COLUMNS="200")
    assert done.code == 2
    assert "words cannot be followed" in done.err


def test_a_server_that_ends_is_waited_for(tmp_path: Path) -> None:
    """When the server goes away that is said, and what changed meanwhile is told once it is back."""
    with start(tmp_path / "spans.db") as server:
        following = Following("--endpoint", server.url, "--no-spans")
        port = server.port
        _heard(following, server)
        server.stop()
    with contextlib.ExitStack() as ending:
        ending.callback(following.end)
        with start(tmp_path / "spans.db", port=port) as again:
            session = _record(again)
            while (line := following.line(SECONDS_MAX)) is not None:
                if session in line:
                    break
            assert line is not None
            code, _ = following.interrupt()
            assert code == 0
