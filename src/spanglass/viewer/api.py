"""The JSON API: its operations, each with its path and what it takes and answers."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, Final, Self

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from spanglass.access import Caller, Keys, limited
from spanglass.answers import (
    Change,
    Conversation,
    Deleted,
    Explanation,
    Facets,
    Finds,
    Opening,
    Outlines,
    Overview,
    Prices,
    Problem,
    Session,
    Sessions,
    SpanPage,
    WholeSpans,
)
from spanglass.config import Config, Limits, listed
from spanglass.masking import Masks
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.viewer import conversation, events, login, openapi, overview, put_spans, sessions, spans
from spanglass.viewer.operations import OfSession, Operation, Parameters, json
from spanglass.viewer.prices import PriceList
from spanglass.viewer.put_spans import Record


class Api:
    """Answers the API's operations for one caller; each method is called in a thread that may wait for the store."""

    def __init__(
        self, reader: Reader, store: Store, limits: Limits, prices: PriceList, sessions: Sequence[str]
    ) -> None:
        self._reader = reader
        self.store = store
        self._limits = limits
        self._prices = prices
        self._sessions = sessions

    def over(self, view: Callable[[Store], Store]) -> Self:
        """Return what answers from a view of the same store."""
        return type(self)(self._reader.over(view), view(self.store), self._limits, self._prices, self._sessions)

    def list_sessions(self, asked: sessions.SessionsQuery) -> Sessions:
        """List sessions, newest first.

        Of a parameter's values a session has any; all parameters hold together. ``q`` finds sessions in which one
        message holds all of its words, and has excerpts told. A page may be shorter than ``limit`` and have a
        ``nextCursor``: so many sessions were looked at.
        """
        return sessions.list_sessions(self.store, self._prices, asked)

    def delete_sessions(self, asked: sessions.DeleteQuery) -> Deleted:
        """Delete the sessions that were last heard of before a time."""
        return sessions.delete_sessions(self.store, asked)

    def list_facets(self, asked: sessions.FacetsQuery) -> Facets:
        """List the values that sessions have of one kind, for completion."""
        return sessions.list_facets(self.store, asked)

    def find(self, asked: sessions.FindQuery) -> Finds:
        """Find a contact, session, span or trace by its id, or a session by its name.

        UUIDs are read in either case, trace ids and span ids of OpenTelemetry in hexadecimal.
        """
        return sessions.find(self.store, asked)

    def get_overview(self, asked: overview.OverviewQuery) -> Overview:
        """Tell of a range of time: sessions, failures, durations, tokens and cost by model, agent and tool."""
        return overview.overview(self.store, self._prices, asked)

    def get_prices(self, _asked: Parameters) -> Prices:
        """List the prices of models that costs are computed from."""
        return self._prices.told()

    def get_session(self, asked: OfSession) -> Session:
        """Tell of one session."""
        return sessions.session_answer(self._reader.session(*asked.ids), self._prices)

    def delete_session(self, asked: OfSession) -> Deleted:
        """Delete a session and all that is in it; that it is not there is no error."""
        return sessions.delete_session(self.store, asked)

    def list_outlines(self, asked: spans.OutlineQuery) -> Outlines:
        """List a session's spans in order of start, running ones too, without what was said in them."""
        return spans.outline(self.store, self._prices, asked)

    def get_conversation(self, asked: conversation.ConversationQuery) -> Conversation:
        """Tell what was said in a session, each message once, with the results of tools beside their calls.

        With ``span`` the page is the one around it: as much before it began as after. Its cursors lead both ways.
        """
        return conversation.conversation(self.store, self._limits.page_bytes_max, asked)

    def get_opening(self, asked: OfSession) -> Opening:
        """Tell what the customer said first in a session, in one line."""
        return conversation.opening(self.store, asked)

    def list_whole_spans(self, asked: spans.SpansQuery) -> bytes:
        """List a session's spans in order of start, with nothing left out."""
        return self._reader.whole_spans(*asked.ids, limit=asked.limit, cursor=asked.cursor or None).body

    def get_span(self, asked: spans.OfSpan) -> bytes:
        """Tell of one span: whole, as ListSpans gives it, and which earlier call it goes on from."""
        return spans.span_page(self.store, self._prices, self._sessions, asked)

    def explain_span(self, asked: spans.OfSpan) -> Explanation:
        """Tell which dialect claims which attribute of one span, what became of it, and what nobody claims.

        Attributes that messages hold whole are not kept beside them and not told of; a span that was put has none.
        """
        return spans.explanation(self.store, self._sessions, asked)

    def follow(self, _asked: events.EventsQuery) -> Session:  # pragma: no cover (events.Streams serves it)
        """Follow sessions as they begin and change, as server-sent events.

        ``session`` has a Session as its data, ``gone`` a Change of one that was deleted or became part of another.
        ``reset`` comes first where what changed before is not told: fetch the list then. A stream ends after some
        minutes, and goes on with the header ``Last-Event-ID``, which browsers send by themselves.
        """
        raise NotImplementedError


class NoParameters(Parameters, frozen=True):
    """Takes nothing."""


_SESSION: Final = "/api/assistants/{assistantId}/sessions/{sessionId}"
_OF_ONE: Final = (400, 401, 403, 404, 429, 503)
OPERATIONS: Final = (
    Operation("/api/sessions", sessions.SessionsQuery, Sessions, Api.list_sessions),
    Operation("/api/sessions", sessions.DeleteQuery, Deleted, Api.delete_sessions, method="DELETE"),
    Operation("/api/facets", sessions.FacetsQuery, Facets, Api.list_facets),
    Operation("/api/find", sessions.FindQuery, Finds, Api.find),
    Operation("/api/overview", overview.OverviewQuery, Overview, Api.get_overview),
    Operation("/api/prices", NoParameters, Prices, Api.get_prices),
    Operation(_SESSION, OfSession, Session, Api.get_session, fails=_OF_ONE),
    Operation(_SESSION, OfSession, Deleted, Api.delete_session, method="DELETE"),
    Operation(f"{_SESSION}/outline", spans.OutlineQuery, Outlines, Api.list_outlines, fails=_OF_ONE),
    Operation(
        f"{_SESSION}/conversation", conversation.ConversationQuery, Conversation, Api.get_conversation, fails=_OF_ONE
    ),
    Operation(f"{_SESSION}/opening", OfSession, Opening, Api.get_opening, fails=_OF_ONE),
    Operation(f"{_SESSION}/spans", spans.SpansQuery, WholeSpans, Api.list_whole_spans, fails=_OF_ONE),
    Operation(f"{_SESSION}/spans/{{spanId}}", spans.OfSpan, SpanPage, Api.get_span, fails=_OF_ONE),
    Operation(f"{_SESSION}/spans/{{spanId}}/explain", spans.OfSpan, Explanation, Api.explain_span, fails=_OF_ONE),
)
FOLLOW: Final = Operation(events.PATH, events.EventsQuery, Session, Api.follow, media_type="text/event-stream")
OTHERS: Final = put_spans.PATHS | login.PATHS
"""The descriptions of what is no ``Operation``, by path and method."""


def routes(
    reader: Reader,
    store: Store,
    record: Record | None,
    threads: Executor,
    config: Config,
    *,
    masks: Masks,
    keys: Keys | None,
) -> list[BaseRoute]:
    """Return the API's routes; see ``viewer.routes``."""
    prices, limits = PriceList.load(config.prices), config.limits
    api = Api(reader, store, limits, prices, listed(config.session_attributes))

    def seen_by(caller: Caller) -> Api:
        return limited(api, caller)

    served = [operation.route(seen_by, threads) for operation in OPERATIONS]
    served.append(events.Streams(threads, limits, prices).route(lambda who: seen_by(who).store))
    if record is not None:
        served.append(put_spans.route(record, limits, masks))
    served += login.routes(keys, config)
    return [*served, _description(), _Others(served)]


def description() -> dict[str, Any]:
    """Return what describes the whole API, as OpenAPI."""
    described = openapi.description([*OPERATIONS, FOLLOW], (Change, *put_spans.TYPES, *login.TYPES))
    for path, methods in OTHERS.items():
        described["paths"].setdefault(path, {}).update(methods)
    return described


def _description() -> BaseRoute:
    body = msgspec.json.encode(description())

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
        known = [route for route in self._served if route.matches(scope)[0] is not Match.NONE]
        error = f"{scope['method']} is not offered here" if known else "There is no such path; see /api/openapi.json."
        answer = json(msgspec.json.encode(Problem(error=error)), 405 if known else 404)
        if known:
            allowed = {method for route in known if isinstance(route, Route) for method in route.methods or ()}
            answer.headers["allow"] = ", ".join(sorted(allowed))
        await answer(scope, receive, send)
