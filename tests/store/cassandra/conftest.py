"""A keyspace of the node that all tests share, for those of the store."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from spanglass.store.cassandra import store as opened
from spanglass.store.cassandra.address import Address, Credentials, Options
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.store import CassandraStore
from tests.cassandra.emptying import empty
from tests.cassandra.node import PATIENCE_SECONDS, Node

Open: TypeAlias = Callable[[], CassandraStore]


class Kept(Database):
    """A connection that stays when a store is closed, for the next one: connecting is what takes longest."""

    def close(self) -> None:
        """Keep it."""

    def end(self) -> None:
        """Close it."""
        super().close()


@pytest.fixture(scope="session")
def address(cassandra_node: Node) -> Address:
    """Return the address of a keyspace."""
    options = Options(replication="1", timeout_seconds=PATIENCE_SECONDS)
    return Address(hosts=(cassandra_node.host,), keyspace="battery", options=options)


@pytest.fixture(scope="session")
def kept(address: Address) -> Iterator[Kept]:
    """Return a connection to the keyspace, which is made."""
    kept = Kept(address, Credentials())
    CassandraStore(address).close()
    kept.use(address.keyspace)
    yield kept
    kept.end()


@pytest.fixture
def opener(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return what opens the keyspace, empty at first: stores that have nothing in common but their connection."""
    empty(kept)
    monkeypatch.setattr(opened, "Database", lambda *_: kept)
    return lambda: CassandraStore(kept.address)
