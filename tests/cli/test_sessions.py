"""``spanglass sessions``: the table, its conditions, and how it is cut to a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spanglass.cli import COMMANDS, load
from tests.cli.running import Done, environment, on_terminal, plain, run
from tests.integration.serving import COMMAND, Server, free_port


def _sessions(recorded: Server, *arguments: str) -> Done:
    return run("sessions", *arguments, SPANGLASS_ENDPOINT=recorded.url)


def test_sessions_stand_in_a_table(recorded: Server, store: Path) -> None:
    """A terminal shows what fits, cut to its width; a pipe all, without a style; server and file alike."""
    narrow, wide = (on_terminal(width, "sessions", "--endpoint", recorded.url) for width in (80, 160))
    piped = _sessions(recorded)
    assert piped == run("sessions", "--store", str(store))
    assert (narrow.code, wide.code, piped.code, piped.err) == (0, 0, 0, "")
    assert plain(narrow.out).splitlines() == [
        "STARTED           SESSION                    ASSISTANT    TOKENS    TIME  STATUS",
        "2026-11-23 14:27  11111111-2222-4333-8444-…  strands       1,332  182 ms  1 ERR",
        "2026-11-23 13:42  11111111-2222-4333-8444-…  pydantic-ai   1,486  333 ms  2 ERR",
    ]
    assert all(len(line) <= 80 for line in plain(narrow.out).splitlines())
    assert plain(wide.out).splitlines()[0].split() == [
        *("STARTED", "SESSION", "ASSISTANT", "AGENTS", "MODELS", "SPANS", "TOKENS", "TIME", "STATUS", "FLOW")
    ]
    assert "\x1b[" in narrow.out
    assert "\x1b" not in piped.out
    assert "\x1b[3" not in on_terminal(80, "sessions", "--endpoint", recorded.url, NO_COLOR="1").out
    assert all(line == line.rstrip() for line in piped.out.splitlines())


def test_json_is_a_session_a_line(recorded: Server) -> None:
    """Programs read what the JSON API answers, one session a line."""
    lines = [json.loads(line) for line in _sessions(recorded, "--json").out.splitlines()]
    assert lines == recorded.ask("/api/sessions").json()["sessions"]


def test_conditions_are_options_and_a_query(recorded: Server) -> None:
    """Either narrows, both hold together, and an option of the same name takes the place of one that is no list."""
    agent = [
        json.loads(line)["sessionId"]
        for line in _sessions(recorded, "--agent", "travel-agent", "--json").out.splitlines()
    ]
    by_query = _sessions(recorded, "--query", "agent:travel-agent", "--json")
    assert [json.loads(line)["sessionId"] for line in by_query.out.splitlines()] == agent
    assert len(
        _sessions(recorded, "-q", "agent:travel-agent", "--agent", "travel_agent", "--json").out.splitlines()
    ) > len(agent)
    assert _sessions(recorded, "--query", "last:1y", "--from", "2026-11-30").code == 1
    assert len(_sessions(recorded, "--limit", "1", "--json").out.splitlines()) == 1
    name = json.loads(_sessions(recorded, "--limit", "1", "--json").out)["assistantName"]
    assert json.loads(_sessions(recorded, "--assistant", name, "--limit", "1", "--json").out)["assistantName"] == name


def test_nothing_found_is_exit_code_1(recorded: Server) -> None:
    """A program can tell nothing from something, and there is nothing to read."""
    assert _sessions(recorded, "--agent", "nobody") == Done(1, "", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--status", "odd"], "'odd' is not a status: ok, error, timeout, running"),
        (["--query", "duration>soon"], "'soon' is not a duration"),
        (["--last", "3"], "'3' is not a duration"),
        (["--from", "yesterday"], "'yesterday' is not a time"),
        (["--min-tokens", "many"], "'many' is not a number"),
        (["--limit", "-1"], "Invalid value for '--limit'"),
        (["--endpoint", "ftp://x"], "'ftp://x' is neither a server's address"),
        (["--endpoint", "http://127.0.0.1:1", "--store", "x"], "endpoint, store: name one of them"),
        (["--store", "missing.db"], "missing.db: there is no such file"),
    ],
)
def test_what_cannot_be_is_exit_code_2(arguments: list[str], told: str) -> None:
    """A wrong option is told by name on standard error, without a traceback."""
    done = run("sessions", *arguments, COLUMNS="200")
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_server_that_is_not_there_is_told() -> None:
    """Without a server the error says where nothing answers, and what else there is."""
    port = free_port()
    done = run("sessions", SPANGLASS_PORT=str(port))
    assert done.code == 2
    assert done.err.splitlines() == [
        f"spanglass: http://127.0.0.1:{port}: nothing answers there",
        "spanglass: name a server with --endpoint, or a file with --store",
    ]


def test_a_reader_that_has_had_enough_ends_it(recorded: Server) -> None:
    """A pipe that is closed early is no error that anybody sees."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [*COMMAND, "sessions", "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(SPANGLASS_ENDPOINT=recorded.url),
    )
    os.close(writing)
    assert (process.communicate()[1], process.returncode) == (b"", 141)


def test_help_is_quick_to_come() -> None:
    """Listing the commands imports nothing that serves or reads, and says of each what its own help says."""
    for name, (_, summary) in COMMANDS.items():
        assert " ".join((load(name).help or "").split("\n\n")[0].split()) == summary
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "--help"], capture_output=True, check=False, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"uvicorn", "starlette", "grpc", "urllib3", "apsw", "botocore"}
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
