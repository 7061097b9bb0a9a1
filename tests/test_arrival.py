"""One set of spans and log records leaves one state, however ordered, cut and repeated, over restarts too."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanglass.config import Limits
from spanglass.mappers import MappingHere
from spanglass.mapping import Mapper
from spanglass.reading import Reader
from spanglass.recording import Recorder
from spanglass.store.interface import SessionRecord, Store
from spanglass.store.memory import MemoryStore
from spanglass.store.sqlite import SqliteStore
from spanglass.telemetry import Attributes, ExportRequest, LogRecord, Resource, Scope, Span, Value

LIMITS: Final = Limits()
RESOURCES: Final = tuple(Resource({"service.name": name}) for name in ("support", "travel"))
SCOPE: Final = Scope("agent")
TRACES: Final = (b"\x01" * 16, b"\x02" * 16)
SPANS_MAX: Final = 6
SESSIONS: Final[tuple[Attributes, ...]] = (
    {},
    {},
    {"gen_ai.conversation.id": "thread-1"},
    {"gen_ai.conversation.id": "thread-2"},
    {"session.id": "visit-1"},
    {"spanglass.session.id": "0c7a1f9e-3b52-4a0f-9a63-3f0f9e2b7c11"},
)
"""What a span may tell of its session; most tell nothing."""
USES: Final = ("call_1", "call_2")
TEXTS: Final = ("hello", "what is 17*23?", "391")
Piece: TypeAlias = Span | LogRecord
Answers: TypeAlias = dict[tuple[bytes, bytes], list[bytes]]


def said(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


MESSAGES: Final = (
    *(said("user", {"type": "text", "content": text}) for text in TEXTS),
    *(said("assistant", {"type": "text", "content": text}) for text in TEXTS),
    *(said("assistant", {"type": "tool_call", "id": use, "name": "add", "arguments": {"a": 1}}) for use in USES),
    *(said("tool", {"type": "tool_call_response", "id": use, "response": "391"}) for use in USES),
)
messages = st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=4).map(json.dumps)
chats = st.fixed_dictionaries(
    {"gen_ai.operation.name": st.just("chat"), "gen_ai.request.model": st.sampled_from(["m1", "m2"])},
    optional={
        "gen_ai.input.messages": messages,
        "gen_ai.output.messages": messages,
        "gen_ai.response.id": st.just("resp_1"),
        "gen_ai.usage.input_tokens": st.integers(0, 9),
        "gen_ai.system_instructions": st.just('[{"type":"text","content":"Be brief."}]'),
    },
)
tools = st.fixed_dictionaries(
    {"gen_ai.operation.name": st.just("execute_tool"), "gen_ai.tool.name": st.just("add")},
    optional={
        "gen_ai.tool.call.id": st.sampled_from(USES),
        "gen_ai.tool.call.arguments": st.just('{"a": 1}'),
        "gen_ai.tool.call.result": st.just("391"),
    },
)
agents = st.fixed_dictionaries(
    {"gen_ai.operation.name": st.just("invoke_agent")}, optional={"gen_ai.agent.name": st.sampled_from(["ann", "bob"])}
)
others = st.just({"http.route": "/chat"})
events: st.SearchStrategy[tuple[str, Value, Attributes]] = st.one_of(
    st.builds(lambda text: ("gen_ai.user.message", {"content": text}, {}), st.sampled_from(TEXTS)),
    st.builds(lambda text: ("gen_ai.choice", {"message": {"content": text}}, {}), st.sampled_from(TEXTS)),
    st.builds(lambda told: ("gen_ai.client.inference.operation.details", None, told), chats),
    st.just(("gen_ai.evaluation.result", None, {"gen_ai.conversation.id": "thread-2"})),
)


@st.composite
def spans(draw: st.DrawFn) -> list[Piece]:
    """Draw the spans of two traces; some come twice, first while they run. Parents may be missing or in circles.

    Some have log records; the last log records are of spans that never come.
    """
    drawn = list[Piece]()
    for trace in TRACES:
        resource = draw(st.sampled_from(RESOURCES))
        for number in range(1, draw(st.integers(1, SPANS_MAX)) + 1):
            attributes: Attributes = {
                **draw(st.one_of(chats, chats, tools, agents, others)),
                **draw(st.sampled_from(SESSIONS)),
            }
            parent, start_ns = draw(st.integers(0, SPANS_MAX)), draw(st.integers(1, 20))
            span = Span(
                trace,
                bytes((number,)) * 8,
                resource,
                SCOPE,
                name=f"span {number}",
                parent_span_id=bytes((parent,)) * 8 if parent else b"",
                kind=draw(st.integers(0, 3)),
                start_ns=start_ns,
                end_ns=draw(st.integers(start_ns, 25)),
                attributes=attributes,
                status_code=draw(st.sampled_from([0, 1, 2])),
            )
            drawn.append(span)
            if draw(st.booleans()):
                drawn.append(unfinished(span))
        for at in range(draw(st.integers(0, 4))):
            observed_ns = draw(st.sampled_from([1, 10_000_000])) + at
            drawn.append(logged(trace, draw(st.integers(1, SPANS_MAX + 1)), resource, observed_ns, draw(events)))
    return drawn


def logged(
    trace: bytes, number: int, resource: Resource, observed_ns: int, event: tuple[str, Value, Attributes]
) -> LogRecord:
    """Return a log record of a span; of one span no two are of one time."""
    name, body, attributes = event
    return LogRecord(
        trace, bytes((number,)) * 8, resource, SCOPE, name, 0, observed_ns, attributes=attributes, body=body
    )


def unfinished(span: Span) -> Span:
    """Return what an emitter that tells of a span as it begins sends first."""
    attributes = {key: value for key, value in span.attributes.items() if "output" not in key and "usage" not in key}
    return Span(
        span.trace_id,
        span.span_id,
        span.resource,
        span.scope,
        span.name,
        span.parent_span_id,
        span.kind,
        span.start_ns,
        attributes=attributes,
    )


@st.composite
def arrivals(draw: st.DrawFn, of: Sequence[Piece]) -> list[list[list[Piece]]]:
    """Draw how spans arrive: some of them again, in any order, in requests, with restarts between some of these."""
    again = draw(st.lists(st.sampled_from(of), max_size=4))
    rest = draw(st.permutations([*of, *again]))
    lives: list[list[list[Piece]]] = [[]]
    while rest:
        count = draw(st.integers(1, 4))
        lives[-1].append(rest[:count])
        rest = rest[count:]
        if draw(st.integers(0, 3)) == 0:
            lives.append([])
    return lives


def request(pieces: Sequence[Piece]) -> ExportRequest:
    """Return a request of spans and log records, which on the wire would be two."""
    spans = [piece for piece in pieces if isinstance(piece, Span)]
    return ExportRequest(spans, logs=[piece for piece in pieces if isinstance(piece, LogRecord)])


async def record(store: Store, requests: Sequence[Sequence[Piece]]) -> None:
    """Record requests that come one right after the other, by a process that has just started."""
    mapper = Mapper(memo_bytes_max=1 << 20, document_depth_max=LIMITS.document_depth_max)
    recorder = Recorder(store, MappingHere(mapper), LIMITS)
    try:
        await asyncio.gather(*(recorder.record(partial(request, some), 1) for some in requests))
    finally:
        recorder.close()


def state(store: Store) -> tuple[list[SessionRecord], Answers]:
    """Return all that can be listed: the sessions with their roll-ups, and each one's pages."""
    reader, sessions = Reader(store, LIMITS), store.sessions(limit=1000).sessions
    return sessions, {(session.assistant_id, session.session_id): list(pages(reader, session)) for session in sessions}


def pages(reader: Reader, session: SessionRecord) -> Iterator[bytes]:
    token = None
    while True:
        body = reader.list_spans(session.assistant_id, session.session_id, max_results=3, next_token=token).body
        yield body
        if (token := msgspec.json.decode(body).get("nextToken")) is None:
            return


def expected(of: Sequence[Piece]) -> tuple[list[SessionRecord], Answers]:
    """Return the state after all spans came at once."""
    store = MemoryStore()
    asyncio.run(record(store, [of]))
    return state(store)


@given(st.data())
def test_any_arrival_in_memory(data: st.DataObject) -> None:
    """Whatever way spans arrive, all that can be listed is as if they had come at once."""
    of = data.draw(spans())
    store = MemoryStore()
    for requests in data.draw(arrivals(of)):
        asyncio.run(record(store, requests))
    assert state(store) == expected(of)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_arrival_on_disk(tmp_path: Path, data: st.DataObject) -> None:
    """The same holds for a file that is closed and opened again at any time between."""
    of = data.draw(spans())
    path = tmp_path / "spans.db"
    for file in tmp_path.iterdir():
        file.unlink()
    for requests in data.draw(arrivals(of)):
        with closing(SqliteStore(path)) as store:
            asyncio.run(record(store, requests))
    with closing(SqliteStore(path)) as store:
        assert state(store) == expected(of)
