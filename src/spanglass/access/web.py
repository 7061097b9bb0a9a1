"""How those who come by JSON or HTML hear that they are not let in."""

from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import Message, Scope, Send

from spanglass.access.errors import AccessError, ThrottledError, UnauthenticatedError
from spanglass.bodies import BodyError, SlowBodyError
from spanglass.store.interface import StoreError

STATUSES: Final[dict[type[Exception], int]] = {
    UnauthenticatedError: 401,
    ThrottledError: 429,
    AccessError: 403,
    SlowBodyError: 408,
    BodyError: 413,
    StoreError: 503,
}
"""The first class that fits decides."""


def refusal(error: Exception) -> Response:
    """Return the answer to an error that ``STATUSES`` lists: ``{"error": "…"}``.

    Raises:
        Exception: It is another error, hence a bug; it is raised again.
    """
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        raise error
    headers = {}
    if isinstance(error, ThrottledError):
        headers["retry-after"] = str(error.retry_after_seconds)
    if isinstance(error, UnauthenticatedError):
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": str(error)}, status, headers)


async def refuse(scope: Scope, send: Send, error: Exception) -> None:
    """Answer a request that the gate does not let in."""
    await refusal(error)(scope, _nothing, send)


async def _nothing() -> Message:
    """Receive no body."""
    return {"type": "http.request"}
