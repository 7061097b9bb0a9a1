"""What docs/clients.md tells of clients in other languages is run as its readers run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import Server
from tests.clients.sdks import INSTALLED, SDKS, install, missing
from tests.clients.spans import ASSISTANT, FULL
from tests.docs.pages import blocks
from tests.docs.test_tours import HTTP_PORT, assert_prints

PAGE = "docs/clients.md"
SETTING, *PROGRAMS = [block for block in blocks(PAGE) if block.language == "bash"]
FILES = [block.text for block in blocks(PAGE) if block.language in {"js", "java"}]
CLIENTS = {"aws": "awscli", "node": "javascript", "java": "java"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        pytest.param(name, text, told, id=name, marks=pytest.mark.xdist_group(f"client {name}"))
        for _, text, told in PROGRAMS
        for name in (CLIENTS[text.split()[0]],)
    ],
)
def test_clients_need_nothing_but_the_environment(
    name: str, text: str, told: str, server: Server, tmp_path: Path
) -> None:
    """Each program of the page, under the page's variables alone, prints what the page tells."""
    sdk = SDKS[name]
    if reason := missing(sdk):
        pytest.skip(reason)
    install(sdk)
    for file in FILES:
        (tmp_path / file.splitlines()[0].removeprefix("// ")).write_text(file)
    (tmp_path / "node_modules").symlink_to(Path(__file__).parent / "javascript/node_modules")
    (tmp_path / "lib").symlink_to(INSTALLED / "java")
    port = re.search(r"\d+$", server.url)
    assert port is not None
    ran = subprocess.run(
        ["sh", "-e", "-c", SETTING.text.replace(HTTP_PORT, port[0]) + text],  # noqa: S607
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
