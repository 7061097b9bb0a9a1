"""What docs/clients.md tells of clients in other languages is run as its readers run it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanglass.app import create
from spanglass.config import Config
from tests.clients.conftest import put_sessions, served
from tests.clients.sdks import INSTALLED, SDKS, install, missing
from tests.clients.spans import ASSISTANT, FULL
from tests.docs.pages import blocks
from tests.docs.test_tours import HTTP_PORT, assert_prints

PAGE = "docs/clients.md"
SETTING, *PROGRAMS = [block for block in blocks(PAGE) if block.language == "bash"]
FILES = [block.text for block in blocks(PAGE) if block.language in {"js", "java"}]
CLIENTS = {"aws": "awscli", "node": "javascript", "java": "java"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the port of a server that takes any key, as the page has it."""
    config = Config(store=f"sqlite:///{tmp_path_factory.mktemp('docs')}/spans.db", grpc_port=0)
    with served(create(config)) as server:
        put_sessions(server.url)
        yield server.url.rpartition(":")[2]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        pytest.param(name, text, told, id=name, marks=pytest.mark.xdist_group(f"client {name}"))
        for _, text, told in PROGRAMS
        for name in (CLIENTS[text.split()[0]],)
    ],
)
def test_clients_need_nothing_but_the_environment(name: str, text: str, told: str, port: str, tmp_path: Path) -> None:
    """Each program of the page, under the page's variables alone, prints what the page tells."""
    sdk = SDKS[name]
    if reason := missing(sdk):
        pytest.skip(reason)
    install(sdk)
    for file in FILES:
        (tmp_path / file.splitlines()[0].removeprefix("// ")).write_text(file)
    (tmp_path / "node_modules").symlink_to(Path(__file__).parent / "javascript/node_modules")
    (tmp_path / "lib").symlink_to(INSTALLED / "java")
    ran = subprocess.run(
        ["sh", "-e", "-c", SETTING.text.replace(HTTP_PORT, port) + text],  # noqa: S607
        cwd=tmp_path,
        env={
            "PATH": f"{INSTALLED / 'awscli/bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "ASSISTANT": ASSISTANT,
            "SESSION": FULL,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert_prints(ran.stdout, told)
