"""An operation of the JSON API: how its parameters are read, and how it and its errors are answered."""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spanglass.access import Action, Caller, caller
from spanglass.access.errors import AccessError
from spanglass.access.web import refusal as access_refusal
from spanglass.answers import Answer, Problem
from spanglass.reading import SessionNotFoundError, TokenError
from spanglass.store.interface import StoreError

VALUES_MAX: Final = 20
"""Values that one parameter may have, where it may have several."""
SECONDS_MAX: Final = 9_223_372_036
"""The latest time in seconds since the epoch: 64 bits of nanoseconds."""

Text: TypeAlias = Annotated[str, Meta(max_length=1000)]
Texts: TypeAlias = Annotated[list[Text], Meta(max_length=VALUES_MAX)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=SECONDS_MAX)]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0, le=1e15)]
Token: TypeAlias = Annotated[str, Meta(max_length=1000)]


class BadRequestError(ValueError):
    """A parameter is not usable; the message names it."""


class NotFoundError(LookupError):
    """There is no such thing; the message says what."""


STATUSES: Final[dict[type[Exception], int]] = {
    BadRequestError: 400,
    TokenError: 400,
    SessionNotFoundError: 404,
    NotFoundError: 404,
    StoreError: 503,
}
"""What an operation may fail with, and the status that tells so; the first that fits decides."""


NOT_LET_IN: Final = (401, 403, 429)
"""The statuses that tell of the caller: not known, not permitted, too often."""


class Parameters(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Base of what operations take from their path and query; a list is a parameter that may be given repeatedly."""


class OfSession(Parameters, frozen=True):
    """Names a session, by its path."""

    assistant_id: uuid.UUID
    session_id: uuid.UUID

    @property
    def ids(self) -> tuple[bytes, bytes]:
        """The ids of the assistant and the session, 16 bytes each."""
        return self.assistant_id.bytes, self.session_id.bytes


class Operation(NamedTuple):
    """A method and path, what it takes, what it answers, and the function between them, whose docstring tells it.

    The function's first argument is what answers for one caller, who finds in it no more than they may see.
    """

    path: str
    takes: type[Parameters]
    answers: type[Answer]
    answer: Callable[[Any, Any], Answer | bytes]
    method: Literal["GET", "DELETE"] = "GET"
    media_type: str = "application/json"
    fails: tuple[int, ...] = (400, 503)
    """The statuses of ``STATUSES`` that may come instead."""

    def route(self, seen_by: Callable[[Caller], object], threads: Executor) -> BaseRoute:
        """Return what serves it; ``threads`` are those that may wait for a store."""
        action = Action.DELETE if self.method == "DELETE" else Action.READ

        async def endpoint(request: Request) -> Response:
            try:
                who = caller(request.scope)
                who.admit(f"{self.method} {self.path}", action)
                asked = read(self.takes, request)
                told = await asyncio.get_running_loop().run_in_executor(threads, self._body, seen_by(who), asked)
            except AccessError as error:
                return access_refusal(error)
            except tuple(STATUSES) as error:
                return refusal(error)
            return json(told)

        return Route(self.path, endpoint, methods=[self.method])

    def _body(self, seen: object, asked: Parameters) -> bytes:
        told = self.answer(seen, asked)
        return told if isinstance(told, bytes) else msgspec.json.encode(told)


def refusal(error: Exception) -> Response:
    """Return the answer that tells of an error of ``STATUSES``."""
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    return json(msgspec.json.encode(Problem(error=str(error))), status)


def json(body: bytes, status: int = 200) -> Response:
    """Return an answer that no cache keeps and no browser takes for anything but JSON."""
    return Response(body, status, HEADERS, "application/json")


HEADERS: Final = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


def read(takes: type[Parameters], request: Request) -> Any:  # noqa: ANN401 (what was asked for)
    """Read an operation's parameters from path and query.

    Raises:
        BadRequestError: One is unknown, missing, given twice, or not what it has to be; the message names it.
    """
    given: dict[str, Any] = {}
    several = _lists(takes)
    for name, value in request.query_params.multi_items():
        if name in several:
            given.setdefault(name, []).append(value)
        elif name in given or name in request.path_params:
            raise BadRequestError(f"{name}: is given twice")
        else:
            given[name] = value
    try:
        return msgspec.convert(given | request.path_params, takes, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`").partition("[")[0]
        raise BadRequestError(f"{name}: {reason}" if name else reason) from None


def _lists(takes: type[Parameters]) -> frozenset[str]:
    fields = msgspec.structs.fields(takes)
    return frozenset(field.encode_name for field in fields if "list" in str(field.type))
