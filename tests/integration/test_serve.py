"""The command as people run it: what it tells, what it refuses, what its settings do, and several workers."""

import contextlib
import http
import os
import random
import re
import socket
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from spanglass import __version__
from spanglass.store.sqlite import SqliteStore
from tests.integration.conftest import Connect
from tests.integration.exports import Conversation, Ids, export, place, span
from tests.integration.serving import COMMAND, HOST, PROTOBUF, Connection, Server, forked, free_port, spawned, start

REFUSAL_SECONDS_MAX: Final = 20.0
OPTIONS: Final = ("--host", "--port", "--grpc-port", "--store", "--auth", "--workers", "--log-level")
CONNECTIONS_MAX: Final = 200
GOOD: Final = export(*next(Conversation(random.Random(8)).turns(1)))  # noqa: S311 (any conversation)


def told(*arguments: str) -> str:
    """Return what a command prints."""
    environment = os.environ | {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}
    return subprocess.run(
        [*COMMAND, *arguments], check=True, capture_output=True, encoding="utf-8", env=environment
    ).stdout


def test_help() -> None:
    """``--help`` names the commands, ``serve --help`` all options and where else they can stand."""
    assert "serve" in told("--help")
    text = told("serve", "--help")
    assert [option for option in OPTIONS if option not in text] == []
    assert "SPANGLASS_" in text


def test_version() -> None:
    """``--version`` prints the version of the package."""
    assert told("--version") == f"spanglass {__version__}\n"


# Refusals -------------------------------------------------------------------------------------------------------------


def refusal(folder: Path, *options: str, **environment: str) -> str:
    """Return the one line on standard error with which ``serve`` refuses to start."""
    log = folder / "refusal.log"
    log.touch()
    process = forked(["serve", *options], environment, log)
    try:
        assert process.ended(REFUSAL_SECONDS_MAX) == 2
    finally:
        if process.ended(0) is None:
            os.kill(process.pid, 9)
    text = log.read_text()
    assert text.startswith("spanglass: ")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return text.removeprefix("spanglass: ").strip()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.example.com"])  # noqa: S104
def test_other_hosts_need_authentication(tmp_path: Path, host: str) -> None:
    """Without authentication nothing but loopback is listened on."""
    assert refusal(tmp_path, "--host", host).startswith(f"host: {host} is not a loopback address")


def test_keys_need_the_servers_secret(tmp_path: Path) -> None:
    """With keys, but without the secret that they are derived from, nothing starts."""
    secret, store = tmp_path / "none.secret", f"sqlite:///{tmp_path}/spans.db"
    line = refusal(tmp_path, "--auth", "keys", "--store", store, SPANGLASS_SECRET_FILE=str(secret))
    assert line == f"secret-file: there is no {secret}; `spanglass keys create` makes it"


@pytest.mark.parametrize("option", ["--port", "--grpc-port"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_in_use(tmp_path: Path, option: str, workers: str) -> None:
    """A port that something else listens on is named, before anything starts."""
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        ports = {"--port": str(free_port()), "--grpc-port": "0"} | {option: str(port)}
        options = [part for pair in ports.items() for part in pair]
        line = refusal(tmp_path, *options, "--workers", workers, "--store", f"sqlite:///{tmp_path}/spans.db")
    assert line.startswith(f"{option.removeprefix('--')}: {HOST}:{port} ")


def _folder(path: Path) -> None:
    path.mkdir()


def _text(path: Path) -> None:
    path.write_text("Dear diary, " * 100)


def _foreign(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE diary (day TEXT)")


def _newer(path: Path) -> None:
    SqliteStore(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")


REFUSED_FILES: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "a folder": (_folder, "cannot open"),
    "no database": (_text, "not a Spanglass store"),
    "another program's database": (_foreign, "a database of another program"),
    "a newer Spanglass's store": (_newer, "use a newer Spanglass"),
}


@pytest.mark.parametrize(("make", "reason"), REFUSED_FILES.values(), ids=REFUSED_FILES.keys())
def test_file_that_is_no_store(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """What is no store, or one of a newer schema, is refused with the reason and left as it was, to the byte."""
    path = tmp_path / "spans.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    assert reason in refusal(tmp_path, "--store", f"sqlite:///{path}")
    assert (path.read_bytes() if path.is_file() else None) == before
    assert {each.name for each in tmp_path.iterdir()} == {path.name, "refusal.log"}


@pytest.mark.parametrize("url", ["spans.db", "sqlite:///", "mysql://localhost/spans", "sqlite:////nowhere/at/all.db"])
def test_store_that_cannot_be_opened(tmp_path: Path, url: str) -> None:
    """A store's address that is none, or leads nowhere, is repeated in the refusal."""
    assert url.removeprefix("sqlite:///") in refusal(tmp_path, "--store", url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("WORKERS", "0"),
        ("LOG_LEVEL", "loud"),
        ("AUTH", "maybe"),
        ("HOST", "0.0.0.0"),  # noqa: S104
        ("BODY_BYTES_MAX", "lots"),
        ("BODY_SECONDS_MAX", "-1"),
    ],
)
def test_environment_that_is_not_usable(tmp_path: Path, name: str, value: str) -> None:
    """A variable that cannot be read, or is out of range, is named."""
    assert name.lower() in refusal(tmp_path, **{f"SPANGLASS_{name}": value}).lower()


# Settings -------------------------------------------------------------------------------------------------------------


def test_environment(tmp_path: Path) -> None:
    """Settings come from the environment, and an option wins over its variable."""
    elsewhere = tmp_path / "elsewhere.db"
    environment = {
        "SPANGLASS_STORE": f"sqlite:///{elsewhere}",
        "SPANGLASS_LOG_LEVEL": "debug",
        "SPANGLASS_BODY_BYTES_MAX": str(len(GOOD.body) - 1),
        "SPANGLASS_PAGE_SPANS_DEFAULT": "3",
    }
    with start(tmp_path / "spans.db", environment=environment) as server:
        assert server.ask("/v1/traces", GOOD.body).status == http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        server.export(*(export(span).body for span in next(Conversation(random.Random(9)).turns(1))))  # noqa: S311
        (where,) = server.places()
        assert len(server.ask(where.path).json()["spans"]) == 3
        assert '"level": "debug"' in server.logged()
    assert not elsewhere.exists()


def test_health_and_metrics(server: Server) -> None:
    """It says that it lives, that it can serve, and what it has done."""
    assert (server.ask("/healthz").status, server.ask("/healthz").body) == (200, b"ok\n")
    assert server.ask("/readyz").json() == {"ready": True}
    before = metrics(Connection(server.port))
    server.export(GOOD.body, GOOD.body)
    assert server.ask("/v1/traces", b"\xff").status == http.HTTPStatus.BAD_REQUEST
    done = {name: value - before[name] for name, value in metrics(Connection(server.port)).items()}
    assert done["spanglass_requests_total"] == 3
    assert done["spanglass_failed_requests_total"] == 1
    assert done["spanglass_written_spans_total"] == len(GOOD.ids)
    assert done["spanglass_unchanged_spans_total"] == len(GOOD.ids)
    assert done["spanglass_commits_total"] == 2
    assert "spanglass_queue_bytes" in done


def metrics(connection: Connection) -> dict[str, float]:
    """Return the figures of the process behind a connection."""
    with contextlib.closing(connection):
        answer = connection.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", answer.body.decode(), re.MULTILINE)}


# Workers --------------------------------------------------------------------------------------------------------------


def test_workers_see_each_other(tmp_path: Path, connect: Connect) -> None:
    """What one process has acknowledged another lists at once; SIGTERM ends both, and the command with 0."""
    with start(tmp_path / "spans.db", "--workers", "2", run=spawned) as server, contextlib.ExitStack() as connections:
        server.await_workers(2)
        one = connections.enter_context(contextlib.closing(Connection(server.port)))
        assert one.ask("/v1/traces", b"\xff", PROTOBUF).status == http.HTTPStatus.BAD_REQUEST
        for _ in range(CONNECTIONS_MAX):
            other = connections.enter_context(contextlib.closing(Connection(server.port)))
            if b"spanglass_requests_total 0.0" in other.ask("/metrics").body:
                break
        else:
            pytest.fail("one worker takes all connections")
        conversation = Conversation(random.Random(10))  # noqa: S311
        where, listed = place(conversation.session), 0
        for turn, (writing, reading) in zip(conversation.turns(20), [(one, other), (other, one)] * 10, strict=True):
            assert writing.export(export(*turn).body).status == http.HTTPStatus.OK
            listed += len(turn)
            assert len(reading.ask(f"{where.path}?maxResults=100").json()["spans"]) == listed
        pages = connect(server).get_paginator("list_spans").paginate(**where._asdict())
        assert sum(len(page["spans"]) for page in pages) == listed
        assert server.stop() == 0


def lone(session: str, start_ns: int) -> bytes:
    """Return a request with a session of one span."""
    ids, attributes = Ids(uuid.uuid4().bytes, b"span-001"), {"session.id": session}
    return export(span(ids, b"", "chat", attributes, start_ns=start_ns, end_ns=start_ns)).body


def test_workers_take_turns_in_deleting_what_is_old(tmp_path: Path) -> None:
    """Sessions last heard of before ``--keep-days`` go as a server starts, by one of its processes; the rest stays."""
    store, new = tmp_path / "spans.db", str(uuid.uuid4())
    with start(store) as server:
        for session, start_ns in ((str(uuid.uuid4()), 1), (str(uuid.uuid4()), 2), (new, time.time_ns())):
            server.export(lone(session, start_ns))
        assert len(server.places()) == 3
    with start(store, "--keep-days", "0.5", "--workers", "2", run=spawned) as server:
        server.await_workers(2)
        server.await_logged("old sessions deleted")
        assert server.places() == [place(new)]
        assert server.stop() == 0
        assert server.logged().count("old sessions deleted") == 1
