"""A server that the tests of a module share, and unmodified boto3."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import boto3
import pytest

from tests.integration.serving import Server, start

Connect: TypeAlias = Callable[[Server], Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Server]:
    """Return a server on a store of the module's own."""
    with start(tmp_path_factory.mktemp("store") / "spans.db", environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Return settings of ``server``; a module may have its own."""
    return {}


@pytest.fixture(scope="session")
def connect() -> Iterator[Connect]:
    """Return what makes a boto3 client of a server, as anyone makes it."""
    session = boto3.Session("AKIDEXAMPLE", "a secret", region_name="us-east-1")
    with ExitStack() as clients:

        def connect(server: Server) -> Any:  # noqa: ANN401 (boto3 makes its clients' classes at run time)
            client = session.client("qconnect", endpoint_url=server.url)
            clients.callback(client.close)
            return client

        yield connect
