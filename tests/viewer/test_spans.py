"""A session's outline and one span, as a client reads them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Config, Limits
from spanglass.model.record import Kind, Members, fragment
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.store.samples import ids, message, part, span, span_id, trace_id
from spanglass.store.testing_viewing import acting, call
from spanglass.viewer.times import uuid_text
from tests.viewer.writing import unwritten

Get = Callable[..., Any]
BASE = "/api/assistants/{}/sessions/{}".format(*map(uuid_text, ids()))
SPAN = uuid_text(span_id(1))


def test_an_outline_tells_what_a_row_needs(store: Store, get: Get) -> None:
    """A span's row has its place, its time, how it ended, who did what with which model, and what that cost."""
    failed = Members(
        b'"status":"TIMEOUT","statusDescription":"too slow"',
        b'"errorType":"timeout","usageInputTokens":1000000,"usageTotalTokens":1000000,"timeToFirstTokenMs":7',
    )
    model = acting("inference", aiAgentName="planner", requestModel="gpt-4.1") | {"own": failed}
    handed = acting("invoke_agent", interactionMode="HANDOFF", targetAgentId="t", returnReason="COMPLETE")
    store.write([part(span(1, **handed), span(2, parent_span_id=span_id(1), inputs=(message("x"),), **model))])
    first, second = get(f"{BASE}/outline")["spans"]
    assert first | {"request": "", "start": 0, "end": 0} == {
        "id": uuid_text(span_id(1)),
        "request": "",
        "name": "x",
        "op": "invoke_agent",
        "type": "INTERNAL",
        "start": 0,
        "end": 0,
        "status": "OK",
        "messages": 0,
        "newMessages": 0,
        "interactionMode": "HANDOFF",
        "targetAgentId": "t",
        "returnReason": "COMPLETE",
    }
    assert (second["parent"], second["status"], second["statusDescription"]) == (first["id"], "TIMEOUT", "too slow")
    assert (second["errorType"], second["agent"], second["model"]) == ("timeout", "planner", "gpt-4.1")
    assert (second["cost"], second["ttftMs"], second["messages"], second["newMessages"]) == (2.0, 7, 1, 1)
    assert second["tokens"] == {"input": 1_000_000, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 1_000_000}
    assert second["end"] - second["start"] == 0.5


def test_an_outline_is_paged(store: Store, get: Get) -> None:
    """Pages follow each other by cursor and together are the session."""
    store.write([part(*(span(n) for n in range(7)))])
    told: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(f"{BASE}/outline", limit=3, **cursor)
        told += [each["id"] for each in page["spans"]]
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert told == [uuid_text(span_id(n)) for n in range(7)]


def test_one_span_is_told_with_what_it_goes_on_from(store: Store, get: Get) -> None:
    """A span is there whole, as ListSpans gives it, with the call before it and what nobody claims."""
    detail = b'{"spanId":"00f067aa0ba902b7","attributes":{"gen_ai.request.model":"m","custom.colour":"red"}}'
    said = [f"m{n}" for n in range(61)]
    system = tuple(fragment(Kind.SYSTEM, b'[{"text":{"value":"%d"}}]' % n) for n in range(2))
    later = call(2, *said, answer="end", system=system, own_detail=detail, inputs_shown_from=11)
    store.write([part(call(1, *said[:59], answer=said[59]), later)])
    told = get(f"{BASE}/spans/{uuid_text(span_id(2))}")
    assert told["previous"] == {"spanId": uuid_text(span_id(1)), "inputs": 60}
    assert told["unclaimed"] == {"custom.colour": "red"}
    assert len(told["span"]["attributes"]["inputMessages"]) == 61
    assert len(told["raw"]["attributes"]["inputMessages"]) == 50
    assert told["span"]["systemInstructionsRest"] == [{"text": {"value": "1"}}]
    listed = msgspec.json.decode(Reader(store, Limits()).list_spans(*ids()).body)["spans"]
    assert told["raw"] == listed[1]
    assert "previous" not in get(f"{BASE}/spans/{uuid_text(span_id(1))}")


@pytest.mark.parametrize(
    "path", ["outline", "conversation", "opening", "spans", f"spans/{SPAN}", f"spans/{SPAN}/explain"]
)
def test_a_session_that_is_not_there(get: Get, path: str) -> None:
    """Of a session that does not exist there is nothing, and the answer says so."""
    assert "was not found" in get(f"{BASE}/{path}", 404)["error"]


def test_a_span_of_another_session_is_not_there(store: Store, get: Get) -> None:
    """A span is found under its own session alone."""
    store.write([part(span(1)), part(span(2, trace=1), session="t", trace=1)])
    assert get(f"{BASE}/spans/{uuid_text(span_id(1))}")["span"]["spanId"] == uuid_text(span_id(1))
    for path in ("", "/explain"):
        assert "was not found" in get(f"{BASE}/spans/{uuid_text(span_id(2))}{path}", 404)["error"]


def test_a_span_is_explained(store: Store, get: Get) -> None:
    """Each attribute has its claims, and beside them is what came of all."""
    detail = msgspec.json.encode(
        {
            "spanId": "00f067aa0ba902b7",
            "name": "chat m",
            "attributes": {"gen_ai.usage.prompt_tokens": 1, "gen_ai.usage.input_tokens": 2, "custom.colour": "red"},
            "scope": {"name": "mine"},
            "withheld": {"temperature": 1.3},
        }
    )
    store.write([part(call(1, "m1", answer="end", own_detail=detail))])
    told = get(f"{BASE}/spans/{SPAN}/explain")
    assert {claim.pop("attribute"): claim for claim in told.pop("claims")} == {
        "gen_ai.usage.prompt_tokens": {
            "outcome": "outranked",
            "made": False,
            "dialect": "OpenTelemetry GenAI",
            "member": "input_tokens",
            "by": "gen_ai.usage.input_tokens",
        },
        "gen_ai.usage.input_tokens": {
            "outcome": "used",
            "made": False,
            "dialect": "OpenTelemetry GenAI",
            "member": "input_tokens",
        },
        "custom.colour": {"outcome": "kept", "made": False},
    }
    assert told.pop("members")["attributes"]["operationName"] == "inference"
    assert told == {
        "name": "chat m",
        "traceId": trace_id(0).hex(),
        "otelSpanId": "00f067aa0ba902b7",
        "scope": "mine",
        "messages": {"input": 1, "output": 1, "system": 0},
        "withheld": {"temperature": 1.3},
    }


def test_own_attributes_for_sessions_are_claimed(store: Store) -> None:
    """What an application names its sessions by is explained as that, and is nothing that nobody claims."""
    store.write([part(call(1, own_detail=b'{"spanId":"00f067aa0ba902b7","attributes":{"app.talk":"t"}}'))])
    config = Config(session_attributes="app.talk")
    with ThreadPoolExecutor(1) as threads:
        served = viewer.routes(Reader(store, config.limits), store, unwritten, threads, config)
        client = TestClient(Starlette(routes=served))
        (claim,) = client.get(f"{BASE}/spans/{SPAN}/explain").json()["claims"]
        assert claim == {"attribute": "app.talk", "outcome": "used", "made": False, "member": "session"}
        assert client.get(f"{BASE}/spans/{SPAN}").json()["unclaimed"] == {}
