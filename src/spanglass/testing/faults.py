"""Faults that a double shows: each is told once, and met by the next requests to ListSpans, in order."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Broken: TypeAlias = Callable[[ASGIApp, Scope, Receive, Send], Any]
"""Answers a request in the place of the service, which it may call."""
EXPIRED: Final = "The security token included in the request is expired"


class Faults:
    """The faults still to be met. Every method returns the faults, so that they can be told one after the other."""

    def __init__(self) -> None:
        self._waiting: Final[deque[Broken]] = deque()
        self._lock: Final = threading.Lock()

    def __len__(self) -> int:
        """Return how many are still to be met."""
        return len(self._waiting)

    def clear(self) -> None:
        """Forget all that are still to be met."""
        with self._lock:
            self._waiting.clear()

    def throttle(self, times: int = 1, *, retry_after_ms: int | None = None) -> "Faults":
        """Answer ThrottlingException."""
        headers = {} if retry_after_ms is None else {"x-amz-retry-after": str(retry_after_ms)}
        return self.error("ThrottlingException", 400, "Rate exceeded", times=times, headers=headers)

    def fail(self, times: int = 1, *, status: int = 500) -> "Faults":
        """Answer an error of the server's."""
        return self.error("InternalServerException", status, "Internal failure", times=times)

    def expired_token(self, times: int = 1) -> "Faults":
        """Answer as to credentials that have expired."""
        return self.error("ExpiredTokenException", 403, EXPIRED, times=times)

    def error(
        self, code: str, status: int, message: str, *, times: int = 1, headers: dict[str, str] | None = None
    ) -> "Faults":
        """Answer any error, by its shape's name."""

        async def broken(_app: ASGIApp, _scope: Scope, _receive: Receive, send: Send) -> None:
            body = msgspec.json.encode({"message": message})
            told = {"content-type": "application/json", "x-amzn-errortype": code} | (headers or {})
            await _send(send, status, told, body)

        return self._add(broken, times)

    def slow(self, seconds: float, times: int = 1) -> "Faults":
        """Answer rightly, but after some seconds."""

        async def broken(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(seconds)
            await app(scope, receive, send)

        return self._add(broken, times)

    def shrinking_page(self, to: int = 1, times: int = 1) -> "Faults":
        """Answer a page of fewer spans than were asked for, though more follow."""

        async def broken(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            query = [pair for pair in parse_qsl(scope["query_string"].decode()) if pair[0] != "maxResults"]
            asked = urlencode([("maxResults", str(to)), *query]).encode()
            await app(dict(scope) | {"query_string": asked}, receive, send)

        return self._add(broken, times)

    def duplicate_token(self, times: int = 1) -> "Faults":
        """Answer a page whose nextToken is the one that the page was asked for with."""

        async def broken(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            token = dict(parse_qsl(scope["query_string"].decode())).get("nextToken")

            def doubled(body: bytes) -> bytes:
                page: dict[str, Any] = msgspec.json.decode(body)
                return msgspec.json.encode(page | ({"nextToken": token} if token and "spans" in page else {}))

            await app(scope, receive, _rewriting(send, doubled))

        return self._add(broken, times)

    def _add(self, broken: Broken, times: int) -> "Faults":
        with self._lock:
            self._waiting.extend([broken] * times)
        return self

    def next(self) -> Broken | None:
        """Take the fault that the next request meets, if there is one."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    lines = headers | {"content-length": str(len(body))}
    encoded = [(name.encode(), value.encode()) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _rewriting(send: Send, rewrite: Callable[[bytes], bytes]) -> Send:
    """Return what sends an answer, of one piece, with another body."""
    start: Message = {}

    async def rewriting(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body = rewrite(message["body"])
        await send(dict(start) | {"headers": _resized(start["headers"], body)})
        await send(dict(message) | {"body": body})

    return rewriting


def _resized(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> list[tuple[bytes, bytes]]:
    kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
    return [*kept, (b"content-length", str(len(body)).encode())]
