"""A keyspace of the node that all tests share, for those of the store."""

from collections.abc import Callable
from contextlib import closing
from typing import TypeAlias

import pytest

from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from tests.cassandra.emptying import empty
from tests.cassandra.node import Node

Open: TypeAlias = Callable[[], CassandraStore]


@pytest.fixture
def address(cassandra_node: Node) -> Address:
    """Return the address of a keyspace."""
    return Address(hosts=(cassandra_node.host,), keyspace="battery", options=Options(replication="1"))


@pytest.fixture
def opener(address: Address) -> Open:
    """Return what opens the keyspace, empty at first."""
    with closing(CassandraStore(address)) as store:
        empty(store)
    return lambda: CassandraStore(address)
