"""A request's body as it was sent, read within bounds on bytes and time."""

import asyncio

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from spanglass.config import Limits


class BodyError(Exception):
    """The body cannot be read to its end; the message tells the client why."""


class SlowBodyError(BodyError):
    """The body did not come in time."""


class TooLargeError(BodyError):
    """The body is over a bound, as sent or once decompressed."""


async def read_body(headers: Headers, receive: Receive, limits: Limits) -> bytes:
    """Read a request's body as sent.

    Raises:
        TooLargeError: It has, or says it has, more than ``limits.body_bytes_max`` bytes.
        SlowBodyError: It took longer than ``limits.body_seconds_max``.
        ClientDisconnect: The client has gone.
    """
    too_large = TooLargeError(f"the body is larger than {limits.body_bytes_max} bytes")
    if int(headers.get("content-length", 0)) > limits.body_bytes_max:
        raise too_large
    pieces, size, more = [], 0, True
    try:
        async with asyncio.timeout(limits.body_seconds_max):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                pieces.append(message.get("body", b""))
                more = message.get("more_body", False)
                size += len(pieces[-1])
                if size > limits.body_bytes_max:
                    raise too_large
    except TimeoutError:
        raise SlowBodyError(f"the body took longer than {limits.body_seconds_max:g} s") from None
    return b"".join(pieces)
