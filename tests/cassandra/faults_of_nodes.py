"""Three nodes, each span on all of them, one broken at a random moment while servers write and list: nothing is lost.

``make test-cluster`` runs these. ``FAULT_RUNS`` in the environment says how often nodes are broken in each way.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Final, NamedTuple

import msgspec
import pytest

from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import everything, message, part, span, span_id
from tests.cassandra.conftest import NODES, Three, whole
from tests.cassandra.divided import undividable
from tests.cassandra.node import Node
from tests.cassandra.traffic import Traffic, again

RUNS: Final = int(os.environ.get("FAULT_RUNS", "50"))
MOMENT_SECONDS_MAX: Final = 2.0
RUN_SECONDS_MAX: Final = 300


class Broken(NamedTuple):
    """A way to break a node, and to mend it."""

    begin: Callable[[Node], None]
    end: Callable[[Node], None]


WAYS: Final = {
    "killed": Broken(Node.kill, Node.start),
    "stopped": Broken(Node.stop, Node.start),
    "paused": Broken(Node.pause, Node.resume),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.timeout(RUN_SECONDS_MAX * RUNS)
def test_a_node_that_breaks_loses_nothing(three: Three, way: str) -> None:
    """No acknowledged span is lost and no page is wrong, whichever node breaks at whatever moment, again and again."""
    broken = WAYS[way]
    break_nodes(
        three, way, lambda number: broken.begin(three.nodes[number]), lambda number: broken.end(three.nodes[number])
    )


@pytest.mark.timeout(RUN_SECONDS_MAX * RUNS)
def test_a_node_that_is_cut_off_loses_nothing(three: Three) -> None:
    """The same for a node that no other one reaches, but the servers do."""
    if three.networks is None:
        pytest.skip(undividable() or "")
    break_nodes(three, "cut off", three.networks.cut, three.networks.mend)


def break_nodes(three: Three, way: str, begin: Callable[[int], None], end: Callable[[int], None]) -> None:
    """Break nodes and mend them while a session is written and listed, and tell what was seen."""
    chance, began = random.Random(way), time.monotonic()  # noqa: S311
    whole(three.address)
    with Traffic(three.address, next(three.numbers)) as traffic:
        for _ in range(RUNS):
            number = chance.randrange(NODES)
            passed(chance.uniform(0, MOMENT_SECONDS_MAX))
            begin(number)
            passed(chance.uniform(0, MOMENT_SECONDS_MAX))
            end(number)
            traffic.acknowledged_on()
    print(f"\n{way}: {RUNS} times in {time.monotonic() - began:.0f} s; {traffic}")
    traffic.settled()


@pytest.mark.timeout(RUN_SECONDS_MAX)
def test_two_servers_leave_the_state_of_one(three: Three) -> None:
    """Two that write one session and its traces at once, ids late, shuffled and repeated, leave what one would."""
    made = []
    for number in range(40):
        trace = number % 5
        child = span(number, trace=trace, parent_span_id=span_id(trace), inputs=(message(f"word {number % 7}"),))
        root = span(number, trace=trace, inputs=(message("Hello"),))
        made.append(
            part(root, session="both", trace=trace) if number == trace else part(child, session=None, trace=trace)
        )
    reference = MemoryStore()
    reference.write(made)
    address = msgspec.structs.replace(three.address, keyspace="both")
    whole(address)

    def write(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        with closing(CassandraStore(address)) as store:
            for _ in range(2):
                for come in chance.sample(made, len(made)):
                    again(partial(store.write, [come]))

    threads = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(CassandraStore(address)) as store:
        assert everything(store) == everything(reference)


def passed(seconds: float) -> None:
    """Let a random moment come: it is the fault's, and nothing is waited for."""
    threading.Event().wait(seconds)
