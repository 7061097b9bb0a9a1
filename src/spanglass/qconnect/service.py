"""QConnect over ASGI: find the operation, let a reader's thread answer it, put answer or error on the wire."""

import asyncio
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Final

import msgspec
import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from spanglass.access import caller
from spanglass.bodies import read_body
from spanglass.config import Limits
from spanglass.qconnect import policy
from spanglass.qconnect.errors import Refusal, UnsupportedMediaTypeError, ValidationError, refusal
from spanglass.qconnect.exchange import Answer, Backing, Operation
from spanglass.qconnect.router import Router

WITH_BODY: Final = frozenset({"PATCH", "POST", "PUT"})
"""Methods whose operations take a body; what comes with another method is passed over."""
_log = structlog.get_logger(__name__)


class Service:
    """An ASGI application for HTTP; the server must give ``raw_path``, and sends Date itself."""

    def __init__(self, operations: Iterable[Operation], backing: Backing, threads: Executor, limits: Limits) -> None:
        self._router = Router(operations)
        self._backing = backing
        self._threads = threads
        self._limits = limits
        self._bodies = msgspec.structs.replace(limits, body_bytes_max=limits.request_bytes_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer, error or not, is JSON with a request id."""
        started, request_id = time.monotonic(), _request_id(scope)
        try:
            outcome: Answer | Refusal = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 (every error has an answer)
            outcome = refusal(error)
            if outcome.status >= 500:  # noqa: PLR2004 (HTTP's line between the client's fault and ours)
                _log.error("request failed", request_id=request_id, exc_info=error)
        _log.debug(
            "request",
            request_id=request_id,
            method=scope["method"],
            path=scope["raw_path"].decode("ascii", "backslashreplace"),
            status=outcome.status,
            seconds=time.monotonic() - started,
        )
        await _send(send, outcome, request_id)

    async def refuse(self, scope: Scope, send: Send, error: Exception) -> None:
        """Answer a request that was not let in."""
        await _send(send, refusal(error), _request_id(scope))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, query = scope["raw_path"], scope["query_string"]
        if len(path) + len(query) > self._limits.target_bytes_max:
            raise ValidationError(f"Path and query are longer than {self._limits.target_bytes_max} bytes.")
        operation, request = self._router.find(scope["method"], path, query)
        who = caller(scope)
        policy.admit(who, operation.name, request.labels, self._backing)
        if scope["method"] in WITH_BODY:
            request = msgspec.structs.replace(request, body=await self._body(Headers(scope=scope), receive))
        backing = self._backing.seen_by(who)
        if (answer := operation.at_once(backing, request)) is not None:
            return answer
        return await asyncio.get_running_loop().run_in_executor(self._threads, operation.answer, backing, request)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        body = await read_body(headers, receive, self._bodies)
        if body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaTypeError
        return body


def _request_id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id") or uuid.uuid4())


async def _send(send: Send, outcome: Answer | Refusal, request_id: str) -> None:
    headers = {"content-type": "application/json", "x-amzn-requestid": request_id} | outcome.headers
    if isinstance(outcome, Answer):
        body = outcome.body
    else:
        body = msgspec.json.encode({"message": outcome.message} | outcome.members)
        headers["x-amzn-errortype"] = outcome.code
    if outcome.status == 204:  # noqa: PLR2004 (No Content, which says so itself: RFC 9110 §8.6)
        del headers["content-type"]
    else:
        headers["content-length"] = str(len(body))
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": outcome.status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
