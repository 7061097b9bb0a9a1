"""Servers over a cluster: what anyone asks of one, asked of two that share a keyspace."""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.cassandra.node import PATIENCE_SECONDS, Node
from tests.integration.conftest import Connect
from tests.integration.exports import Conversation, export, place
from tests.integration.reference import pages, written
from tests.integration.serving import COMMAND, Server, start


@pytest.fixture(scope="module")
def url(cassandra_node: Node) -> str:
    """Return the address of a keyspace that is not there yet."""
    return f"cassandra://{cassandra_node.host}/served?replication=1&timeout_seconds={PATIENCE_SECONDS}"


@pytest.fixture(scope="module")
def servers(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Return two servers on one keyspace, which was made by the command."""
    assert run("migrate", "--store", f"{url}&migrate=never").stdout == "The store is up to date.\n"
    folder = tmp_path_factory.mktemp("cassandra")
    options = ("--store", f"{url}&migrate=never")
    with start(folder / "one", *options) as one, start(folder / "other", *options) as other:
        yield [one, other]


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command."""
    settings = os.environ | environment
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env=settings)


def test_two_servers_are_one(servers: list[Server], connect: Connect) -> None:
    """Exports go to either server, children before the session's id; both list what one server alone would."""
    conversation = Conversation(random.Random(5))  # noqa: S311 (seeded)
    sent: list[bytes] = []
    for number, turn in enumerate(conversation.turns(4)):
        for spans in ((turn.first, turn.tool), (turn.second,), (turn.agent,)):
            sent.append(export(*spans).body)
            servers[(number + len(sent)) % 2].export(sent[-1])
    here = place(conversation.session)
    expected = list(pages(written(sent), here))
    for server in servers:
        assert server.pages(here) == expected
        assert server.pages(here) == expected  # again, when it was read lately
        listed = connect(server).get_paginator("list_spans").paginate(**here._asdict())
        assert [len(page["spans"]) for page in listed] == [len(msgspec.json.decode(body)["spans"]) for body in expected]
        assert here in server.places()
        assert server.ask(f"/api/sessions?q={conversation.messages[0]['parts'][0]['content'].split()[0]}").status == 200
        assert server.ask("/readyz").json() == {"ready": True}
        assert b"spanglass_commits_total" in server.ask("/metrics").body


def test_resources_are_shared(servers: list[Server], connect: Connect) -> None:
    """What one server made the other one changes and deletes."""
    one, other = map(connect, servers)
    made = one.create_assistant(name="travel", type="AGENT")["assistant"]
    session = other.create_session(assistantId=made["assistantId"], name="first")["session"]
    got = one.get_session(assistantId=made["assistantId"], sessionId=session["sessionId"])["session"]
    assert got["name"] == "first"
    other.delete_assistant(assistantId=made["assistantId"])
    with pytest.raises(one.exceptions.ResourceNotFoundException):
        one.get_assistant(assistantId=made["assistantId"])


def test_keys_are_kept_there(url: str, servers: list[Server], tmp_path: Path) -> None:
    """`spanglass keys` works on the keyspace; a wrong address is told in one line."""
    assert servers
    secret = {"SPANGLASS_SECRET_FILE": str(tmp_path / "secret")}
    made = run("keys", "create", "--role", "reader", "--store", url, "--json", **secret)
    assert made.returncode == 0, made.stderr
    key = msgspec.json.decode(made.stdout)["accessKeyId"]
    assert key in run("keys", "list", "--store", url).stdout
    refused = run("keys", "list", "--store", url.replace("/served", "/nowhere") + "&migrate=never")
    assert (refused.returncode, refused.stderr) == (
        2,
        "spanglass: there is no keyspace nowhere; run `spanglass migrate` to make it\n",
    )
