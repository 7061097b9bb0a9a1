"""``PUT …/spans``: spans in ListSpans's own shape come in as they are, for imports and tests."""

import functools
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from spanglass.access import Action, caller
from spanglass.access.errors import AccessError
from spanglass.access.web import refusal
from spanglass.answers import Answer, Problem
from spanglass.bodies import BodyError, read_body
from spanglass.config import Limits
from spanglass.mappers import Read
from spanglass.mapping import received
from spanglass.mapping.masking import NOTHING, Masking
from spanglass.masking import Masks
from spanglass.model.place import parse_uuid
from spanglass.model.span import ListSpansResponse
from spanglass.packing import Mapped
from spanglass.recording import ClosedError, OverloadedError, Recorded
from spanglass.store.interface import StoreError
from spanglass.viewer.openapi import described
from spanglass.viewer.operations import json

PATH: Final = "/api/assistants/{assistantId}/sessions/{sessionId}/spans"
RETRY_SECONDS: Final = 1
Record: TypeAlias = Callable[[Read, int], Awaitable[Recorded]]


class Accepted(Answer):
    """How many spans were kept; they are durable and readable."""

    accepted: int


class Fault(Answer):
    """What is wrong with the value at a path."""

    path: str
    constraint: str


class Faults(Problem):
    """Why nothing of a request was kept; at most a hundred violations are told."""

    violations: list[Fault]


class UnusableError(ValueError):
    """A body cannot be kept; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class MediaTypeError(UnusableError):
    """A body is not said to be plain JSON."""


def route(record: Record, limits: Limits, masks: Masks) -> Route:
    """Return the route; ``record`` is the recorder's: spans are written as exports are, in the same commits."""

    async def put_spans(request: Request) -> Response:
        try:
            return json(msgspec.json.encode(await _recorded(request)))
        except UnusableError as error:
            return json(msgspec.json.encode(error.problem), 415 if isinstance(error, MediaTypeError) else 400)
        except (AccessError, BodyError, StoreError) as error:
            return refusal(error)
        except (OverloadedError, ClosedError) as error:
            answer = json(msgspec.json.encode(Problem(error=str(error) or "the server is shutting down")), 503)
            answer.headers["retry-after"] = str(RETRY_SECONDS)
            return answer
        except ClientDisconnect:
            return Response()

    async def _recorded(request: Request) -> Accepted:
        assistant, session = (_id(request, name) for name in ("assistantId", "sessionId"))
        caller(request.scope).admit(f"PUT {PATH}", Action.WRITE, assistant.bytes)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise MediaTypeError(Problem(error="The content type is application/json."))
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise MediaTypeError(Problem(error="The body comes without a content encoding."))
        body = await read_body(request.headers, request.receive, limits)
        recorded = await record(functools.partial(read, body, str(assistant), str(session), masks), len(body))
        return Accepted(accepted=recorded.accepted)

    return Route(PATH, put_spans, methods=["PUT"])


def _id(request: Request, name: str) -> uuid.UUID:
    parsed = parse_uuid(request.path_params[name])
    if parsed is None:
        raise UnusableError(Problem(error=f"{name}: a UUID"))
    return parsed


def read(body: bytes, assistant_id: str, session_id: str, masks: Masks = NOTHING) -> Mapped:
    """Read a page of spans of a session, which two UUIDs name; called wherever requests are mapped.

    Raises:
        UnusableError: It is no JSON, or has faults.
    """
    place = assistant_id, session_id
    try:
        page: Any = msgspec.json.decode(body)
    except (ValueError, RecursionError):  # msgspec's errors and those of Unicode are ValueErrors
        raise UnusableError(Problem(error="The body is not JSON.")) from None
    masking = None if masks == NOTHING else _masking(masks)
    if masking is not None:
        page = masking.page(page)
    if found := received.faults(page, place):
        faults = [Fault(path=each.path, constraint=each.constraint) for each in found]
        raise UnusableError(Faults(error="These spans cannot be kept as they are.", violations=faults))
    spans = page["spans"]
    masked = {} if masking is None else masking.taken()
    return Mapped([received.part(spans, place)] if spans else [], len(spans), masked=masked)


@functools.lru_cache(maxsize=1)
def _masking(masks: Masks) -> Masking:
    """Return this process's masking; requests are read by one thread."""
    return Masking(masks)


TYPES: Final = (Accepted, Faults, ListSpansResponse)
"""The types that ``PATHS`` refer to."""
PATHS: Final = {
    PATH: {
        "put": described(
            "putSpans",
            "Keep spans in a session as they are, with all their ids",
            {200: Accepted, 400: Faults, **dict.fromkeys((401, 403, 408, 413, 415, 429, 503), Problem)},
            takes=ListSpansResponse,
            names=("assistantId", "sessionId"),
        )
    }
}
"""The route's part of the OpenAPI description."""
