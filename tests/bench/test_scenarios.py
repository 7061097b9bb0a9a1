"""Every scenario of the benchmarks runs to its end, and its load counts right."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
import pytest

from bench import load
from bench.figures import Bar, Figure
from bench.runs import Bench, Plan
from bench.scenarios import SCENARIOS
from bench.servers import BASELINE, BenchError, System, running
from bench.spool import record
from bench.workload import Workload

TINY = Plan(conversations=4, meanwhile=10, long_turns=60, shared=4, seconds=0.1, lasting_turns=10, connections=1)
"""One exporter, so that two runs write the same file."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    itself = msgspec.structs.replace(BASELINE, name="itself")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Bench(TINY, itself, tmp_path, pool)


def test_every_scenario_yields_figures(bench: Bench) -> None:
    """Each scenario runs to its end, here with the baseline measured against itself, and says what it measured."""
    scenarios = [scenario for name, scenario in SCENARIOS.items() if name != "cluster"]  # which has nodes of its own
    figures = [figure for scenario in scenarios for figure in scenario(bench)]
    disk = next(figure for figure in figures if figure.name.startswith("disk, 2 live"))
    assert disk.value == disk.baseline
    assert all(figure.value >= 0 for figure in figures)
    assert len({(figure.name, figure.against) for figure in figures}) == len(figures)


def test_load_counts_what_the_server_acknowledged(tmp_path: Path) -> None:
    """What was written is what is read back, in spans, from the first page to the last."""
    workload = Workload(7)
    spool = record(tmp_path / "spool", ((workload.conversation(number), 6) for number in range(5)))
    with running(BASELINE, tmp_path / "rows.db") as server:
        written = load.write(server.port, spool.path, spool.order(2), connections=3, seconds_max=60)
        read = load.read_whole(server.port, [conversation.path for conversation in spool.conversations])
        fetched = load.fetch(server.port, ["/fixed/3000000"], connections=1, seconds_max=0.05)
    assert (written.requests, written.spans, written.bytes) == (30, spool.spans, spool.body_bytes)
    assert read.spans == spool.spans
    assert fetched.bytes == 3_000_000 * fetched.requests
    assert 0 < written.p50_ms <= written.p99_ms


def test_server_that_does_not_start_is_reported(tmp_path: Path) -> None:
    """A server that ends at once fails the benchmark with its status, not with a wait."""
    with pytest.raises(BenchError, match="status 2"), running(System("broken", (*BASELINE.command, "--no")), tmp_path):
        pass


@pytest.mark.parametrize(
    ("bar", "met"),
    [(None, None), (Bar(8, at_least=True), True), (Bar(9), False), (Bar(2.5, of_ratio=True), True), (Bar(10), True)],
)
def test_figure_knows_whether_it_meets_its_bar(bar: Bar | None, met: bool | None) -> None:  # noqa: FBT001 (data)
    """A bar bounds the value or its ratio to the baseline, from above or below."""
    figure = Figure(name="f", value=10, baseline=4, bar=bar)
    assert figure.met is met
    assert figure.ratio == 2.5
    assert ("MISSED" in figure.line()) is (met is False)
