"""Server-sent events: what changed, from where a client left off, and what is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Config, Limits
from spanglass.reading import Reader
from spanglass.store.interface import Store, UnavailableError
from spanglass.store.samples import ids, part, span
from spanglass.viewer import events
from tests.viewer.writing import unwritten


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    """Return a client of a server whose streams end as soon as there is nothing to tell."""
    config = Config(limits=Limits(event_stream_seconds_max=0.001))
    with ThreadPoolExecutor(1) as threads:
        routes = viewer.routes(Reader(store, config.limits), store, unwritten, threads, config)
        yield TestClient(Starlette(routes=routes))


def followed(client: TestClient, last: int | None = None) -> list[dict[str, str]]:
    """Return the events of one stream, each by its fields."""
    headers = {} if last is None else {"last-event-id": str(last)}
    answer = client.get("/api/events", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "private, no-store"
    retry, *told, rest = answer.text.split("\n\n")
    assert (retry, rest) == (f"retry: {events.RETRY_MS}", "")
    return [dict(line.split(": ", 1) for line in event.split("\n")) for event in told]


def test_a_first_look_begins_now(store: Store, client: TestClient) -> None:
    """Who has heard nothing yet is told to fetch the list, and where the stream goes on."""
    store.write([part(span(1))])
    assert followed(client) == [{"event": "reset", "id": "1", "data": "{}"}]


def test_asking_for_the_head_opens_no_stream(client: TestClient) -> None:
    """HEAD is answered as GET would be, and is over with that."""
    answer = client.head("/api/events")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.content == b""


def test_what_changed_since_is_told(store: Store, client: TestClient) -> None:
    """Who comes back hears of each session that changed since, as it is now, and of those that went."""
    store.write([part(span(1))])
    store.write([part(span(2, trace=1), session="t", trace=1)])
    store.write([part(span(3))])
    store.delete_session(*ids(session="t"))
    changed, gone = followed(client, 1)
    assert (changed["event"], changed["id"], gone["event"], gone["id"]) == ("session", "3", "gone", "4")
    (session,) = client.get("/api/sessions").json()["sessions"]
    assert msgspec.json.decode(changed["data"]) == session
    assert msgspec.json.decode(gone["data"]).keys() == {"assistantId", "sessionId"}


@pytest.mark.parametrize("last", [0, 99])
def test_who_is_too_far_behind_or_ahead_starts_anew(
    store: Store, client: TestClient, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    """Where too much changed, or the number is of another store, the list is to be fetched."""
    monkeypatch.setattr(events, "BEHIND_MAX", 2)
    for number in range(3):
        store.write([part(span(number, trace=number), session=f"s{number}", trace=number)])
    assert followed(client, last) == [{"event": "reset", "id": "3", "data": "{}"}]


def test_a_number_that_is_none_is_refused(client: TestClient) -> None:
    """Last-Event-ID is a number that an event came with; parameters there are none."""
    for headers, query in (({"last-event-id": "x"}, ""), ({"last-event-id": "9" * 30}, ""), ({}, "?since=1")):
        answer = client.get(f"/api/events{query}", headers=headers)
        assert (answer.status_code, answer.json().keys()) == (400, {"error"})


def test_a_store_that_cannot_answer_ends_the_stream(
    store: Store, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream ends, and the browser comes back by itself."""

    def fail() -> int:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(store, "last_change", fail)
    assert followed(client) == []
