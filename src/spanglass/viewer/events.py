"""Server-sent events: sessions as they begin and change, for as long as somebody looks.

Each stream asks the store now and then what changed, so it does not matter which process wrote it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from functools import partial
from time import monotonic
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from spanglass.access import Action, Caller, caller
from spanglass.access.errors import AccessError
from spanglass.access.web import refusal as access_refusal
from spanglass.answers import Change, Problem
from spanglass.config import Limits
from spanglass.heads import CLOSING
from spanglass.store.interface import SessionChange, Store, StoreError
from spanglass.viewer.operations import HEADERS, BadRequestError, Parameters, json, read, refusal
from spanglass.viewer.prices import PriceList
from spanglass.viewer.sessions import session_answer
from spanglass.viewer.times import uuid_text

PATH: Final = "/api/events"
POLL_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
RETRY_MS: Final = 2_000
"""After how many milliseconds a browser comes back."""
CHANGES_MAX: Final = 100
"""Sessions that are read at a time."""
BEHIND_MAX: Final = 1_000
"""Sessions that changed while nobody listened, up to which they are told one by one."""
_T = TypeVar("_T")


class EventsQuery(Parameters, frozen=True):
    """Takes nothing but the header ``Last-Event-ID``."""


class Streams:
    """The streams of this process."""

    def __init__(self, threads: Executor, limits: Limits, prices: PriceList) -> None:
        self._threads = threads
        self._limits = limits
        self._prices = prices
        self._open = 0

    def route(self, seen_by: Callable[[Caller], Store]) -> BaseRoute:
        """Return what serves the events; ``seen_by`` returns the store as a caller may see it."""

        async def endpoint(request: Request) -> Response:
            try:
                who = caller(request.scope)
                who.admit(f"GET {PATH}", Action.READ)
                read(EventsQuery, request)
                after = _last_event(request)
            except AccessError as error:
                return access_refusal(error)
            except BadRequestError as error:
                return refusal(error)
            if request.method == "HEAD":
                return Response(headers=HEADERS, media_type="text/event-stream")
            if self._open >= self._limits.event_streams_max:
                busy = json(msgspec.json.encode(Problem(error="Too many are following events; try again later.")), 503)
                busy.headers["retry-after"] = "10"
                return busy
            closing = getattr(request.state, CLOSING, None) or asyncio.Event()
            stream = self._stream(seen_by(who), after, closing)
            return StreamingResponse(stream, headers=HEADERS, media_type="text/event-stream")

        return Route(PATH, endpoint, methods=["GET"])

    async def _stream(self, store: Store, after: int | None, closing: asyncio.Event) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            until = monotonic() + self._limits.event_stream_seconds_max
            yield b"retry: %d\n\n" % RETRY_MS
            async for told in self._changes(store, after, until, closing):
                yield told
        except StoreError:
            return  # the browser comes back by itself
        finally:
            self._open -= 1

    async def _changes(
        self, store: Store, after: int | None, until: float, closing: asyncio.Event
    ) -> AsyncIterator[bytes]:
        last = await self._read(store.last_change)
        if after is None or await self._is_far(store, after, last):
            after = last
            yield b"event: reset\nid: %d\ndata: {}\n\n" % last
        quiet_since = monotonic()
        while True:
            last = await self._read(store.last_change)
            changes = await self._read(partial(store.changes, after, limit=CHANGES_MAX)) if last > after else []
            for change in changes:
                yield self._event(change)
            after = changes[-1].number if len(changes) == CHANGES_MAX else max(last, after)
            if changes:
                quiet_since = monotonic()
            elif monotonic() - quiet_since >= HEARTBEAT_SECONDS:
                quiet_since = monotonic()
                yield b": still here\n\n"
            if closing.is_set() or monotonic() >= until:
                return
            if len(changes) < CHANGES_MAX:
                await _wait(closing, POLL_SECONDS)

    async def _is_far(self, store: Store, after: int, last: int) -> bool:
        """Return whether a change is of another store, or too many sessions changed since."""
        return after > last or len(await self._read(partial(store.changes, after, limit=BEHIND_MAX + 1))) > BEHIND_MAX

    def _event(self, change: SessionChange) -> bytes:
        if change.session is None:
            ids = Change(assistant_id=uuid_text(change.assistant_id), session_id=uuid_text(change.session_id))
            return b"event: gone\nid: %d\ndata: %b\n\n" % (change.number, msgspec.json.encode(ids))
        session = msgspec.json.encode(session_answer(change.session, self._prices))
        return b"event: session\nid: %d\ndata: %b\n\n" % (change.number, session)

    async def _read(self, ask: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)


def _last_event(request: Request) -> int | None:
    """Return the number of the last change that was heard of.

    Raises:
        BadRequestError: The header is no such number.
    """
    text = request.headers.get("last-event-id")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 (digits of 63 bits)
        raise BadRequestError("Last-Event-ID: a number that an event came with")
    return int(text)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
