"""The benchmark of a cluster measures what it says, on a small load and one node.

``make test-cluster`` runs these.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from bench.cluster import cluster
from bench.runs import Bench, Plan
from bench.servers import SPANGLASS
from tests.cassandra.node import missing

TINY = Plan(conversations=1, meanwhile=1, long_turns=1, shared=6, seconds=0.1)


@pytest.mark.timeout(600)
def test_a_cluster_is_measured_beside_a_file(tmp_path: Path) -> None:
    """Every figure is there, those of the file beside it, and each session's rows are written to."""
    if reason := missing():
        pytest.skip(reason)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        figures = list(cluster(Bench(TINY, SPANGLASS, tmp_path, pool), [1]))
    assert all(figure.value > 0 for figure in figures)
    named = {figure.name.rpartition(": ")[2]: figure for figure in figures}
    assert len(named) == len(figures)
    compared = [name for name, figure in named.items() if figure.baseline]
    assert compared[0] == "spans/s"
    assert compared[-1] == "bytes a span and replica"
    assert {"bytes a span in blocks", "writes to sessions an export"} <= set(named)
