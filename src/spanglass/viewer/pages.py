"""The viewer's pages: the list of sessions with its search, and one session as a tree. HTML without scripts."""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from importlib.resources import files
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spanglass.access import Action, caller, limited
from spanglass.access.errors import AccessError, ThrottledError
from spanglass.model.place import parse_uuid
from spanglass.reading import Reader, SessionNotFoundError, TokenError
from spanglass.store.interface import StoreError
from spanglass.viewer.operations import BadRequestError, read
from spanglass.viewer.sessions import SessionsQuery
from spanglass.viewer.text import compact, duration, moment, pretty, visible
from spanglass.viewer.tree import SAID, line, rows

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-cache",
}
"""On every answer: whatever slipped through escaping would still not run, load or send anything."""
JSON_CHARS_MAX: Final = 20_000
"""Characters of one verbatim document that a page shows; frameworks repeat whole conversations there."""
TOOL_RESULT_DEPTH_MAX: Final = 8
"""Tool results within tool results that are laid out; deeper ones are shown as JSON."""


class _Problem(NamedTuple):
    status: int
    heading: str
    advice: str


_PROBLEMS: Final[dict[type[Exception], _Problem]] = {
    BadRequestError: _Problem(400, "This request cannot be read", "Change it, or begin again with all sessions."),
    TokenError: _Problem(
        400, "This page is not there", "Its link belongs to another list. Begin again from the first."
    ),
    ThrottledError: _Problem(429, "That was too often", "Load the page again in a moment."),
    AccessError: _Problem(403, "This needs a key", "Log in with one that may read."),
    SessionNotFoundError: _Problem(404, "There is no such session", "It may have been deleted, or never arrived."),
    StoreError: _Problem(503, "The store cannot answer", "Nothing is lost by that. Load the page again in a moment."),
}


def routes(reader: Reader, threads: Executor) -> list[BaseRoute]:
    """Return the pages' routes; ``threads`` read and render."""

    def route(path: str, page: Callable[[Reader, Request], str]) -> BaseRoute:
        async def endpoint(request: Request) -> Response:
            return await asyncio.get_running_loop().run_in_executor(threads, _answer, page, reader, request)

        return Route(path, endpoint)

    return [
        route("/", _sessions),
        route("/sessions/{assistant}/{session}", _session),
        Route("/viewer/style.css", _style),
    ]


def _answer(page: Callable[[Reader, Request], str], reader: Reader, request: Request) -> Response:
    status = 200
    try:
        who = caller(request.scope)
        who.admit("pages", Action.READ)
        html = page(limited(reader, who), request)
    except tuple(_PROBLEMS) as error:
        problem = next(problem for kind, problem in _PROBLEMS.items() if isinstance(error, kind))
        status = problem.status
        html = _render("problem.html", problem=problem, reason=str(error), q="")
    return Response(html, status, HEADERS, "text/html")


def _sessions(reader: Reader, request: Request) -> str:
    query, asked = request.query_params, read(SessionsQuery, request)
    listing = reader.sessions(
        text=asked.q or None,
        assistant_id=asked.assistant_id[0].bytes if asked.assistant_id else None,
        limit=asked.limit,
        cursor=asked.cursor or None,
    )
    endpoint = f"{request.scope['scheme']}://{request.headers.get('host', 'localhost:4318')}"
    links = {"first": _link("/", query, cursor=None), "older": _link("/", query, cursor=listing.cursor)}
    return _render("sessions.html", listing=listing, links=links, query=query, q=query.get("q", ""), endpoint=endpoint)


def _session(reader: Reader, request: Request) -> str:
    query, path = request.query_params, request.path_params
    parsed = [parse_uuid(path[name]) for name in ("assistant", "session")]
    ids = [one.bytes for one in parsed if one is not None]
    if len(ids) < len(parsed):
        raise BadRequestError("The address of a session holds two UUIDs.")
    session = reader.session(*ids)
    page = msgspec.json.decode(reader.whole_spans(*ids, cursor=query.get("cursor")).body)
    here, api = f"/sessions/{parsed[0]}/{parsed[1]}", f"/api/assistants/{parsed[0]}/sessions/{parsed[1]}/spans"
    links = {
        "first": _link(here, query, cursor=None),
        "next": _link(here, query, cursor=page.get("nextCursor")),
        "open": _link(here, query, open=None if "open" in query else "all"),
        "json": _link(api, {}, cursor=query.get("cursor")),
        "back": _link("/", {}, q=query.get("q")),
    }
    q = query.get("q", "")
    tree = rows(page["spans"], q)
    tools = {value["toolUseId"]: value["name"] for value in _tool_uses(page["spans"])}
    return _render(
        "session.html",
        session=session,
        rows=tree,
        known={span["spanId"] for span in page["spans"]},
        tools=tools,
        links=links,
        more="nextCursor" in page,
        query=query,
        q=q,
    )


def _tool_uses(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    attributes = [span["attributes"] for span in spans]
    messages = [m for a in attributes for name in SAID[:2] for m in a.get(name, [])]
    return [value["toolUse"] for m in messages for value in m["values"] if "toolUse" in value]


async def _style(_request: Request) -> Response:
    return Response(_STYLE, headers=HEADERS, media_type="text/css")


def _link(path: str, query: Any, **changed: str | None) -> str:  # noqa: ANN401 (a mapping of the query's names)
    """Return a path with a query: ``query`` with some values changed, those that are None or empty left out."""
    values = {name: value for name, value in (dict(query) | changed).items() if value}
    return f"{path}?{urlencode(values)}" if values else path


_STYLE: Final = (files(__package__) / "style.css").read_bytes()
_TEMPLATES: Final = Environment(
    loader=PackageLoader("spanglass.viewer"),
    autoescape=True,
    finalize=visible,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals |= {"JSON_CHARS_MAX": JSON_CHARS_MAX, "TOOL_RESULT_DEPTH_MAX": TOOL_RESULT_DEPTH_MAX, "SAID": SAID}
_TEMPLATES.globals |= {"link": _link, "line": line}
_TEMPLATES.filters |= {
    "moment": moment,
    "duration": duration,
    "pretty": pretty,
    "compact": compact,
    "rejected": lambda mapping, name: {key: value for key, value in mapping.items() if key != name},
    "uuid": lambda raw: str(uuid.UUID(bytes=raw)),
}


def _render(name: str, **values: Any) -> str:  # noqa: ANN401 (whatever the template takes)
    return _TEMPLATES.get_template(name).render(values)
