"""Every snippet of the documents, run as a reader runs it: page by page, top to bottom, against a real server."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.docs.guides import PAGE as FRAMEWORKS
from tests.docs.pages import PAGES, ROOT, blocks, read
from tests.integration.serving import free_port

HTTP_PORT = "4318"
GRPC_PORT = "4317"
SECONDS_MAX = 60
POLL_SECONDS = 0.05
RUN = {"sh", "python"}
TOURS = [page for page in PAGES if page != FRAMEWORKS and any(block.language in RUN for block in blocks(page))]
"""The programs of the page of frameworks need environments of their own: ``make guides`` runs them."""
FOREIGN = ("AWS_", "MAKE", "MFLAGS", "OTEL_", "SPANGLASS_")
"""Beginnings of the names of variables that would change what a reader sees."""


class Tour:
    """A reader with a shell in an empty folder, whose ports are other ones than those that the page names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {port: str(free_port()) for port in (HTTP_PORT, GRPC_PORT)}
        self._server: subprocess.Popen[bytes] | None = None
        tools = folder.with_name(folder.name + "-tools")
        tools.mkdir()
        curl = tools / "curl"
        curl.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {Path(__file__).with_name("curl.py")} "$@"\n')
        curl.chmod(0o755)
        self._environment = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)} | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:{tools}",
            "SPANGLASS_PORT": self._ports[HTTP_PORT],
            "SPANGLASS_GRPC_PORT": self._ports[GRPC_PORT],
            "TZ": "UTC",
            "no_proxy": "localhost,127.0.0.1",
        }

    def run(self, language: str, text: str) -> str:
        """Do what a reader does with a block, and return what it prints."""
        text = self.here(text)
        if language == "python":
            (self._folder / text.splitlines()[0].removeprefix("# ")).write_text(text)
            return ""
        if text.startswith("make "):
            return self._shell(text, ROOT, {"MAKEFLAGS": "n"})  # the tests run inside of what it made
        if text.startswith("spanglass serve"):
            self.serve(text)
            return ""
        return self._shell(text, self._folder)

    def here(self, text: str) -> str:
        """Put this tour's ports in the place of the page's."""
        for port, ours in self._ports.items():
            text = text.replace(port, ours)
        return text

    def serve(self, command: str = "spanglass serve") -> None:
        """Start the server, after stopping the one before, and wait until it can serve."""
        self.stop()
        with (self._folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                shlex.split(command), cwd=self._folder, env=self._environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + SECONDS_MAX
        while not self._answers():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(POLL_SECONDS)
                pytest.fail(f"the server ended:\n{(self._folder / 'log').read_text()}")
            assert time.monotonic() < deadline

    def stop(self) -> None:
        """Stop the server as Ctrl-C does."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(SECONDS_MAX)
            self._server = None

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self._ports[HTTP_PORT]}/readyz").close()
        except urllib.error.URLError:
            return False
        return True

    def _shell(self, text: str, folder: Path, more: Mapping[str, str] | None = None) -> str:
        command = ["sh", "-e", "-c", text]
        result = subprocess.run(
            command,
            cwd=folder,
            env=self._environment | dict(more or {}),
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout


@pytest.fixture
def tour(tmp_path: Path) -> Iterator[Tour]:
    """Return a reader who has done nothing yet."""
    tour = Tour(tmp_path)
    yield tour
    tour.stop()


def assert_prints(printed: str, told: str) -> None:
    """Compare what was printed with what the page tells, where ``…`` stands for anything."""
    pattern = ".*?".join(map(re.escape, told.strip().split("…")))
    assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"the page tells\n{told}\nbut it prints\n{printed}"


@pytest.mark.parametrize("page", TOURS)
def test_snippets_run_and_print_what_the_page_tells(page: str, tour: Tour) -> None:
    """Each ``sh`` and ``python`` block works in the page's order, and an output block behind it is what it prints."""
    snippets = [block for block in blocks(page) if block.language in RUN]
    if not any(block.text.startswith("spanglass serve") for block in snippets):
        tour.serve()
    for language, text, output in snippets:
        printed = tour.run(language, text)
        if output is not None:
            assert_prints(printed, tour.here(output))


def test_readme_is_among_them() -> None:
    """The tour of the README is run, and it shows all that a newcomer needs."""
    text = "\n".join(block.text for block in blocks("README.md") if block.language in RUN)
    for shown in ("make setup", "spanglass serve", "OTEL_EXPORTER_OTLP_ENDPOINT", "list_spans", "/api/sessions?q="):
        assert shown in text
    assert "README.md" in TOURS


def test_pip_installs_spanglass_alone(tmp_path: Path) -> None:
    """``pip install .``, as the README has it, brings all that the command needs: schema, dictionary, types."""
    assert "`pip install .`" in read("README.md")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    build = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("spanglass/")}
    folder = ROOT / "src"
    sources = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert packed == {name for name in sources if "__pycache__" not in name}
