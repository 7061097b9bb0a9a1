"""Keeping real answers: what a client was answered goes to a file, and comes from it later without any service.

A line of the file is one answer: ``{"method", "target", "status", "headers", "body"}``. Requests are kept by method,
path and query alone, so no credentials get into it.
"""

import base64
import contextlib
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from spanglass.client.answering import RawBody

KEPT_HEADERS: Final = ("content-type", "x-amzn-errortype", "x-amzn-requestid", "x-amz-retry-after")


class Answered(msgspec.Struct, frozen=True):
    """One answer; ``body`` is base64."""

    method: str
    target: str
    status: int
    headers: dict[str, str]
    body: str


class NotRecordedError(LookupError):
    """A request was made for which no answer is left."""


@contextlib.contextmanager
def recorded(client: Any, path: Path) -> Iterator[None]:  # noqa: ANN401 (boto3's client)
    """Write what a client is answered within the block to a file."""
    lines: list[Answered] = []
    asked: list[AWSPreparedRequest] = []

    def ask(request: AWSPreparedRequest, **_told: object) -> None:
        asked.append(request)

    def answer(response_dict: dict[str, Any], **_told: object) -> None:
        request, told = asked[-1], {name.lower(): value for name, value in response_dict["headers"].items()}
        lines.append(
            Answered(
                str(request.method),
                _target(request),
                response_dict["status_code"],
                {name: told[name] for name in KEPT_HEADERS if name in told},
                base64.b64encode(response_dict["body"]).decode(),
            )
        )

    with _listening(client, {"before-send": ask, "before-parse": answer}):
        try:
            yield
        finally:
            path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


@contextlib.contextmanager
def replayed(client: Any, path: Path) -> Iterator[None]:  # noqa: ANN401 (boto3's client)
    """Answer a client within the block from a file: equal requests in the order in which they were answered.

    Raises:
        NotRecordedError: From within the client's call: no answer to such a request is left.
    """
    left: defaultdict[tuple[str, str], deque[Answered]] = defaultdict(deque)
    for line in path.read_bytes().splitlines():
        answered = msgspec.json.decode(line, type=Answered)
        left[answered.method, answered.target].append(answered)

    def answer(request: AWSPreparedRequest, **_told: object) -> AWSResponse:
        waiting = left[str(request.method), _target(request)]
        if not waiting:
            raise NotRecordedError(f"{path} has no further answer to {request.method} {_target(request)}")
        found = waiting.popleft()
        return AWSResponse(request.url, found.status, HeadersDict(found.headers), RawBody(base64.b64decode(found.body)))

    with _listening(client, {"before-send": answer}):
        yield


def _target(request: AWSPreparedRequest) -> str:
    url = urlsplit(str(request.url))
    return f"{url.path}?{url.query}" if url.query else url.path


@contextlib.contextmanager
def _listening(client: Any, handlers: dict[str, Any]) -> Iterator[None]:  # noqa: ANN401
    service = client.meta.service_model.service_id.hyphenize()
    named = {f"{event}.{service}": handler for event, handler in handlers.items()}
    for event, handler in named.items():
        client.meta.events.register(event, handler)
    try:
        yield
    finally:
        for event, handler in named.items():
            client.meta.events.unregister(event, handler)
