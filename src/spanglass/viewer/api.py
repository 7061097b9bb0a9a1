"""The JSON API: what it takes and answers, operation by operation."""

import uuid
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from spanglass.access import Caller, limited
from spanglass.reading import Reader
from spanglass.viewer import openapi
from spanglass.viewer.answers import (
    Change,
    Conversation,
    Deleted,
    Facets,
    Finds,
    Outlines,
    Overview,
    Prices,
    Problem,
    Session,
    Sessions,
    SpanPage,
    WholeSpans,
)
from spanglass.viewer.operations import OfSession, Operation, Parameters, Token, json
from spanglass.viewer.sessions import session_answer

Words: TypeAlias = Annotated[str, Meta(max_length=1000, description="Words that one message holds, all of them.")]


class SessionsQuery(Parameters, frozen=True):
    """Which sessions, and which page of them."""

    q: Words = ""
    assistant_id: uuid.UUID | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Token | UnsetType = UNSET


class SpansQuery(OfSession, frozen=True):
    """Which page of a session's spans."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: Token | UnsetType = UNSET


EVENTS: Final = (Change, Conversation, Facets, Finds, Outlines, Overview, Prices, SpanPage, Deleted)


class Api:
    """Answers the API's operations; each method is called in a thread that may wait for the store."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def list_sessions(self, asked: SessionsQuery) -> Sessions:
        """List sessions, newest first."""
        listing = self._reader.sessions(
            text=asked.q or None,
            assistant_id=asked.assistant_id.bytes if asked.assistant_id else None,
            limit=asked.limit,
            cursor=asked.cursor or None,
        )
        return Sessions(sessions=list(map(session_answer, listing.sessions)), next_cursor=listing.cursor or UNSET)

    def get_session(self, asked: OfSession) -> Session:
        """Tell of one session."""
        return session_answer(self._reader.session(*asked.ids))

    def list_whole_spans(self, asked: SpansQuery) -> bytes:
        """List a session's spans in order of start, with nothing left out."""
        return self._reader.whole_spans(*asked.ids, limit=asked.limit, cursor=asked.cursor or None).body


_SESSION: Final = "/api/assistants/{assistantId}/sessions/{sessionId}"
OPERATIONS: Final = (
    Operation("/api/sessions", SessionsQuery, Sessions, Api.list_sessions),
    Operation(_SESSION, OfSession, Session, Api.get_session, fails=(400, 404, 503)),
    Operation(f"{_SESSION}/spans", SpansQuery, WholeSpans, Api.list_whole_spans, fails=(400, 404, 503)),
)
"""All operations, each path's more special ones first."""


def routes(reader: Reader, threads: Executor) -> list[BaseRoute]:
    """Return the API's routes; ``threads`` are those that may wait for the reader's store."""

    def seen_by(caller: Caller) -> Api:
        return Api(limited(reader, caller))

    served = [operation.route(seen_by, threads) for operation in OPERATIONS]
    return [*served, _description(OPERATIONS), _Others(served)]


def _description(operations: Sequence[Operation]) -> BaseRoute:
    body = msgspec.json.encode(openapi.description(operations, EVENTS))

    async def describe(_request: Request) -> Response:
        return json(body)

    return Route("/api/openapi.json", describe)


class _Others(BaseRoute):
    """Answers for any other path under /api, whatever is in it, and for any other method."""

    def __init__(self, served: Sequence[BaseRoute]) -> None:
        self._served = served

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match all that other routes do not."""
        ours = scope["type"] == "http" and scope["path"].startswith("/api/")
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        known = any(route.matches(scope)[0] is not Match.NONE for route in self._served)
        error = f"{scope['method']} is not offered here" if known else "There is no such path; see /api/openapi.json."
        answer = json(msgspec.json.encode(Problem(error=error)), 405 if known else 404)
        await answer(scope, receive, send)
