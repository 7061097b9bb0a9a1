"""The face of QConnect: AWS's headers, errors and retries."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import uuid
from collections.abc import Callable, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeAlias

import msgspec
import pytest
import structlog
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from spanglass import qconnect
from spanglass.access.errors import (
    ForeignSiteError,
    MalformedCredentialsError,
    MissingCredentialsError,
    SignatureError,
    ThrottledError,
    UnknownKeyError,
)
from spanglass.bodies import SlowBodyError, TooLargeError
from spanglass.config import Limits
from spanglass.qconnect.errors import (
    REFUSALS,
    AccessDeniedError,
    MethodError,
    ResourceNotFoundError,
    SerializationError,
    UnknownOperationError,
    UnsupportedMediaTypeError,
    UnsupportedOperationError,
    ValidationError,
)
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request
from spanglass.qconnect.service import Service
from spanglass.reading import Reader, SessionNotFoundError, TokenError
from spanglass.registry import AssistantNotFoundError, ConflictError, Registry, TooManyTagsError, TooMuchDataError
from spanglass.store.interface import SpanPage, Store, StoreError, UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import ids, part, span

Client: TypeAlias = Any
"""boto3 makes the classes of its clients at run time."""
Ask: TypeAlias = Callable[..., Any]
Put: TypeAlias = Callable[..., Any]
Connect: TypeAlias = Callable[..., Client]
Serve: TypeAlias = Callable[[Callable[[Executor], ASGIApp]], int]

LIMITS = Limits()


def _backing(store: Store) -> Backing:
    return Backing(Reader(store, LIMITS), Registry(store, LIMITS))


SPANS = "/assistants/{assistantId}/sessions/{sessionId}/spans"
NAMES = {"assistantId": "0f4f0000-0000-4000-8000-000000006666", "sessionId": "aaaa0000-0000-4000-8000-00000000eeee"}
PLACES = dict(zip(("assistantId", "sessionId"), (str(uuid.UUID(bytes=each)) for each in ids()), strict=True))
PATH = SPANS.format(**NAMES).encode()


# Every answer


def test_an_answer_is_json_with_a_request_id(ask: Ask, put: Put) -> None:
    """Every answer, error or not, names its type, length and date, and a request id of its own."""
    answers = [ask(put(span(1)).path), ask(PATH), ask("/assistants/a/b"), ask(PATH, b"POST")]
    assert [answer.status for answer in answers] == [200, 404, 404, 405]
    assert len({uuid.UUID(answer.headers["x-amzn-requestid"]) for answer in answers}) == 4
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-length"] == str(len(answer.body))
        assert answer.headers["date"].endswith("GMT")
        assert isinstance(json.loads(answer.body), dict)


def test_nothing_is_compressed(ask: Ask, put: Put) -> None:
    """A body comes as it is, whatever the client says it could undo."""
    answer = ask(put(span(1)).path, rest=b"Accept-Encoding: gzip, br, zstd\r\nConnection: close\r\n\r\n")
    assert "content-encoding" not in answer.headers
    assert json.loads(answer.body)["spans"]


def test_the_last_slash_says_nothing(ask: Ask, put: Put) -> None:
    """A path with a slash at its end is the same path."""
    place = put(span(1))
    assert ask(place.path + "/").body == ask(place.path).body


# What is refused


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        (b"/assistants/a/b", 404, "UnknownOperationException"),
        (b"/tags/arn%3Aaws", 400, "ValidationException"),
        (b"/knowledgeBases", 400, "UnsupportedOperationException"),
        (b"/assistants/x/aiagents", 400, "UnsupportedOperationException"),
        (b"/assistants?maxResults=x", 400, "SerializationException"),
        (b"/", 404, "UnknownOperationException"),
        (b"/%zz", 404, "UnknownOperationException"),
        (b"/" + PATH, 404, "UnknownOperationException"),
        (PATH + b"//", 404, "UnknownOperationException"),
        (PATH + b"/more", 404, "UnknownOperationException"),
        (PATH.upper(), 404, "UnknownOperationException"),
        (b"/base" + PATH, 404, "UnknownOperationException"),
        (PATH.replace(b"0f4f", b"arn:aws:wisdom::012345678901:assistant/0f4f"), 404, "UnknownOperationException"),
        (b"/assistants//sessions//spans", 400, "ValidationException"),
        (b"/assistants/../sessions/./spans", 400, "ValidationException"),
        (b"/assistants/%2e%2e/sessions/%00/spans", 400, "ValidationException"),
        (b"/assistants/%/sessions/x/spans", 400, "SerializationException"),
        (b"/assistants/%4/sessions/x/spans", 400, "SerializationException"),
        (b"/assistants/%zz/sessions/x/spans", 400, "SerializationException"),
        (b"/assistants/%ff/sessions/x/spans", 400, "SerializationException"),
        (b"/assistants/%ed%a0%80/sessions/x/spans", 400, "SerializationException"),
        (PATH + b"?nextToken=%c3", 400, "SerializationException"),
        (PATH + b"?nextToken", 400, "ValidationException"),
        (b"/assistants/" + b"x" * (16 << 10) + b"/sessions/x/spans", 400, "ValidationException"),
        (PATH + b"?x=" + b"y" * (32 << 10), 400, "ValidationException"),
        (PATH + b"?nextToken=%f0%9f%98%80", 400, "ValidationException"),
    ],
    ids=lambda value: value[:60] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_a_bad_target_is_refused_in_form(ask: Ask, target: bytes, status: int, code: str) -> None:
    """A target that calls nothing, or not as the protocol wants, is the client's fault and told as such."""
    answer = ask(target)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (status, code)
    assert json.loads(answer.body)["message"]
    assert len(answer.body) < 2000


def test_bytes_that_are_no_http_are_refused(ask: Ask) -> None:
    """What the HTTP parser cannot read is a 400, and the server goes on."""
    assert ask("/assistants/ü/sessions/x/spans").status == 400
    assert ask("/a b").status == 400
    assert ask(PATH + b"?" + b"x" * (1 << 20)).status == 400
    assert ask(PATH).status == 404


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"HEAD"])
def test_methods_are_strict(ask: Ask, method: bytes) -> None:
    """A path called with another method is a 405 that tells the right ones; HEAD is no GET."""
    answer = ask(PATH, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert method == b"HEAD" or method.decode() in json.loads(answer.body)["message"]


def test_a_body_is_ignored(port: int, put: Put) -> None:
    """A GET may carry a body that nobody asked for; the connection goes on behind it."""
    request = f"GET {put(span(1)).path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode() + b"x" * 100_000
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(2):
            connection.sendall(request)
            answer = connection.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def _body(size: int, content_type: bytes) -> bytes:
    head = b"Content-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (content_type, size)
    return head + (b" " * size if size <= LIMITS.request_bytes_max else b"")


@pytest.mark.parametrize(
    ("size", "content_type", "status", "code"),
    [
        (LIMITS.request_bytes_max + 1, b"application/json", 413, "RequestEntityTooLargeException"),
        (LIMITS.request_bytes_max, b"application/json", 400, "SerializationException"),
        (1, b"text/plain", 415, "UnsupportedMediaTypeException"),
        (1, b"application/x-www-form-urlencoded", 415, "UnsupportedMediaTypeException"),
        (0, b"text/plain", 400, "ValidationException"),
    ],
)
def test_a_body_is_json_within_bounds(ask: Ask, size: int, content_type: bytes, status: int, code: str) -> None:
    """A body is JSON and says so, within its limit; without a body, what it should have held is missing."""
    answer = ask("/assistants", b"POST", _body(size, content_type))
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (status, code)


PIECES = st.sampled_from(
    [b"assistants", b"sessions", b"spans", b"%2F", b"%", b"..", b"", PATH] + [each.encode() for each in PLACES.values()]
)
NAMES_OF_MEMBERS = st.sampled_from(["name", "type", "tags", "data", "filters", "searchExpression", "tagFilter", "key"])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES_OF_MEMBERS, inner, max_size=4),
    max_leaves=12,
)
PARAMETERS = st.sampled_from([b"maxResults=", b"nextToken=", b"&", b"%", b"1"])


@given(
    path=st.lists(PIECES | st.binary()).map(b"/".join),
    query=st.lists(PARAMETERS | st.binary()).map(b"".join),
    method=st.sampled_from(["GET", "POST", "HEAD", "PATCH", "PUT", "DELETE"]) | st.text(),
    body=st.binary() | DOCUMENTS.map(msgspec.json.encode),
    headers=st.sampled_from([[], [(b"content-type", b"application/json; charset=utf-8")]]),
)
def test_no_request_breaks_the_service(
    path: bytes, query: bytes, method: str, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    """Whatever the path, query, method and body, the answer is JSON and never our fault."""
    sent: list[MutableMapping[str, Any]] = []

    async def collect(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def give() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def call(threads: Executor) -> None:
        scope = {"type": "http", "method": method, "path": "", "raw_path": b"/" + path, "query_string": query}
        store = MemoryStore()
        store.write([part(span(1))])
        await qconnect.app(_backing(store), threads, LIMITS)(scope | {"headers": headers}, give, collect)

    with ThreadPoolExecutor(1) as threads:
        asyncio.run(call(threads))
    assert sent[0]["status"] < 500
    assert ("message" in json.loads(sent[1]["body"] or "{}")) == (sent[0]["status"] >= 400)


# What goes wrong


# Each error, its status, its code, and how often boto3 tries again.
ERRORS: list[tuple[Exception, int, str, int]] = [
    (SerializationError("no integer"), 400, "SerializationException", 0),
    (TokenError(), 400, "ValidationException", 0),
    (TooManyTagsError(*ids()), 400, "TooManyTagsException", 0),
    (TooMuchDataError(), 400, "ValidationException", 0),
    (UnsupportedOperationError("ListKnowledgeBases"), 400, "UnsupportedOperationException", 0),
    (ValidationError("1 validation error"), 400, "ValidationException", 0),
    (MalformedCredentialsError("Authorization header requires 'Credential'"), 400, "IncompleteSignatureException", 0),
    (ThrottledError(retry_after_ms=1), 400, "ThrottlingException", 2),
    (AccessDeniedError("User: x is not authorized"), 403, "AccessDeniedException", 0),
    (ForeignSiteError("Pages may not"), 403, "AccessDeniedException", 0),
    (MissingCredentialsError(), 403, "MissingAuthenticationTokenException", 0),
    (SignatureError("Signature expired"), 403, "InvalidSignatureException", 0),
    (UnknownKeyError(), 403, "UnrecognizedClientException", 0),
    (SlowBodyError("the body took longer"), 408, "RequestTimeoutException", 2),
    (TooLargeError("the body is larger"), 413, "RequestEntityTooLargeException", 0),
    (UnknownOperationError(), 404, "UnknownOperationException", 0),
    (AssistantNotFoundError(ids()[0]), 404, "ResourceNotFoundException", 0),
    (ResourceNotFoundError("arn:x"), 404, "ResourceNotFoundException", 0),
    (SessionNotFoundError(*ids()), 404, "ResourceNotFoundException", 0),
    (MethodError("GET", ["POST"]), 405, "UnknownOperationException", 0),
    (SlowBodyError("slow"), 408, "RequestTimeoutException", 2),
    (ConflictError("taken"), 409, "ConflictException", 0),
    (TooLargeError("large"), 413, "RequestEntityTooLargeException", 0),
    (UnsupportedMediaTypeError(), 415, "UnsupportedMediaTypeException", 0),
    (RuntimeError("secret detail"), 500, "InternalServerException", 2),
    (StoreError("secret detail"), 503, "ServiceUnavailableException", 2),
    (UnavailableError("secret detail"), 503, "ServiceUnavailableException", 2),
]


@pytest.fixture(scope="module")
def failing_port(serve: Serve) -> int:
    """Return the port of a service whose ListSpans raises the error that the session's label numbers."""

    def answer(_: Backing, request: Request) -> Answer:
        raise ERRORS[int(request.labels["sessionId"])][0]

    return serve(lambda threads: Service([Operation("ListSpans", answer)], _backing(MemoryStore()), threads, LIMITS))


def test_every_refusal_is_tried() -> None:
    """The list of errors leaves none of the table out."""
    assert {cls for error, *_ in ERRORS for cls in type(error).__mro__} >= REFUSALS.keys()


@pytest.mark.parametrize("number", range(len(ERRORS)), ids=[type(error).__name__ for error, *_ in ERRORS])
def test_an_error_is_what_boto3_expects(failing_port: int, connect: Connect, number: int) -> None:
    """boto3 raises the modelled class, knows message and request id, and tries again only what may pass."""
    error, status, code, retries = ERRORS[number]
    client = connect(failing_port)
    with structlog.testing.capture_logs(), pytest.raises(ClientError) as raised:
        client.list_spans(assistantId="x", sessionId=str(number))
    answer = raised.value.response
    assert type(raised.value).__name__ == (code if hasattr(client.exceptions, code) else "ClientError")
    assert answer["Error"]["Code"] == code
    assert "secret detail" not in str(answer)
    if status < 500:
        assert answer["Error"]["Message"] == str(error)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["RetryAttempts"] == retries
    assert uuid.UUID(answer["ResponseMetadata"]["RequestId"])


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_every_retry_mode_tries_again_what_may_pass(failing_port: int, connect: Connect, mode: str) -> None:
    """Throttled calls and failures of ours are tried again, by the modern modes slow bodies too, and nothing else."""
    client = connect(failing_port, retries={"mode": mode, "total_max_attempts": 2})
    tried_again = set()
    for number, (error, *_) in enumerate(ERRORS):
        with structlog.testing.capture_logs(), pytest.raises(ClientError) as raised:
            client.list_spans(assistantId="x", sessionId=str(number))
        if raised.value.response["ResponseMetadata"]["RetryAttempts"]:
            tried_again.add(type(error))
    modern = set() if mode == "legacy" else {SlowBodyError}
    assert tried_again == {ThrottledError, RuntimeError, StoreError, UnavailableError} | modern


def test_the_wait_is_told_in_milliseconds(serve: Serve) -> None:
    """A throttled call is told when to come again by the header that botocore reads."""

    def answer(_backing: Backing, _request: Request) -> Answer:
        raise ThrottledError(retry_after_ms=2_300)

    port = serve(lambda threads: Service([Operation("ListSpans", answer)], _backing(MemoryStore()), threads, LIMITS))
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", PATH.decode())
        assert connection.getresponse().headers["x-amz-retry-after"] == "2300"


def test_a_failure_is_logged_under_its_request_id(failing_port: int, connect: Connect) -> None:
    """A bug's traceback is in the log with the request id that the client saw, once."""
    client = connect(failing_port, retries={"total_max_attempts": 1})
    number = next(n for n, (error, *_) in enumerate(ERRORS) if isinstance(error, RuntimeError))
    with structlog.testing.capture_logs() as logs, pytest.raises(ClientError) as raised:
        client.list_spans(assistantId="x", sessionId=str(number))
    [failure] = [log for log in logs if log["event"] == "request failed"]
    assert failure["request_id"] == raised.value.response["ResponseMetadata"]["RequestId"]
    assert failure["exc_info"] is ERRORS[number][0]


class _BusyOnce(MemoryStore):
    """Cannot answer the first time."""

    busy = True

    def spans(self, *args: Any, **kwargs: Any) -> SpanPage | None:  # noqa: ANN401
        if self.busy:
            self.busy = False
            raise UnavailableError("the disk is busy")
        return super().spans(*args, **kwargs)


def test_a_passing_failure_is_not_noticed(serve: Serve, connect: Connect) -> None:
    """boto3 tries again by itself when the store could not answer, and gets the page."""
    store = _BusyOnce()
    store.write([part(span(1))])
    client = connect(serve(lambda threads: qconnect.app(_backing(store), threads, LIMITS)))
    with structlog.testing.capture_logs() as logs:
        answer = client.list_spans(**PLACES)
    assert (len(answer["spans"]), answer["ResponseMetadata"]["RetryAttempts"]) == (1, 1)
    assert [log["log_level"] for log in logs if log["event"] == "request failed"] == ["error"]


def test_a_request_is_one_debug_line(ask: Ask, put: Put) -> None:
    """A request is logged once, at debug level, without its query."""
    with structlog.testing.capture_logs() as logs:
        ask(put(span(1)).path + "?nextToken=private")
    [line] = logs
    assert (line["event"], line["log_level"], line["status"]) == ("request", "debug", 400)
    assert "private" not in str(line)


class _Waiting(MemoryStore):
    """Answers once all its readers and the test have met twice."""

    def __init__(self) -> None:
        super().__init__()
        self.meeting = threading.Barrier(LIMITS.readers_max + 1, timeout=10)

    def spans(self, *args: Any, **kwargs: Any) -> SpanPage | None:  # noqa: ANN401
        self.meeting.wait()
        self.meeting.wait()
        return super().spans(*args, **kwargs)


def test_a_slow_store_does_not_stop_the_server(serve: Serve, connect: Connect) -> None:
    """While readers wait for the store, requests that need none are answered."""
    store = _Waiting()
    store.write([part(span(1))])
    port = serve(lambda threads: qconnect.app(_backing(store), threads, LIMITS))
    client, other = connect(port), connect(port)
    with ThreadPoolExecutor(LIMITS.readers_max) as clients:
        pages = [clients.submit(client.list_spans, **PLACES) for _ in range(LIMITS.readers_max)]
        store.meeting.wait()
        with pytest.raises(ClientError, match="UnsupportedOperationException"):
            other.list_knowledge_bases()
        assert not any(page.done() for page in pages)
        store.meeting.wait()
        assert [len(page.result()["spans"]) for page in pages] == [1] * LIMITS.readers_max
