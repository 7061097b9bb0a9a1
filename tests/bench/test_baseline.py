"""The plainest server, which figures are compared with."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.baseline import Application, Rows
from bench.workload import Conversation, Workload


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    rows = Rows(str(tmp_path / "rows.db"))
    yield rows
    rows.close()


@pytest.fixture
def conversation() -> Conversation:
    return Workload(7).conversation(0)


def ask(rows: Rows, *requests: tuple[str, str, bytes]) -> list[httpx2.Response]:
    async def run() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(Application(rows))
        async with httpx2.AsyncClient(transport=transport, base_url="http://baseline") as client:
            return [await client.request(method, path, content=content) for method, path, content in requests]

    return asyncio.run(run())


def listed(rows: Rows, session: str, limit: int) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = []
    query = f"?maxResults={limit}"
    while query:
        [answer] = ask(rows, ("GET", f"/assistants/any/sessions/{session}/spans{query}", b""))
        page = answer.json()
        spans += page["spans"]
        query = f"?maxResults={limit}&nextToken={page['nextToken']}" if "nextToken" in page else ""
    return spans


@pytest.mark.parametrize("limit", [3, 100])
def test_answers_every_span_it_was_sent(rows: Rows, conversation: Conversation, limit: int) -> None:
    """All spans come back in order of start, over pages of any size, also when a request is repeated."""
    bodies = [conversation.turn().body for _ in range(4)]
    ask(rows, *(("POST", "/v1/traces", body) for body in [*bodies, bodies[0]]))
    sent = [
        span
        for body in bodies
        for span in ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    ]
    sent.sort(key=lambda span: (span.start_time_unix_nano, span.span_id.hex()))
    assert [span["spanId"] for span in listed(rows, conversation.session_id, limit)] == [s.span_id.hex() for s in sent]


def test_keeps_a_span_whole(rows: Rows, conversation: Conversation) -> None:
    """A row holds the span's attributes of every type, and who emitted it."""
    ask(rows, ("POST", "/v1/traces", conversation.turn().body))
    chat = next(span for span in listed(rows, conversation.session_id, 100) if span["name"].startswith("chat"))
    attributes = chat["attributes"]
    assert chat["resource"]["service.name"] == conversation.service
    assert json.loads(attributes["gen_ai.input.messages"])[0]["role"] == "user"
    assert attributes["gen_ai.request.max_tokens"] == 2048
    assert attributes["gen_ai.request.top_p"] == 0.95
    assert attributes["gen_ai.response.finish_reasons"] in (["stop"], ["tool_call"])


def test_fixed_body_has_the_size_asked_for(rows: Rows) -> None:
    """``/fixed/N`` answers N bytes of JSON."""
    [answer] = ask(rows, ("GET", "/fixed/5000", b""))
    assert len(answer.content) == 5000
    assert answer.json()
