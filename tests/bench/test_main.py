"""The command of the benchmarks: what it prints, writes and refuses."""

import subprocess
import sys
from pathlib import Path

import msgspec


def test_prints_a_line_a_figure_and_writes_them_as_json(tmp_path: Path) -> None:
    """Each figure is printed on a line of its own, and ``--json`` keeps them with what the stores hold."""
    report = tmp_path / "report.json"
    command = [
        sys.executable,
        "-m",
        "bench",
        "--quick",
        "--self-check",
        "--only",
        "conversation",
        "--json",
        str(report),
    ]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    written = msgspec.json.decode(report.read_bytes())
    assert [row["name"] for row in written["figures"]] == [
        "conversation of 200 turns: file / messages",
        "conversation of 200 turns: what an empty file lacks / messages",
        "conversation of 200 turns: of it full-text index / messages",
    ]
    assert all(line.startswith(row["name"]) for line, row in zip(printed[1:], written["figures"], strict=True))
    assert written["machine"]["processors"] > 0
    assert any("span_order" in tables for tables in written["tables"].values())


def test_unknown_scenario_is_refused() -> None:
    """A scenario that does not exist is an error that names those that do."""
    result = subprocess.run(
        [sys.executable, "-m", "bench", "--only", "nothing"], check=False, capture_output=True, text=True
    )
    assert result.returncode == 2
    assert "there are write, list, disk, long, conversation" in result.stderr
