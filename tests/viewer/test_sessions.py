"""The list of sessions, its filters, excerpts, completion, ids and deletion, as a client asks for them."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from spanglass.model.record import Kind, Members
from spanglass.store.interface import Store
from spanglass.store.samples import EPOCH_NS, message, part, span, span_id, trace_id
from spanglass.store.testing_viewing import acting, fill, using
from spanglass.viewer.times import uuid_text

Get = Callable[..., Any]
EPOCH = EPOCH_NS // 10**9


def names(get: Get, **query: Any) -> list[str]:  # noqa: ANN401 (a query's values)
    return [session["name"] for session in get("/api/sessions", **query)["sessions"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "error"}, ["failed"]),
        ({"status": ["timeout", "running"]}, ["running", "late"]),
        ({"errorType": "ValueError"}, ["failed"]),
        ({"model": ["m2", "m3"]}, ["model"]),
        ({"agent": "planner"}, ["long"]),
        ({"tool": "get_weather"}, ["tool"]),
        ({"minDurationMs": 60_000}, ["long"]),
        ({"maxDurationMs": 0.5}, ["running"]),
        ({"minTokens": 1000}, ["costly"]),
        ({"minTokens": 1, "maxTokens": 100}, ["running", "plain"]),
        ({"from": EPOCH + 3, "to": EPOCH + 5}, ["running", "late"]),
        ({"q": "hello", "status": "error"}, ["failed"]),
        ({"q": ""}, ["costly", "model", "tool", "long", "running", "late", "failed", "plain"]),
    ],
)
def test_filters(store: Store, get: Get, query: dict[str, Any], found: list[str]) -> None:
    """Each parameter narrows the list as its name says, and they hold together."""
    fill(store)
    assert names(get, **query) == found


def test_pages_are_of_one_query(store: Store, get: Get) -> None:
    """A cursor goes on with the query that gave it, and with no other."""
    fill(store)
    first = get("/api/sessions", status="ok", limit=2)
    assert names(get, status="ok", limit=2, cursor=first["nextCursor"]) == ["tool", "long"]
    assert "token" in get("/api/sessions", 400, status="error", limit=2, cursor=first["nextCursor"])["error"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"status": "fine"}, "status"),
        ({"from": "yesterday"}, "from"),
        ({"from": "nan"}, "from"),
        ({"to": -1}, "to"),
        ({"minTokens": 1.5}, "minTokens"),
        ({"maxDurationMs": "1e400"}, "maxDurationMs"),
        ({"model": ["m"] * 21}, "model"),
        ({"agent": "x" * 1001}, "agent"),
        ({"assistantId": ["a"]}, "assistantId"),
    ],
)
def test_what_is_wrong_is_named(get: Get, query: dict[str, Any], named: str) -> None:
    """A filter that cannot be used is refused by name."""
    assert get("/api/sessions", 400, **query)["error"].startswith(f"{named}: ")


def test_what_was_found_is_shown(store: Store, get: Get) -> None:
    """With words, sessions have excerpts: where they were said, by which span, and which letters to mark."""
    said = (message("I need a blue umbrella"), message("Umbrellas are sold out, but an umbrella can be had", Kind.BOT))
    store.write([part(span(1, inputs=said, system=(message("You sell an umbrella", Kind.SYSTEM),)))])
    (session,) = get("/api/sessions", q="umbrella")["sessions"]
    base = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}"
    whole = get(f"{base}/spans")["spans"][0]
    told = {excerpt.get("messageId"): excerpt for excerpt in session["excerpts"]}
    assert told.keys() == {None, *(each["messageId"] for each in whole["attributes"]["inputMessages"])}
    assert {excerpt["spanId"] for excerpt in session["excerpts"]} == {whole["spanId"]}
    assert [e["text"][low:high] for e in session["excerpts"] for low, high in e["marks"]] == ["umbrella"] * 3
    (session,) = get("/api/sessions")["sessions"]
    assert "excerpts" not in session


def test_facets_complete_what_is_typed(store: Store, get: Get) -> None:
    """Values come with how many sessions have them; assistants with their ids."""
    fill(store)
    assert get("/api/facets", kind="model", prefix="M")["values"] == [
        {"value": "m1", "count": 5},
        {"value": "m2", "count": 1},
    ]
    assert [each["value"] for each in get("/api/facets", kind="errorType")["values"]] == ["ValueError", "timeout"]
    bot, other = get("/api/facets", kind="assistant")["values"]
    assert (bot["value"], bot["count"], other["value"], other["count"]) == ("bot", 6, "other", 2)
    assert get("/api/facets", kind="model", assistantId=other["id"])["values"] == [{"value": "m1", "count": 1}]
    assert "kind" in get("/api/facets", 400)["error"]


@pytest.mark.parametrize(
    ("sought", "kinds"),
    [
        ("contact-7", ["contact"]),
        ("conversation 7", ["session"]),
        (" conversation 7 ", ["session"]),
        (uuid_text(span_id(1)), ["span"]),
        (uuid_text(span_id(1)).upper(), ["span"]),
        (trace_id(0).hex(), ["trace"]),
        (uuid_text(trace_id(0)), ["trace"]),
        ("00f067aa0ba902b7", ["span"]),
        ("nothing", []),
        ("00f067aa0ba902b8", []),
        (uuid_text(bytes(16)), []),
    ],
)
def test_ids_of_all_kinds_lead_to_the_session(store: Store, get: Get, sought: str, kinds: list[str]) -> None:
    """A contact, a session by name or id, a span, a trace: whatever somebody has of a session leads there."""
    acted = acting("inference", contactId="contact-7", requestModel="m")
    store.write([part(span(1, own_detail=b'{"spanId":"00f067aa0ba902b7"}', **acted), session="conversation 7")])
    store.write([part(span(2, trace=1), session="another", trace=1)])
    found = get("/api/find", id=sought)["found"]
    assert [each["kind"] for each in found] == kinds
    assert all(each["name"] == "conversation 7" for each in found)
    (session,) = get("/api/sessions", model="m")["sessions"]
    assert [each["kind"] for each in get("/api/find", id=session["sessionId"])["found"]] == ["session"]
    assert all(each["spanId"] == uuid_text(span_id(1)) for each in found if each["kind"] in {"span", "trace"})


def test_what_a_session_costs(store: Store, get: Get) -> None:
    """A session costs what its models' tokens do, and nothing is said of a session with a model without a price."""
    tokens = b'"usageInputTokens":1000000,"usageOutputTokens":100000,"usageTotalTokens":1100000'
    known, unknown = acting("inference", requestModel="gpt-4.1"), acting("inference", requestModel="what")
    for members in (known, unknown):
        members["own"] = Members(b'"status":"OK"', tokens)
    store.write([part(span(1, **known))])
    (session,) = get("/api/sessions")["sessions"]
    assert session["cost"] == 2.8
    store.write([part(span(2, **unknown))])
    (session,) = get("/api/sessions")["sessions"]
    assert "cost" not in session


def test_sessions_are_deleted(store: Store, client: TestClient, get: Get) -> None:
    """One session is deleted by its path, old ones by a time; deleting again deletes nothing."""
    for number in range(4):
        store.write([part(span(number, trace=number), session=f"s{number}", trace=number)])
    session = get("/api/sessions")["sessions"][0]
    path = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}"
    assert client.delete(path).json() == {"deleted": 1}
    assert client.delete(path).json() == {"deleted": 0}
    assert client.delete(f"/api/sessions?before={EPOCH + 1}").json() == {"deleted": 1}
    assert names(get) == ["s2", "s1"]
    assert client.delete("/api/sessions").status_code == 400


def test_tools_are_told_by_name(store: Store, get: Get) -> None:
    """An outline tells which tool a span uses."""
    store.write([part(span(1, inputs=using("get_weather"), **acting("execute_tool")))])
    (session,) = get("/api/sessions")["sessions"]
    (outline,) = get(f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}/outline")["spans"]
    assert (outline["tool"], outline["op"]) == ("get_weather", "execute_tool")
