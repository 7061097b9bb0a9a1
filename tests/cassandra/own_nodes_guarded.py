"""A node that wants a password and TLS, on both sides: what it lets in, and what is told where it does not.

``make test-cluster`` runs these.
"""

import random
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.cassandra.certificates import PASSWORD, Authority
from tests.cassandra.network import loopback
from tests.cassandra.node import CQL_PORT, Node, install, missing
from tests.cli.running import Done, run
from tests.integration.exports import Conversation, export, place
from tests.integration.serving import start

KNOWN_SECONDS_MAX: Final = 60.0
"""How long a new node may take until it knows its first user."""
pytestmark = pytest.mark.timeout(600)
FIRST: Final = "cassandra"
"""The user that a new cluster has, and its password."""


class Guarded(Node):
    """A node that speaks TLS alone."""

    def connect(self) -> socket.socket:
        """Connect, whoever answers."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(*self.client)
        return context.wrap_socket(super().connect())

    client: tuple[Path, Path]


class Place(NamedTuple):
    """A guarded node, and the settings by which it lets Spanglass in."""

    host: str
    settings: dict[str, str]
    stranger: Authority


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a node that knows its first user."""
    if reason := missing():
        pytest.skip(reason)
    install()
    folder = tmp_path_factory.mktemp("guarded")
    host = loopback(1)[0].host
    authority = Authority(folder / "authority", "tests")
    encryption = {
        "enabled": True,
        "optional": False,
        "require_client_auth": True,
        "keystore": str(authority.node(host)),
        "keystore_password": PASSWORD,
        "truststore": str(authority.trusted()),
        "truststore_password": PASSWORD,
        "store_type": "PKCS12",
    }
    settings = {"authenticator": "PasswordAuthenticator", "authorizer": "CassandraAuthorizer"}
    node = Guarded(folder / "node", host, settings=settings | {"client_encryption_options": encryption})
    node.client = authority.client("spanglass")
    certificate, key = map(str, node.client)
    with node:
        place = Place(
            host,
            {
                "SPANGLASS_CASSANDRA_PASSWORD": FIRST,
                "SPANGLASS_CASSANDRA_TLS_CA": str(authority.certificate),
                "SPANGLASS_CASSANDRA_TLS_CERTIFICATE": certificate,
                "SPANGLASS_CASSANDRA_TLS_KEY": key,
            },
            Authority(folder / "stranger", "strangers"),
        )
        deadline = time.monotonic() + KNOWN_SECONDS_MAX
        while (done := ask(place, "migrate")).code:
            assert time.monotonic() < deadline, done.err
        yield place


def ask(guarded: Place, command: str, options: str = "&tls=true", user: str = f"{FIRST}@", **settings: str) -> Done:
    url = f"cassandra://{user}{guarded.host}:{CQL_PORT}/guarded?replication=1{options}"
    return run(command, "--store", url, **(guarded.settings | settings))


def test_who_is_known_is_let_in(guarded: Place, tmp_path: Path) -> None:
    """A server with the password and the certificates writes and reads; the doctor finds nothing wrong."""
    url = f"cassandra://{FIRST}@{guarded.host}/guarded?tls=true"
    conversation = Conversation(random.Random(1))  # noqa: S311 (seeded)
    with start(tmp_path / "server", "--store", url, environment=guarded.settings) as server:
        server.export(export(*next(conversation.turns(1))).body)
        assert place(conversation.session) in server.places()
    assert "travel-desk" in ask(guarded, "sessions").out
    assert ask(guarded, "doctor").code == 0


def test_who_is_not_known_is_told_so(guarded: Place) -> None:
    """Each of a wrong password, user, authority and certificate, and TLS that is missing, is one line that names it."""
    guessed = "does not know user 'cassandra' with this password; SPANGLASS_CASSANDRA_PASSWORD holds the password"
    wrong_authority = str(guarded.stranger.certificate)
    certificate, key = map(str, guarded.stranger.client("stranger"))
    for done, told in (
        (ask(guarded, "sessions", SPANGLASS_CASSANDRA_PASSWORD="none"), guessed),  # noqa: S106 (a wrong one)
        (ask(guarded, "sessions", SPANGLASS_CASSANDRA_PASSWORD=""), guessed),
        (ask(guarded, "sessions", user=""), "wants a user: cassandra://USER@…"),
        (ask(guarded, "sessions", SPANGLASS_CASSANDRA_TLS_CA=wrong_authority), "certificate verify failed"),
        (
            ask(guarded, "sessions", SPANGLASS_CASSANDRA_TLS_CERTIFICATE=certificate, SPANGLASS_CASSANDRA_TLS_KEY=key),
            "no node answers",
        ),
        (ask(guarded, "sessions", SPANGLASS_CASSANDRA_TLS_CA="nowhere.pem"), "files of TLS, nowhere.pem"),
        (ask(guarded, "sessions", options=""), "no node answers"),
    ):
        assert done.code == 2
        (line,) = done.err.splitlines()
        assert told in line
