"""The viewer's routes over a store, as a client calls them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Config
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.store.memory import MemoryStore
from tests.viewer.writing import unwritten


@pytest.fixture
def store() -> Store:
    return MemoryStore()


@pytest.fixture
def routes(store: Store) -> Iterator[list[Any]]:
    config = Config()
    with ThreadPoolExecutor(2) as threads:
        yield viewer.routes(Reader(store, config.limits), store, unwritten, threads, config)


@pytest.fixture
def client(routes: list[Any]) -> TestClient:
    return TestClient(Starlette(routes=routes))


@pytest.fixture
def get(client: TestClient) -> Callable[..., Any]:
    """Return what gets JSON, whatever the path, and holds the answer to its status and type."""

    def get(path: str, code: int = 200, **query: Any) -> Any:  # noqa: ANN401 (JSON)
        answer = client.get(path, params=query or None)
        assert answer.status_code == code, answer.text[:500]
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"
        return answer.json()

    return get
