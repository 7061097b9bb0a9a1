"""Servers that come to harm while they write: killed before any statement, or with a clock that is hours wrong.

``make test-cluster`` runs these.
"""

from collections.abc import Callable
from contextlib import closing

import pytest

from spanglass.store.cassandra import leftovers
from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from tests.cassandra.killing import CASES, Case, killed_before_each
from tests.cassandra.node import Node
from tests.cassandra.victim import Act, Victim

SECONDS_MAX = 1_000


@pytest.mark.timeout(SECONDS_MAX)
@pytest.mark.parametrize("made", CASES)
def test_a_server_is_killed_before_any_statement(
    cassandra_node: Node, monkeypatch: pytest.MonkeyPatch, made: Callable[[int], Case]
) -> None:
    """A process that gets SIGKILL before any of its statements loses nothing, and what it began is finished."""
    monkeypatch.setattr(leftovers, "AGE_SECONDS", -1)
    address = Address(
        hosts=(cassandra_node.host,), keyspace=f"killed_{made.__name__}", options=Options(replication="1")
    )

    def kill(act: Act, before: int) -> int:
        with closing(Victim(address)) as victim:
            return victim.do(act, before)

    with closing(CassandraStore(address)) as store:
        killed_before_each(store, made, kill)
