"""Commands and programs on a cluster: copying there and back, reading, the doctor, and what is told where it fails."""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

import spanglass
from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import KeyRecord
from spanglass.store.samples import EPOCH_NS, everything, ids, message, part, span, span_id
from spanglass.store.sqlite import SqliteStore
from tests.cassandra.node import Node
from tests.cli.running import Done, Following, environment, run, within
from tests.integration.serving import COMMAND

SESSIONS = ("one", "two", "three")
SPANS = 250
"""Spans of a session: more than one page, so that it is copied in pieces where commits are small."""
DEADLINE_SECONDS = 60.0


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with three sessions, one of them without a trace, and a key."""
    path = tmp_path_factory.mktemp("source") / "spans.db"
    with closing(SqliteStore(path)) as store:
        for number, session in enumerate(SESSIONS):
            first = number * SPANS
            said = [message(f"Paris {n}") for n in range(first, first + SPANS)]
            spans = [
                span(n, trace=number, inputs=tuple(said[max(0, n - first - 9) : n - first + 1]))
                for n in range(first, first + SPANS)
            ]
            store.write([part(*spans, session=session, trace=number or None)])
        store.write([part(span(9000, trace=9, end_ns=0), span(9001, trace=9, parent_span_id=span_id(9000)), trace=9)])
        store.add_key(KeyRecord(key_id="SPANA", role="writer", name="café", created_ns=EPOCH_NS))
    return path


@pytest.fixture(scope="module")
def url(cassandra_node: Node) -> str:
    """Return the address of a keyspace of these tests."""
    return f"cassandra://{cassandra_node.host}/commands?replication=1"


@pytest.fixture(scope="module")
def copied(file: Path, url: str, cassandra_node: Node) -> Iterator[CassandraStore]:
    """Return the keyspace after a copy that was killed in the middle, and gone on with."""
    assert run("migrate", "--store", url).code == 0
    address = Address(hosts=(cassandra_node.host,), keyspace="commands", options=Options(replication="1"))
    with closing(CassandraStore(address)) as store:
        small = environment(SPANGLASS_COMMIT_BYTES_MAX="1000")
        with subprocess.Popen([*COMMAND, "copy", f"sqlite:///{file}", url], env=small) as copying:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not any(each.spans for each in store.sessions().sessions):
                assert copying.poll() is None, "the copy was over before it could be killed"
                assert time.monotonic() < deadline
            copying.kill()
        again = run("copy", f"sqlite:///{file}", url)
        assert (again.code, again.err) == (0, "")
        assert "1 key; " in again.out
        yield store


def test_a_copy_that_was_killed_goes_on(copied: CassandraStore, file: Path, url: str, tmp_path: Path) -> None:
    """The cluster tells what the file does, and copied back, so does the file; a copy again finds all there."""
    back = f"sqlite:///{tmp_path}/back.db"
    assert run("copy", f"sqlite:///{file}", url).out == (
        "copied 0 sessions, 0 spans, 1 key; 4 sessions there before, all compared\n"
    )
    assert run("copy", url, back).out == (
        f"copied 4 sessions, {len(SESSIONS) * SPANS + 2} spans, 1 key; 0 sessions there before, all compared\n"
    )
    with closing(SqliteStore(file)) as source, closing(SqliteStore(tmp_path / "back.db")) as other:
        assert everything(copied) == everything(source) == everything(other)
        assert copied.keys() == source.keys() == other.keys()


def test_commands_read_a_cluster(
    copied: CassandraStore, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What reads a file reads a keyspace: lists, sums, words, whole sessions; and deletes."""
    command = within(monkeypatch, capsys)
    listed = command("sessions", "--store", url, "--json").out.splitlines()
    assert {msgspec.json.decode(each)["name"] for each in listed} == {*SESSIONS, "s"}
    assert '"sessions":4' in command("stats", "--store", url, "--last", "3650d", "--json").out.replace(" ", "")
    assert f"Paris {SPANS}" in command("search", f"Paris {SPANS}", "--store", url).out
    assert "chat" in command("show", "s", "--store", url).out
    with spanglass.open(url) as traces:
        assert len(list(traces.outline("two"))) == SPANS
    with spanglass.Client(store=url) as client:
        assert len(client.list_assistants()["assistantSummaries"]) == 1
    assert command("delete", "s", "--store", url, "--yes").code == 0
    assert copied.session(*ids()) is None


def test_a_cluster_is_followed(copied: CassandraStore, url: str) -> None:
    """What any server writes to the keyspace is told as it comes, by the command alone."""
    following = Following("--store", url, "--json")
    try:
        line, numbers = None, itertools.count(5_000)
        while line is None:  # it has not begun
            copied.write([part(span(next(numbers)), session="followed")])
            line = following.line(1.0)
        told = msgspec.json.decode(line)
        assert (told["session"]["name"], told["spans"][-1]["name"]) == ("followed", "chat")
        assert following.interrupt() == (0, "")
    finally:
        following.end()
        copied.delete_session(*ids(session="followed"))


def test_the_doctor_looks_at_a_cluster(copied: CassandraStore, url: str) -> None:
    """Tables, nodes, replicas and clocks are told; one replica is odd, a keyspace that nobody may make is wrong."""
    assert copied

    def found(address: str, code: int) -> dict[str, str]:
        done = run("doctor", "--store", address, "--json", SPANGLASS_GRPC_PORT="0", SPANGLASS_PORT="1")
        assert done.code == code, done.out
        return {each["what"]: each["state"] for each in msgspec.json.decode(done.out)["findings"]}

    cluster = {"store": "fine", "nodes": "fine", "replicas": "odd", "cluster clock": "fine"}
    assert cluster.items() <= found(url, 0).items()
    absent = url.replace("/commands", "/absent")
    assert "replicas" not in found(absent, 0)
    assert found(f"{absent}&migrate=never", 1)["store"] == "wrong"
    assert found(url.replace("cassandra", "mysql"), 1)["store"] == "wrong"


@pytest.fixture
def refused(
    copied: CassandraStore, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, str], str]:
    """Return what asks for sessions of the keyspace's address, changed, and returns the one line that comes instead."""
    assert copied
    command = within(monkeypatch, capsys)

    def told(old: str, new: str) -> str:
        done: Done = command("sessions", "--store", url.replace(old, new))
        assert (done.code, done.out) == (2, "")
        (line,) = done.err.splitlines()
        return line

    return told


def test_what_fails_is_told_in_a_line(
    copied: CassandraStore, refused: Callable[[str, str], str], cassandra_node: Node
) -> None:
    """Where a cluster or a keyspace is not as it has to be, the line says what is wrong, and nothing is made."""
    host, absent = cassandra_node.host, cassandra_node.host.rpartition(".")[0] + ".250"
    for old, new, line in (
        ("/commands", "/absent", "there is no keyspace absent; run `spanglass migrate` to make it"),
        ("/commands", "/system", "keyspace system has tables of another program"),
        (host, "nobody.invalid", "store: the address names no host that is known: nobody.invalid"),
        (
            host,
            absent,
            f"the cluster cannot answer now: no node answers; {absent}:9042: Connection refused",
        ),
        ("?", "?dc=moon&", "store: the cluster has no data centre moon; there is datacenter1"),
        ("?", "?migrate=maybe&", "store: an option of the address: Invalid enum value 'maybe' - at `$.migrate`"),
    ):
        assert refused(old, new) == f"spanglass: {line}"
    copied._db.write([("UPDATE schema_version SET version = ? WHERE part = 0", (99,))])
    try:
        assert refused("", "").endswith(" 99, this Spanglass knows 1: use a newer Spanglass")
    finally:
        copied._db.write([("UPDATE schema_version SET version = ? WHERE part = 0", (1,))])


def test_a_driver_that_is_not_installed_is_told() -> None:
    """The line says how to install it."""
    hidden = "import sys; sys.modules['cassandra'] = None; from spanglass.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "serve", "--store", "cassandra://127.0.0.1/spans"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    told = "store: cassandra:// needs the driver of Cassandra; install it with `pip install 'spanglass[cassandra]'`"
    assert (done.returncode, done.stderr) == (2, f"spanglass: {told}\n")
