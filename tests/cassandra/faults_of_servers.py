"""Servers that come to harm while they write: killed before any statement, or with a clock that is hours wrong.

``make test-cluster`` runs these. ``FAULT_RUNS`` in the environment says how often servers write at a time.
"""

import os
import random
from collections.abc import Callable
from contextlib import closing
from typing import Final

import pytest

from spanglass.model.place import TracePart
from spanglass.store.cassandra import leftovers
from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import everything, ids, message, part, span, span_id
from spanglass.store.where import Where
from tests.cassandra.killing import CASES, Case, housekeep, killed_before_each, nothing_left
from tests.cassandra.node import PATIENCE_SECONDS, Node
from tests.cassandra.victim import Act, Victim, run_ahead, write_all

RUNS: Final = max(1, int(os.environ.get("FAULT_RUNS", "50")) * 2 // 5)
SECONDS_MAX: Final = 1_500
HOUR_SECONDS: Final = 3_600
TRACES: Final = 4


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


@pytest.mark.timeout(SECONDS_MAX)
@pytest.mark.parametrize("clocks", [(0.0, 1.0), (0.0, 3 * HOUR_SECONDS), (-3 * HOUR_SECONDS, 0.0, 3 * HOUR_SECONDS)])
def test_servers_leave_the_state_of_one(cassandra_node: Node, clocks: tuple[float, ...]) -> None:
    """Processes that write the same traces at a time, session ids late, shuffled and repeated, leave what one would.

    So it is whatever their clocks say, while each of them keeps house.
    """
    keyspace = f"clocks_{len(clocks)}_{clocks[-1]:.0f}"
    address = Address(
        hosts=(cassandra_node.host,),
        keyspace=keyspace,
        options=Options(replication="1", timeout_seconds=PATIENCE_SECONDS),
    )
    with closing(CassandraStore(address)) as store:
        for seed in range(RUNS):
            assistant = f"assistant {seed}"
            made = traces(seed, assistant)
            reference = MemoryStore()
            reference.write(made)
            write_all(address, made, clocks, seed)
            where = Where(assistants=frozenset({ids(assistant)[0]}))
            assert everything(store, where) == everything(reference, where)
        with closing(Victim(address)) as server:
            server.do(keep_house_later)
        nothing_left(store)


def keep_house_later(store: CassandraStore) -> None:
    """Finish what was left behind, when that is old, by a server whose clock is ahead of all others."""
    leftovers.AGE_SECONDS = -1  # type: ignore[misc]  # in a process of its own
    run_ahead(4 * HOUR_SECONDS)
    housekeep(store)


def traces(seed: int, assistant: str) -> list[TracePart]:
    """Return traces that come as children, of no session or of a wrong one, and roots that name the right one."""
    chance, made = random.Random(seed), list[TracePart]()  # noqa: S311 (seeded)
    for trace in range(TRACES * seed, TRACES * (seed + 1)):
        first = 10 * trace
        children = [
            span(
                first + n, trace=trace, parent_span_id=span_id(first), inputs=(message(f"word {chance.randrange(7)}"),)
            )
            for n in range(1, 4)
        ]
        session = chance.choice([None, "wrong", "wrong"])
        made += [part(child, assistant=assistant, session=session, trace=trace) for child in children]
        made.append(part(span(first, trace=trace), assistant=assistant, session="right", trace=trace))
    return made
