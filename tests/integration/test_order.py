"""Spans in any order, cut into any requests, repeated, and with restarts between: always the same ListSpans answer."""

# ruff: noqa: S311 (a seeded generator is the point, nothing here is secret)

import itertools
import random
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.integration.exports import SECOND_NS, Conversation, Ids, any_value, export, span
from tests.integration.reference import pages, written
from tests.integration.serving import Place, Server, free_port, spawned, start

SESSION: Final = "0c7a1f9e-3b52-4a0f-9a63-3f0f9e2b7c11"
OTHER: Final = "ffffffff-3b52-4a0f-9a63-3f0f9e2b7c11"
Claimed: TypeAlias = Mapping[int, Mapping[str, str]]
CLAIMS: Final[dict[str, Claimed]] = {
    "on the root": {0: {"gen_ai.conversation.id": SESSION}},
    "on the last child": {4: {"gen_ai.conversation.id": SESSION}},
    "on two, the child's stronger": {0: {"gen_ai.conversation.id": OTHER}, 2: {"session.id": SESSION}},
}
"""Attributes on the spans of a trace, by number, that tell its session."""
UUID_PATTERN: Final = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REQUEST_SPANS_MAX: Final = 3
CONNECTIONS: Final = 8


def traces(claims: Claimed) -> tuple[list[Span], list[Span]]:
    """Return a trace of five spans, the root first, and the session's next one, which repeats what was said."""
    turns = list(Conversation(random.Random(3)).turns(2, session_on=frozenset()))
    below = turns[0].second
    http = span(
        Ids(below.trace_id, b"http-001"),
        below.span_id,
        "POST",
        {"http.request.method": "POST", "http.route": "/chat"},
        start_ns=below.start_time_unix_nano + 7,
        end_ns=below.start_time_unix_nano + SECOND_NS // 100,
    )
    first = [*turns[0], http]
    for number, attributes in claims.items():
        first[number].attributes.extend(KeyValue(key=key, value=any_value(value)) for key, value in attributes.items())
    second = [*turns[1]]
    for each in second:
        each.attributes.add(key="session.id").value.string_value = SESSION
    return first, second


class Copy:
    """The same two traces under trace ids of their own, in the session of the same id of an assistant of its own."""

    def __init__(self, number: int, spans: Sequence[Span]) -> None:
        rng = random.Random(number)
        self.assistant = str(uuid.UUID(bytes=rng.randbytes(16), version=4))
        self.place = Place(self.assistant, SESSION)
        self.spans = list[Span]()
        self._names = {self.assistant.encode(): b"assistant"}
        trace_ids = {each.trace_id: rng.randbytes(16) for each in spans}
        for each in spans:
            copy = Span()
            copy.CopyFrom(each)
            copy.trace_id = trace_ids[each.trace_id]
            self.spans.append(copy)
            self._names[Ids(copy.trace_id, copy.span_id).uuid.encode()] = (
                each.name.encode() + each.span_id.hex().encode()
            )
            self._names[str(uuid.UUID(bytes=copy.trace_id)).encode()] = each.trace_id.hex().encode()

    def requests(self, order: Sequence[int], rng: random.Random) -> list[bytes]:
        """Cut the spans, in this order, into requests."""
        rest, requests = [self.spans[number] for number in order], list[bytes]()
        while rest:
            count = rng.randint(1, REQUEST_SPANS_MAX)
            requests.append(export(*rest[:count], service=self.assistant).body)
            rest = rest[count:]
        return requests

    def named(self, bodies: Sequence[bytes]) -> bytes:
        """Put what all copies share for the ids that are this one's own."""
        return UUID_PATTERN.sub(lambda found: self._names.get(found[0], found[0]), b"\n".join(bodies))


def orders(rng: random.Random) -> Iterator[list[int]]:
    """Yield all orders of the first trace's spans, with the second's among them anyhow."""
    for order in itertools.permutations(range(5)):
        mixed = list(order)
        for number in range(5, 9):
            mixed.insert(rng.randint(0, len(mixed)), number)
        yield mixed


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_all_orders_of_arrival_end_alike(tmp_path: Path, claims: Claimed) -> None:
    """All 120 orders of a trace's spans, over requests and restarts, end in one answer, byte for byte.

    It is the answer to all spans in one request. Sending everything again, in another order, changes nothing.
    """
    rng = random.Random(4)
    copies, expected = made(claims)
    sent = [copy.requests(order, rng) for copy, order in zip(copies, orders(rng), strict=True)]
    rounds = [[body for body in bodies if body] for bodies in itertools.zip_longest(*sent, fillvalue=b"")]
    store, port = tmp_path / "spans.db", free_port()
    for some in (rounds[:1], rounds[1:2], rounds[2:]):
        with start(store, port=port) as server:
            for bodies in some:
                send(server, bodies)
    with start(store, port=port) as server:
        check(server, copies, expected)
        send(server, shuffled(sent, rng))
        check(server, copies, expected)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_all_at_once_end_alike(tmp_path: Path, workers: str) -> None:
    """Requests of one trace, sent at once over several connections to one or two processes, end in the same answer."""
    rng = random.Random(5)
    copies, expected = made(CLAIMS["on the last child"])
    sent = [copy.requests(order, rng) for copy, order in zip(copies, orders(rng), strict=True)]
    with start(tmp_path / "spans.db", "--workers", workers, run=spawned) as server:
        server.await_workers(int(workers))
        send(server, [body for bodies in sent for body in bodies])
        check(server, copies, expected)


def made(claims: Claimed) -> tuple[list[Copy], bytes]:
    """Return a copy for each order of a trace of five, and what is to be listed of each: as of all in one request."""
    first, second = traces(claims)
    model, *copies = [Copy(number, first + second) for number in range(121)]
    whole = export(*model.spans, service=model.assistant).body
    return copies, model.named(list(pages(written([whole]), model.place)))


def shuffled(sent: Iterable[Iterable[bytes]], rng: random.Random) -> list[bytes]:
    """Return all requests in any order."""
    bodies = [body for some in sent for body in some]
    rng.shuffle(bodies)
    return bodies


def send(server: Server, bodies: Sequence[bytes]) -> None:
    """Send requests over several connections at once."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda number: server.export(*bodies[number::CONNECTIONS]), range(CONNECTIONS)))


def check(server: Server, copies: Sequence[Copy], expected: bytes) -> None:
    """Check that a server has these copies, whole and alike, and nothing else."""
    assert set(server.places()) == {copy.place for copy in copies}
    for copy in copies:
        assert copy.named(server.pages(copy.place)) == expected
