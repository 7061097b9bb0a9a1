"""What stands in for AWS: the double of QConnect on a port, that fails as told or one request in so many."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from starlette.types import Receive, Scope, Send

from spanglass.testing.double import Double

Json: TypeAlias = Any
Failure: TypeAlias = Callable[[Send], Any]
ASSISTANT: Final = "0f4f0000-0000-4000-8000-000000006666"
CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""What boto3 finds; nothing of whoever runs the tests."""
START: Final = 1_700_000_000


def session_id(number: int) -> str:
    return f"aaaa0000-0000-4000-8000-{number:012}"


def span(session: int, number: int, **more: Json) -> Json:
    """Return a span of a session, begun in the second of its number."""
    return {
        "spanId": f"{session:08}-0000-4000-8000-{number:012}",
        "assistantId": ASSISTANT,
        "sessionId": session_id(session),
        "spanName": f"step {number}",
        "spanType": "INTERNAL",
        "startTimestamp": START + number,
        "endTimestamp": START + number + 0.5,
        "status": "OK",
        "requestId": f"{session:08}-0000-4000-8000-000000000000",
        "attributes": {"operationName": "execute_tool"},
    } | more


async def throttled(send: Send) -> None:
    await _refuse(send, 400, "ThrottlingException")


async def failed(send: Send) -> None:
    await _refuse(send, 500, "InternalServerException")


async def cut_off(send: Send) -> None:
    """Begin an answer and drop the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b'{"spans":[', "more_body": True})


async def _refuse(send: Send, status: int, code: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", code.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode({"message": code})})


class Failing(Double):
    """A double of which one request in so many fails, in every way in turn."""

    def __init__(self, one_in: int) -> None:
        super().__init__()
        self._one_in = one_in
        self._failures = itertools.cycle([throttled, failed, cut_off])
        self.failed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail."""
        if (len(self.requests) + 1) % self._one_in == 0:
            self.requests.append("failed")
            self.failed += 1
            await next(self._failures)(send)
        else:
            await super().__call__(scope, receive, send)


def pull(endpoint_url: str, into: str | Path, *more: str) -> list[str]:
    """Return the arguments of a pull from a stand-in."""
    return [
        "pull",
        "--endpoint-url",
        endpoint_url,
        "--into",
        str(into),
        "--rate",
        "1000",
        "--assistant",
        ASSISTANT,
        *more,
    ]
