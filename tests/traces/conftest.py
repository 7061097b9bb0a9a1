"""Recorded sessions on a running server, read over HTTP and, while it runs, from its file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import spanglass
from spanglass.traces import Traces
from tests.captures import DATA
from tests.integration.serving import Server, start

CAPTURE = "strands/bedrock_latest_attrs_tools_refusal.pb"
OTHER = "pydantic-ai/chat_v6.pb"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that has recorded two sessions of different assistants."""
    with start(tmp_path_factory.mktemp("traces") / "spans.db") as server:
        server.export(*((DATA / name).read_bytes() for name in (CAPTURE, OTHER)))
        yield server


@pytest.fixture(scope="session")
def store(recorded: Server) -> Path:
    """Return the file that the server writes."""
    return recorded.log.with_suffix("")


@pytest.fixture(params=["server", "file"])
def traces(request: pytest.FixtureRequest, recorded: Server, store: Path) -> Iterator[Traces]:
    """Return both ways to read the same."""
    with spanglass.open(recorded.url if request.param == "server" else store) as traces:
        yield traces
