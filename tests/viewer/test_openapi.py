"""Every operation of the API is described, and every answer has exactly the form that the description gives it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Limits
from spanglass.reading import Reader
from spanglass.store.memory import MemoryStore

Description = dict[str, Any]


@pytest.fixture
def routes() -> Iterator[list[Any]]:
    with ThreadPoolExecutor(1) as threads:
        yield viewer.routes(Reader(MemoryStore(), Limits()), threads)


@pytest.fixture
def description(routes: list[Any]) -> Description:
    answer = TestClient(Starlette(routes=routes)).get("/api/openapi.json")
    assert answer.status_code == 200
    told: Description = msgspec.json.decode(answer.content)
    return told


def test_every_route_is_described(routes: list[Any], description: Description) -> None:
    """The paths and methods are those that are served, the description itself and the answer to the rest aside."""
    served = {
        (route.path, method.lower())
        for route in routes
        if isinstance(route, Route) and route.path.startswith("/api/") and route.methods
        for method in route.methods - {"HEAD"}
        if route.path not in {"/api/openapi.json", "/api/{path:path}"}
    }
    assert served == {(path, method) for path, methods in description["paths"].items() for method in methods}


def test_every_name_is_told(description: Description) -> None:
    """Each operation has an id of its own and a summary, its path's names are parameters, references lead somewhere."""
    operations = [operation for methods in description["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for path, methods in description["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert all(f"{{{name}}}" in path for name in named)
            assert path.count("{") == len(named)
    assert set(references(description)) <= {f"#/components/schemas/{n}" for n in description["components"]["schemas"]}


def references(part: Any) -> Iterator[str]:  # noqa: ANN401 (JSON)
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)
