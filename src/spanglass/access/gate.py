"""The gate in front of every face: who sends a request, from where, and by which id it is spoken of."""

import uuid
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeAlias

import structlog
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanglass.access.identity import Callers
from spanglass.access.sites import Sites

Refuse: TypeAlias = Callable[[Scope, Send, Exception], Awaitable[None]]
"""Answers a request with an error, in the form of a face's protocol."""

REQUEST_ID_HEADER: Final = b"x-request-id"
EVENT_STREAM: Final = b"text/event-stream"


class _RevokedError(Exception):
    """The key was revoked while an answer was streamed."""


class Gate:
    """Lets requests in to faces, with ``caller`` and ``request_id`` in their ``scope["state"]``."""

    def __init__(self, sites: Sites, callers: Callers) -> None:
        self._sites = sites
        self._callers = callers

    def before(
        self, face: ASGIApp, refuse: Refuse, *, visitors: bool = False, origins: Collection[str] = ()
    ) -> ASGIApp:
        """Return the face behind the gate; ``refuse`` answers those that are not let in.

        ``visitors`` come with a browser, and may be logged in or not (``Callers.identify_visitor``).
        Pages of the ``origins`` may send by POST what is not like any form's, and read the answer (CORS).
        """
        identify = self._callers.identify_visitor if visitors else self._callers.identify

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await face(scope, receive, send)
                return
            request_id = str(uuid.uuid4())
            state = scope.setdefault("state", {})
            state["request_id"] = request_id
            structlog.contextvars.bind_contextvars(request_id=request_id)  # the server gives each request its context
            streams = False

            async def send_with_id(message: Message) -> None:
                nonlocal streams
                if message["type"] == "http.response.start":
                    headers = message["headers"]
                    streams = any(name == b"content-type" and value.startswith(EVENT_STREAM) for name, value in headers)
                    message["headers"] = [*headers, (REQUEST_ID_HEADER, request_id.encode())]
                elif streams and not await self._callers.still_knows(state["caller"]):
                    raise _RevokedError
                await send(message)

            try:
                self._sites.check(scope["method"], scope["headers"], origins)
                state["caller"], receive = await identify(scope, receive)
            except ClientDisconnect:
                return
            except Exception as error:  # noqa: BLE001 (each face has an answer to every error)
                await refuse(scope, send_with_id, error)
                return
            try:
                await face(scope, receive, send_with_id)
            except _RevokedError:
                await send({"type": "http.response.body", "body": b""})

        if not origins:
            return guarded
        return CORSMiddleware(guarded, allow_origins=origins, allow_methods=["POST"], allow_headers=["*"])
