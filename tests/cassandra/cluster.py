"""Several nodes that are one cluster, started at once."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from cassandra.policies import WhiteListRoundRobinPolicy

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from tests.cassandra.network import Site
from tests.cassandra.node import POLL_SECONDS, START_SECONDS_MAX, Node

RING: Final = 1 << 64
"""Places in the ring, counted from -RING / 2."""


@contextmanager
def cluster(
    folder: Path, sites: Sequence[Site], settings: Mapping[str, object] | None = None
) -> Iterator[Sequence[Node]]:
    """Run a node at each site, in equal parts of the ring; they are killed at the end of the block."""
    nodes = [
        Node(
            folder / f"node{number}",
            site.host,
            seeds=[each.host for each in sites],
            token=number * RING // len(sites) - RING // 2,
            settings=settings,
            prefix=site.prefix,
        )
        for number, site in enumerate(sites)
    ]
    with ExitStack() as running:
        for node in nodes:
            running.callback(node.kill)
            node.begin()
        for node in nodes:
            node.wait()
        deadline = time.monotonic() + START_SECONDS_MAX
        while not all(_peers(node) == len(nodes) - 1 for node in nodes):  # else they may never agree on a schema
            assert time.monotonic() < deadline, f"the nodes do not know each other after {START_SECONDS_MAX} s"
            time.sleep(POLL_SECONDS)
        yield nodes


def _peers(node: Node) -> int:
    """Return how many other nodes a node knows."""
    profile = ExecutionProfile(WhiteListRoundRobinPolicy([node.host]))
    with Cluster([node.host], execution_profiles={EXEC_PROFILE_DEFAULT: profile}) as asked:
        return int(asked.connect().execute("SELECT count(*) FROM system.peers_v2").one()[0])
