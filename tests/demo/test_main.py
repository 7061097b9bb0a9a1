"""The demonstration, run as ``make demo`` runs it, in a folder of its own."""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.docs.pages import blocks

pytestmark = pytest.mark.xdist_group("demo")  # one server serves all tests
ROOT = Path(__file__).parents[2]
Run: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]

(EXCERPT,) = (block.text for block in blocks("README.md") if "strands" in block.text)
"""The beginning of one session in 80 columns."""
AGENTS = ("travel-agent", "travel_agent", "gpt-fake-1")
TOOLS = ("get_weather", "calculate", "get_exchange_rate")


@pytest.fixture(scope="module")
def port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def run(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return what runs the demonstration in 80 columns and an environment that configures other servers."""
    settings = {"PYTHONPATH": str(ROOT), "COLUMNS": "80", "SPANGLASS_HOST": "::1", "SPANGLASS_STORE": "nowhere"}
    folder = tmp_path_factory.mktemp("demo")

    def run(*options: str, on: int = port, folder: Path = folder) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "demo", "--port", str(on), *options]
        return subprocess.run(
            command, cwd=folder, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False
        )

    yield run
    run("--stop")


@pytest.fixture(scope="module")
def shown(run: Run) -> str:
    """Return what the demonstration prints."""
    result = run()
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").close()
    except urllib.error.URLError:
        return False
    return True


def test_shows_sessions_as_trees(shown: str) -> None:
    """Each session is a tree of its spans, with what was said in them and aligned figures, as the README shows."""
    assert EXCERPT in shown
    for agent in AGENTS:
        assert f"invoke_agent {agent} " in shown
    for tool in TOOLS:
        assert shown.count(f"execute_tool {tool} ") == 3  # Strands, Pydantic AI, Vercel


def test_fits_the_terminal(shown: str) -> None:
    """No line of a tree is longer than the terminal is wide, and none ends in blanks."""
    trees = shown[shown.index("strands") : shown.index("4. ")].splitlines()
    assert max(map(len, trees)) <= 80
    assert not [line for line in shown.splitlines() if line.endswith(" ")]


def test_every_export_is_accepted(shown: str) -> None:
    """Each recording is sent and answered with 200."""
    assert re.findall(r"^   (\S.*\S) +[\d,]+ bytes   200 OK$", shown, re.MULTILINE) == [
        "OpenAI SDK",
        "Anthropic SDK",
        "Pydantic AI",
        "Strands Agents on Amazon Bedrock",
        "Vercel AI SDK, in OTLP/JSON",
    ]


def test_the_server_stays_up_until_it_is_stopped(shown: str, run: Run, port: int, tmp_path: Path) -> None:
    """The server answers after the demonstration, a further one begins anew, and ``--stop`` stops it, once."""
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{port}" in shown
    assert answers(port)
    assert run().stdout == shown
    assert "Address already in use" in run(folder=tmp_path).stdout
    assert answers(port)
    assert run("--stop").stdout == "Stopped.\n"
    assert not answers(port)
    assert run("--stop").stdout == "No server of a demonstration is running.\n"


def test_a_busy_port_is_told_in_two_lines(run: Run, tmp_path: Path) -> None:
    """With another program on the port nothing is started, and the message says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        result = run(on=port, folder=tmp_path)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        f"Port {port} cannot be had: Address already in use.",
        "Stop the program that has it, or take another port: .venv/bin/python -m demo --port PORT",
    ]
    assert not list(tmp_path.iterdir())


def test_a_number_that_went_to_another_process_is_left_alone(run: Run, tmp_path: Path) -> None:
    """A process id left behind by a server that was killed is not taken for a server."""
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / "pid").write_text(str(os.getpid()))
    assert run("--stop", folder=tmp_path).stdout == "No server of a demonstration is running.\n"
