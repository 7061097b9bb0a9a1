"""Several nodes that are one cluster, started at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tests.cassandra.network import Site
from tests.cassandra.node import Node

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
        yield nodes
