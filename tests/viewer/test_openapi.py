"""Every operation of the API is described, and every answer has exactly the form that the description gives it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from spanglass.store.interface import Store
from spanglass.store.samples import EPOCH_NS, part, span
from spanglass.store.sqlite import SqliteStore
from spanglass.viewer.api import OPERATIONS
from tests.captures import CAPTURES, exported, mapper

Description = dict[str, Any]
Get = Callable[..., Any]
QUERIES: dict[str, dict[str, Any]] = {
    "/api/sessions": {"q": "weather", "status": ["ok", "error"]},
    "/api/facets": {"kind": "tool"},
    "/api/find": {"id": "11111111-2222-4333-8444-555555555555"},
    "/api/overview": {"from": 0, "to": 4_000_000_000},
}
"""What those operations are asked for that need to be asked for something."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with what some frameworks sent."""
    store = SqliteStore(tmp_path / "s.db")
    for capture in CAPTURES:
        store.write(mapper().parts(exported(capture)))
    yield store
    store.close()


@pytest.fixture
def description(client: TestClient) -> Description:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    told: Description = msgspec.json.decode(answer.content)
    return told


def test_every_route_is_described(routes: list[Any], description: Description) -> None:
    """The paths and methods are those that are served, the description itself aside."""
    served = {
        (route.path, method.lower())
        for route in routes
        if isinstance(route, Route) and route.path.startswith("/api/") and route.methods
        for method in route.methods - {"HEAD"}
        if route.path != "/api/openapi.json"
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
            assert named == set(re.findall(r"\{(\w+)\}", path))
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


def test_every_answer_is_as_described(get: Get) -> None:
    """Each operation answers with its type, no member more and none less, for whatever frameworks sent."""
    for session in get("/api/sessions")["sessions"]:
        place = {"assistantId": session["assistantId"], "sessionId": session["sessionId"]}
        outline = get(f"/api/assistants/{place['assistantId']}/sessions/{place['sessionId']}/outline")
        for operation in OPERATIONS:
            if operation.method == "GET":
                path = operation.path.format(**place, spanId=outline["spans"][-1]["id"])
                held(get(path, **QUERIES.get(operation.path, {})), operation.answers)


def held(answer: Any, form: Any) -> None:  # noqa: ANN401 (JSON and a type)
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(answer, form))) == answer


def test_a_session_that_runs_is_as_described(store: Store, get: Get) -> None:
    """What has no end yet has none in the answers either, nor what ListSpans would show of it."""
    store.write([part(span(1, end_ns=0))])
    (session,) = get("/api/sessions", status="running")["sessions"]
    base = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}"
    (outline,) = get(f"{base}/outline")["spans"]
    assert "end" not in outline
    told = get(f"{base}/spans/{outline['id']}")
    assert "raw" not in told
    assert "endTimestamp" not in told["span"]
    assert session["startTimestamp"] == session["endTimestamp"] == EPOCH_NS // 10**9 + 1
