"""The JSON API: the list of sessions with its search, and a session's spans with nothing left out."""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spanglass.model.place import parse_uuid
from spanglass.model.timestamp import seconds
from spanglass.reading import Reader, SessionListing, SessionNotFoundError, TokenError
from spanglass.store.interface import SessionRecord, StoreError

PAGE_MAX: Final = {"sessions": 200, "spans": 100}
"""Entries of one page; half a list of sessions, and all of a page of spans, where the client names no number."""
QUERY_CHARS_MAX: Final = 1000
_LIMIT_DIGITS_MAX: Final = 4


class BadRequestError(ValueError):
    """A parameter is not usable; the message names it."""


STATUSES: Final[dict[type[Exception], int]] = {
    BadRequestError: 400,
    TokenError: 400,
    SessionNotFoundError: 404,
    StoreError: 503,
}


def routes(reader: Reader, threads: Executor) -> list[BaseRoute]:
    """Return the API's routes; ``threads`` are those that may wait for the reader's store."""

    def route(path: str, answer: Callable[[Reader, Request], bytes]) -> BaseRoute:
        async def endpoint(request: Request) -> Response:
            try:
                body = await asyncio.get_running_loop().run_in_executor(threads, answer, reader, request)
            except tuple(STATUSES) as error:
                status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
                return _json(status, msgspec.json.encode({"error": str(error)}))
            return _json(200, body)

        return Route(path, endpoint)

    return [
        route("/api/sessions", _sessions),
        route("/api/assistants/{assistant}/sessions/{session}/spans", _spans),
    ]


def listed(reader: Reader, query: QueryParams) -> SessionListing:
    """Return the page of sessions that a query asks for by ``q``, ``assistantId``, ``limit`` and ``cursor``.

    Raises:
        BadRequestError: One of them is not usable.
        TokenError, StoreError: As ``Reader.sessions``.
    """
    text, assistant = query.get("q") or None, query.get("assistantId")
    if text is not None and len(text) > QUERY_CHARS_MAX:
        raise BadRequestError(f"q: at most {QUERY_CHARS_MAX} characters")
    return reader.sessions(
        text=text,
        assistant_id=None if assistant is None else _id("assistantId", assistant),
        limit=_limit(query, "sessions") or PAGE_MAX["sessions"] // 2,
        cursor=query.get("cursor"),
    )


def _sessions(reader: Reader, request: Request) -> bytes:
    listing = listed(reader, request.query_params)
    cursor = {} if listing.cursor is None else {"nextCursor": listing.cursor}
    return msgspec.json.encode({"sessions": [_session(session) for session in listing.sessions]} | cursor)


def _spans(reader: Reader, request: Request) -> bytes:
    query, path = request.query_params, request.path_params
    ids = _id("the assistant", path["assistant"]), _id("the session", path["session"])
    return reader.whole_spans(*ids, limit=_limit(query, "spans"), cursor=query.get("cursor")).body


def _limit(query: QueryParams, what: str) -> int | None:
    text = query.get("limit")
    if text is None:
        return None
    usable = text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS_MAX
    if not (usable and 1 <= int(text) <= PAGE_MAX[what]):
        raise BadRequestError(f"limit: a whole number from 1 to {PAGE_MAX[what]}")
    return int(text)


def _id(name: str, text: str) -> bytes:
    parsed = parse_uuid(text)
    if parsed is None:
        raise BadRequestError(f"{name}: a UUID")
    return parsed.bytes


def _session(session: SessionRecord) -> dict[str, Any]:
    """Return a session as the API gives it: UUIDs as text, times in epoch seconds as ListSpans gives them."""
    counts = msgspec.structs.asdict(session)
    ids = {name: str(uuid.UUID(bytes=counts.pop(f"{name}_id"))) for name in ("assistant", "session")}
    start, end = (msgspec.Raw(seconds(counts.pop(name))) for name in ("first_ns", "last_ns"))
    return {
        "assistantId": ids["assistant"],
        "sessionId": ids["session"],
        "name": counts.pop("name"),
        "assistantName": counts.pop("assistant_name"),
        "startTimestamp": start,
        "endTimestamp": end,
    } | {_camel(name): value for name, value in counts.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _json(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")
