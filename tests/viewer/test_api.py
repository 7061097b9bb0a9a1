"""The JSON API over a real store: the list of sessions, the search, spans whole, and what it refuses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Config, Limits
from spanglass.model.record import Kind, Members, fragment
from spanglass.reading import Reader
from spanglass.store.interface import UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import message, part, span, trace_id
from tests.viewer.writing import unwritten


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(store: MemoryStore) -> Iterator[TestClient]:
    with ThreadPoolExecutor(1) as threads:
        yield TestClient(Starlette(routes=viewer.routes(Reader(store, Limits()), store, unwritten, threads, Config())))


@pytest.mark.parametrize("method", ["POST", "TRACE", "PURGE"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    """A path that is there answers another method with 405, in the API's own form."""
    answer = client.request(method, "/api/sessions")
    assert (answer.status_code, answer.json()) == (405, {"error": f"{method} is not offered here"})


@pytest.mark.parametrize("path", ["nothing", "assistants/a%0Ab/sessions/c%0Ad/spans/e/f", "%0A"])
def test_other_paths_are_refused(client: TestClient, path: str) -> None:
    """A path that is not there is told so in the API's own form, whatever it is made of."""
    answer = client.get(f"/api/{path}")
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


def get(client: TestClient, path: str, status: int = 200) -> Any:  # noqa: ANN401 (JSON)
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_an_empty_store_has_no_sessions(client: TestClient) -> None:
    """With nothing written the list is empty and has no next page."""
    assert get(client, "/api/sessions") == {"sessions": []}


def test_a_session_is_told_with_its_sums(store: MemoryStore, client: TestClient) -> None:
    """A session has its ids as UUIDs, its names, its time in seconds, and its counts."""
    store.write([part(span(1), span(2))])
    (session,) = get(client, "/api/sessions")["sessions"]
    assert session["name"] == "s"
    assert session["assistantName"] == "bot"
    assert len(session["assistantId"]) == len(session["sessionId"]) == 36
    assert session["startTimestamp"] == 1_760_000_001.0
    assert session["endTimestamp"] == 1_760_000_002.5
    assert (session["spans"], session["roots"], session["inputTokens"], session["models"]) == (2, 2, 14, {"m1": 2})


def test_sessions_are_paged(store: MemoryStore, client: TestClient) -> None:
    """Pages follow each other by cursor, newest first, until one has none."""
    for number in range(5):
        store.write([part(span(number, trace=number), session=f"s{number}", trace=number)])
    names, cursor = [], ""
    while True:
        page = get(client, f"/api/sessions?limit=2{cursor}")
        names += [session["name"] for session in page["sessions"]]
        if "nextCursor" not in page:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert names == ["s4", "s3", "s2", "s1", "s0"]


def test_sessions_are_searched_and_held_to_an_assistant(store: MemoryStore, client: TestClient) -> None:
    """``q`` finds what was said, ``assistantId`` keeps to one assistant."""
    store.write([part(span(1, inputs=(message("the blue umbrella"),)))])
    store.write([part(span(2, trace=1), assistant="other", session="t", trace=1)])
    assert [s["name"] for s in get(client, "/api/sessions?q=umbrella+BLUE")["sessions"]] == ["s"]
    assert get(client, "/api/sessions?q=parasol")["sessions"] == []
    other = next(s for s in get(client, "/api/sessions")["sessions"] if s["name"] == "t")
    assert get(client, f"/api/sessions?assistantId={other['assistantId']}")["sessions"] == [other]


def test_spans_come_whole(store: MemoryStore, client: TestClient) -> None:
    """What ListSpans holds back is here: early messages, the rest of instructions, running spans, verbatim detail."""
    said = tuple(message(f"m{n}") for n in range(60))
    system = tuple(fragment(Kind.SYSTEM, b'[{"text":{"value":"%d"}}]' % n) for n in range(2))
    details = (fragment(Kind.DETAIL, b'{"resource":{"attributes":{"a":1}}}'),)
    store.write(
        [
            part(
                span(1, inputs=said, inputs_shown_from=10, system=system, details=details, own_detail=b'{"kind":3}'),
                span(2, end_ns=0, own=Members()),
            )
        ]
    )
    (session,) = get(client, "/api/sessions")["sessions"]
    path = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}/spans"
    whole, running = get(client, path)["spans"]
    assert [m["values"][0]["text"]["value"] for m in whole["attributes"]["inputMessages"]] == [
        f"m{n}" for n in range(60)
    ]
    assert whole["attributes"]["systemInstructions"] == [{"text": {"value": "0"}}]
    assert whole["systemInstructionsRest"] == [{"text": {"value": "1"}}]
    assert whole["detail"] == {"resource": {"attributes": {"a": 1}}, "kind": 3}
    assert whole["requestId"].replace("-", "") == trace_id(0).hex()
    assert whole["inputMessagesShownFrom"] == 10
    assert "outputMessagesShownFrom" not in whole
    assert whole["startTimeUnixNano"] == str(span(1).start_ns)
    assert whole["endTimeUnixNano"] == str(span(1).end_ns)
    assert "endTimestamp" in whole
    assert not {"endTimestamp", "endTimeUnixNano", "inputMessagesShownFrom"} & running.keys()


def test_spans_are_paged(store: MemoryStore, client: TestClient) -> None:
    """A session's spans come in pages of the size asked for."""
    store.write([part(*(span(n) for n in range(5)))])
    (session,) = get(client, "/api/sessions")["sessions"]
    path = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}/spans?limit=2"
    first = get(client, path)
    second = get(client, f"{path}&cursor={first['nextCursor']}")
    assert len({s["spanId"] for s in first["spans"] + second["spans"]}) == 4


NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/api/sessions?limit=0", 400, "limit"),
        ("/api/sessions?limit=201", 400, "200"),
        ("/api/sessions?limit=²", 400, "limit"),
        ("/api/sessions?limit=" + "9" * 5000, 400, "limit"),
        ("/api/sessions?cursor=nonsense", 400, "token"),
        ("/api/sessions?assistantId=bot", 400, "assistantId"),
        ("/api/sessions?q=" + "x" * 1001, 400, "q:"),
        (f"/api/assistants/{NOWHERE}/sessions/{NOWHERE}/spans", 404, "not found"),
        (f"/api/assistants/{NOWHERE}/sessions/what/spans", 400, "session"),
        (f"/api/assistants/what/sessions/{NOWHERE}/spans", 400, "assistant"),
        (f"/api/assistants/{NOWHERE}/sessions/{NOWHERE}/spans?limit=101", 400, "100"),
        (f"/api/assistants/{NOWHERE}/sessions/{NOWHERE}/spans?cursor=x", 400, "token"),
        (f"/api/assistants/{NOWHERE}/sessions/{NOWHERE}", 404, "not found"),
        ("/api/sessions?limit=1&limit=2", 400, "limit"),
        ("/api/sessions?agnet=x", 400, "agnet"),
        (f"/api/assistants/{NOWHERE}/sessions/{NOWHERE}?sessionId={NOWHERE}", 400, "sessionId"),
        ("/api/what", 404, "openapi.json"),
    ],
)
def test_what_is_wrong_is_told(client: TestClient, path: str, status: int, named: str) -> None:
    """A parameter that is not usable is refused with its name, an unknown session is not found."""
    assert named in get(client, path, status)["error"]


def test_a_store_that_cannot_answer_is_unavailable(
    store: MemoryStore, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store cannot answer now, the API says so and that it may pass."""

    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(store, "sessions", fail)
    assert get(client, "/api/sessions", 503) == {"error": "the disk is full"}
