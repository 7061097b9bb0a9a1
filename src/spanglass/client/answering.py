"""Answers to botocore's requests that do not come from the network, but from a connection within the process.

Before botocore sends a request it asks those who listen to ``EVENT`` for an answer.
"""

import io
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from spanglass.connection import Connection

EVENT: Final = "before-send.qconnect"
PIECE_BYTES: Final = 1 << 16


class RawBody(io.BytesIO):
    """A body as urllib3 gives it to botocore."""

    def stream(self, **_told: object) -> Iterator[bytes]:
        """Yield the body in pieces."""
        yield from iter(lambda: self.read(PIECE_BYTES), b"")


def answered(connection: Connection, request: AWSPreparedRequest) -> AWSResponse:
    """Answer a request that botocore is about to send."""
    url = urlsplit(request.url)
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()
    }
    target = f"{url.path}?{url.query}" if url.query else url.path
    answer = connection.ask(request.method, target, _body(request), headers)
    return AWSResponse(request.url, answer.status, HeadersDict(answer.headers), RawBody(answer.body))


def _body(request: AWSPreparedRequest) -> bytes:
    body: Any = request.body or b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read() if hasattr(body, "read") else body)
