"""A cluster of three nodes that all tests of faults share."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Final, NamedTuple

import msgspec
import pytest

from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import StoreError
from spanglass.store.samples import ids, part, span
from tests.cassandra.cluster import cluster
from tests.cassandra.disk import Disk, small_disk, undiskable
from tests.cassandra.divided import Divided, divided, undividable
from tests.cassandra.network import loopback
from tests.cassandra.node import Node, install, missing
from tests.cassandra.traffic import SILENCE_SECONDS_MAX

NODES: Final = 3
TIMEOUT_SECONDS: Final = 10.0
"""What the driver waits for one try of a statement."""
DURABLE: Final = {
    "commitlog_sync": "batch",
    "commitlog_sync_period": None,
    "commitlog_segment_size": "1MiB",  # so that a disk that is full is noticed soon
    "disk_failure_policy": "stop",
    "commit_failure_policy": "stop",
}
"""Nodes forget nothing that they acknowledged, and what is wrong with a disk ends them, as Cassandra is delivered."""


class Three(NamedTuple):
    """A running cluster, and where the store is."""

    nodes: Sequence[Node]
    networks: Divided | None
    """How nodes are cut off, where that can be."""
    disk: Disk | None
    """Of the last node, where it can have one of its own."""
    address: Address
    numbers: Iterator[int]
    """Of traffics."""


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Return three nodes, each of which has every span."""
    if reason := missing():
        pytest.skip(reason)
    install()
    with ExitStack() as running:
        networks = None if undividable() else running.enter_context(divided(NODES))
        sites = networks.sites if networks else loopback(NODES)
        folder = tmp_path_factory.mktemp("three")
        disk = None if undiskable() else running.enter_context(small_disk(folder / f"node{NODES - 1}"))
        nodes = running.enter_context(cluster(folder, sites, DURABLE))
        options = Options(replication="3", timeout_seconds=TIMEOUT_SECONDS)

        hosts = tuple(node.host for node in nodes)
        yield Three(nodes, networks, disk, Address(hosts=hosts, keyspace="faults", options=options), itertools.count())


def whole(address: Address) -> None:
    """Wait until every node is there for all others: a statement that needs all three is answered."""
    everyone = msgspec.structs.replace(address.options, consistency="ALL")
    deadline = time.monotonic() + SILENCE_SECONDS_MAX
    while True:
        try:
            with closing(CassandraStore(msgspec.structs.replace(address, options=everyone))) as store:
                store.write([part(span(0), session="whole")])
                store.delete_session(*ids(session="whole"))
                return
        except StoreError:
            if time.monotonic() > deadline:
                raise
