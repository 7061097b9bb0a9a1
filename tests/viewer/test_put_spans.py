"""Spans in ListSpans's own shape come in over HTTP."""

import functools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Config, Limits
from spanglass.mappers import Mapping, MappingApart, Read
from spanglass.mapping import Mapper
from spanglass.masking import Masks
from spanglass.reading import Reader
from spanglass.recording import ClosedError, OverloadedError, Recorded, Recorder
from spanglass.store.interface import UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.viewer.put_spans import Record, UnusableError, read

Json: TypeAlias = Any

ASSISTANT = "6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11"
SESSION = "0f4f0000-0000-4000-8000-000000006666"
PATH = f"/api/assistants/{ASSISTANT}/sessions/{SESSION}/spans"
SPAN: Json = {
    "spanId": "00000000-0000-4000-8000-000000000001",
    "assistantId": ASSISTANT,
    "sessionId": SESSION,
    "spanName": "inference",
    "spanType": "CLIENT",
    "startTimestamp": 1_700_000_000.123,
    "endTimestamp": 1_700_000_001.0,
    "status": "OK",
    "requestId": "00000000-0000-4000-8000-000000000002",
    "attributes": {"operationName": "execute_tool"},
}
LIMITS = Limits(body_bytes_max=10_000)


def client_of(store: MemoryStore, record: Record, threads: ThreadPoolExecutor) -> TestClient:
    return TestClient(
        Starlette(routes=viewer.routes(Reader(store, LIMITS), store, record, threads, Config(limits=LIMITS)))
    )


MAKE_MAPPER = functools.partial(Mapper, memo_bytes_max=1 << 20, document_depth_max=64)


@pytest.fixture(scope="module")
def mapping() -> Iterator[Mapping]:
    """Return a mapping in a process of its own, as a server has it."""
    mapping = MappingApart(MAKE_MAPPER)
    yield _Shared(mapping)
    mapping.close()


class _Shared:
    """A mapping that outlives the recorders of single tests."""

    def __init__(self, mapping: Mapping) -> None:
        self.begin, self.end, self.shares, self.relate = mapping.begin, mapping.end, mapping.shares, mapping.relate

    def close(self) -> None:
        """Leave it open."""


@pytest.fixture
def client(mapping: Mapping) -> Iterator[TestClient]:
    """Return a client of the API over an empty store."""
    store = MemoryStore()
    recorder = Recorder(store, mapping, LIMITS)
    with ThreadPoolExecutor(1) as threads:
        yield client_of(store, recorder.record, threads)
    recorder.close()


def test_spans_are_kept_and_read(client: TestClient) -> None:
    """What is put is accepted once it is readable, whole and with its ids; the same again is accepted, too."""
    for _ in range(2):
        answer = client.put(PATH, json={"spans": [SPAN]})
        assert (answer.status_code, answer.json()) == (200, {"accepted": 1})
        times = {"startTimeUnixNano": "1700000000123000000", "endTimeUnixNano": "1700000001000000000"}
        assert client.get(PATH).json() == {"spans": [SPAN | times | {"detail": {}}]}
    assert client.put(PATH, json={"spans": []}).json() == {"accepted": 0}


def test_what_is_wrong_is_told_by_path(client: TestClient) -> None:
    """Violations are listed, and nothing of the request is kept."""
    bad = SPAN | {"status": "FINE", "newer": 1, "spanId": "00000000-0000-4000-8000-000000000003"}
    answer = client.put(PATH, json={"spans": [SPAN, bad]})
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"] == "These spans cannot be kept as they are."
    assert {each["path"] for each in told["violations"]} == {"spans.2.member.status", "spans.2.member.newer"}
    assert all(each["constraint"].startswith("Member must") for each in told["violations"])
    assert client.get(PATH).status_code == 404


SAID = {
    "messageId": "00000000-0000-4000-8000-000000000005",
    "participant": "CUSTOMER",
    "timestamp": 1_700_000_000.5,
    "values": [{"text": {"value": "I am bob@mail.example"}}],
}


def told(masks: Masks) -> dict[str, Any]:
    """Return the members of a span as they are kept, and count what was masked."""
    span = SPAN | {"statusDescription": "bob@mail.example", "attributes": {"inputMessages": [SAID]}}
    mapped = read(msgspec.json.encode({"spans": [span]}), ASSISTANT, SESSION, masks)
    assert mapped.masked
    (record,) = mapped.parts[0].spans
    kept = (record.recurring, *record.inputs)
    return {"text": b"".join(one.json for one in kept) + record.own.span, "masked": mapped.masked}


def test_spans_are_masked_like_any() -> None:
    """This way in masks as the others do, ids and times apart."""
    assert told(Masks(("emails",)))["masked"] == {"emails": 2}
    assert b"I am [email]" in told(Masks(("emails",)))["text"]
    assert b"mail.example" not in told(Masks(("emails",)))["text"]


def test_spans_without_content() -> None:
    """Messages and what a status says are dropped; what is no page of spans is refused as ever."""
    masks = Masks(content=True)
    assert told(masks)["masked"] == {"content": 2}
    assert b"I am" not in told(masks)["text"]
    for body in (b"[]", b'{"spans": 1}', b'{"spans": [1, {"attributes": 1}]}'):
        with pytest.raises(UnusableError):
            read(body, ASSISTANT, SESSION, masks)


@pytest.mark.parametrize(
    ("path", "body", "headers", "refused"),
    [
        (PATH, b"{", {}, (400, "not JSON")),
        (PATH, b"\xff", {}, (400, "not JSON")),
        (PATH, b"[" * 5000, {}, (400, "not JSON")),
        (PATH, b"null", {}, (400, "cannot be kept")),
        (PATH, b"x" * 10_001, {}, (413, "larger than 10000 bytes")),
        (PATH, b"{}", {"content-type": "text/plain"}, (415, "application/json")),
        (PATH, b"{}", {"content-encoding": "gzip"}, (415, "without a content encoding")),
        (PATH.replace(SESSION, "mine"), b"{}", {}, (400, "sessionId: a UUID")),
        (PATH.replace(ASSISTANT, "mine"), b"{}", {}, (400, "assistantId: a UUID")),
    ],
)
def test_a_bad_request_is_told(
    client: TestClient, path: str, body: bytes, headers: dict[str, str], refused: tuple[int, str]
) -> None:
    """A request that cannot be read is refused in the API's form."""
    answer = client.put(path, content=body, headers={"content-type": "application/json"} | headers)
    status, told = refused
    assert answer.status_code == status
    assert told in answer.json()["error"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OverloadedError(1), "full"),
        (ClosedError(), "shutting down"),
        (UnavailableError("the disk is full"), "the disk is full"),
    ],
)
def test_what_passes_can_be_sent_again(error: Exception, told: str) -> None:
    """A server that cannot write now says so with 503."""

    async def fail(_read: Read, _size: int) -> Recorded:
        raise error

    with ThreadPoolExecutor(1) as threads:
        answer = client_of(MemoryStore(), fail, threads).put(PATH, json={"spans": [SPAN]})
    assert answer.status_code == 503
    assert told in json.loads(answer.content)["error"]
    assert ("retry-after" in answer.headers) == (not isinstance(error, UnavailableError))
