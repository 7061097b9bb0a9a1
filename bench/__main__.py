"""``python -m bench``: measures Spanglass beside the baseline and prints a table."""

import argparse
import multiprocessing
import os
import platform
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from bench import disk
from bench.figures import HEAD, Figure
from bench.runs import FULL, QUICK, Bench
from bench.scenarios import SCENARIOS
from bench.servers import BASELINE, PROFILED, SPANGLASS, BenchError

DRIVERS: Final = 2
"""Processes of load: one that writes, one that reads."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, less than a minute")
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios, separated by commas (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    parser.add_argument("--profile", action="store_true", help="run Spanglass under a sampling profiler")
    parser.add_argument("--connections", type=int, help="how many exporters send at a time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep spools and stores in this folder")
    parser.add_argument("--self-check", action="store_true", help="measure the baseline in Spanglass's place")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(sorted(unknown))}: there are {', '.join(SCENARIOS)}")
    return options


def _run(options: argparse.Namespace, folder: Path) -> list[Figure]:
    plan = QUICK if options.quick else FULL
    if options.connections:
        plan = msgspec.structs.replace(plan, connections=options.connections)
    ours = PROFILED if options.profile else SPANGLASS
    if options.self_check:
        ours = msgspec.structs.replace(BASELINE, name="itself")
    figures: list[Figure] = []
    _say(HEAD)
    with ProcessPoolExecutor(DRIVERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        bench = Bench(plan, ours, folder, pool)
        for name in options.only:
            for figure in SCENARIOS[name](bench):
                _say(figure.line())
                figures.append(figure)
    return figures


def _report(figures: list[Figure], folder: Path) -> bytes:
    """Write the figures as JSON, with the machine and what each table of a store takes."""
    stores = {path.name: disk.table_bytes(path) for path in sorted(folder.glob("*.db"))}
    machine = {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()}
    report = {"machine": machine, "figures": [figure.as_row() for figure in figures], "tables": stores}
    return msgspec.json.format(msgspec.json.encode(report))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Measure what the options ask for; return the exit status."""
    options = _options()
    if options.keep:
        options.keep.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="spanglass-bench-") as temporary:
        folder = options.keep or Path(temporary)
        try:
            figures = _run(options, folder)
        except BenchError as error:
            sys.stderr.write(f"bench: {error}\n")
            return 1
        if options.json:
            options.json.write_bytes(_report(figures, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
