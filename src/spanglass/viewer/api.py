"""GET /api/sessions: the list of sessions, newest first, and the search over what was said in them."""

import asyncio
import uuid
from concurrent.futures import Executor
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spanglass.model.place import parse_uuid
from spanglass.model.timestamp import seconds
from spanglass.reading import Reader, TokenError
from spanglass.store.interface import SessionRecord, StoreError

SESSIONS_DEFAULT: Final = 50
SESSIONS_MAX: Final = 200
"""Sessions of one page."""
QUERY_CHARS_MAX: Final = 1000


class _BadRequestError(ValueError):
    """A parameter is not usable; the message names it."""


def routes(reader: Reader, threads: Executor) -> list[BaseRoute]:
    """Return the API's routes; ``threads`` are those that may wait for the reader's store."""

    async def sessions(request: Request) -> Response:
        try:
            asked = _asked(request)
            listing = await asyncio.get_running_loop().run_in_executor(threads, lambda: reader.sessions(**asked))
        except (_BadRequestError, TokenError) as error:
            return _json(400, {"error": str(error)})
        except StoreError as error:
            return _json(503, {"error": str(error)})
        cursor = {} if listing.cursor is None else {"nextCursor": listing.cursor}
        return _json(200, {"sessions": [_session(session) for session in listing.sessions]} | cursor)

    return [Route("/api/sessions", sessions)]


def _asked(request: Request) -> dict[str, Any]:
    query = request.query_params
    text, assistant = query.get("q") or None, query.get("assistantId")
    if text is not None and len(text) > QUERY_CHARS_MAX:
        raise _BadRequestError(f"q: at most {QUERY_CHARS_MAX} characters")
    limit = query.get("limit", str(SESSIONS_DEFAULT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= SESSIONS_MAX):  # noqa: PLR2004 (bounds int's work)
        raise _BadRequestError(f"limit: a whole number from 1 to {SESSIONS_MAX}")
    parsed = None if assistant is None else parse_uuid(assistant)
    if assistant is not None and parsed is None:
        raise _BadRequestError("assistantId: a UUID")
    return {
        "text": text,
        "limit": int(limit),
        "cursor": query.get("cursor"),
        "assistant_id": parsed and parsed.bytes,
    }


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


def _json(status: int, content: object) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
