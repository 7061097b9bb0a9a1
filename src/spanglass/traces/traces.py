"""The sessions of a server, or of a store, read through the JSON API: pages and ids are taken care of."""

import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET

from spanglass.answers import (
    Answer,
    Change,
    Conversation,
    Deleted,
    Explanation,
    FacetKind,
    Facets,
    FacetValue,
    Finds,
    Found,
    Outline,
    Outlines,
    Overview,
    Session,
    Sessions,
    SpanPage,
    Turn,
    WholeSpan,
    WholeSpans,
)
from spanglass.connection import Connection, UnreachableError
from spanglass.model import arn
from spanglass.model.place import assistant_named
from spanglass.traces import naming
from spanglass.traces.errors import AmbiguousError, DeniedError, NotFoundError, ReadError
from spanglass.traces.events import events
from spanglass.traces.filters import Filters, Moment, seconds

if TYPE_CHECKING:
    from spanglass.formats.arrow import Tables
    from spanglass.formats.interface import Session as Moved

PAGE_SESSIONS: Final = 200
PAGE_OUTLINES: Final = 1_000
PAGE_TURNS: Final = 200
PAGE_SPANS: Final = 100
AGAIN_SECONDS: Final = 2.0
"""Seconds after which changes are followed again, after the stream broke off."""
LOOKED_THROUGH_MAX: Final = 2_000
"""Sessions among which one is found by the beginning of its id or name."""
BEGINNING_CHARS_MIN: Final = 4
OK: Final = 200
NO_CONTENT: Final = 204
NOT_FOUND: Final = 404
EVERYTHING: Final = Filters()
_Told = TypeVar("_Told", bound=Answer)


class Ids(NamedTuple):
    """The UUIDs of a session's assistant and its own."""

    assistant_id: str
    session_id: str


class Changed(NamedTuple):
    """A session that began or changed, or that is gone: deleted, or part of another by now.

    Of ``reset`` there is no session: what changed before it is not told. Nor of ``lost``: the connection is, and it is
    tried again, after which what changed meanwhile is told.
    """

    kind: Literal["session", "gone", "reset", "lost"]
    session: Session | Change | None = None


class Traces:
    """Sessions and spans, read; as a context it lasts to the end of the block at most. Threads may share it.

    A session is named by what is at hand: its UUID, ARN or name, the id of a contact, or a ``Session`` that was read;
    one of the newest 2,000 also by the first four characters, or more, of its UUID or name.
    Methods raise ``ReadError`` and its kinds, and ``connection.UnreachableError`` where nothing answers.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def place(self) -> str:
        """What is read, as people name it."""
        return self._connection.place

    def close(self) -> None:
        """Let go of the connection, or of the store."""
        self._connection.close()

    # Sessions --------------------------------------------------------------------------------------------------------

    def sessions(self, filters: Filters = EVERYTHING, *, limit: int | None = None) -> Iterator[Session]:
        """Yield sessions, newest first, at most ``limit``; those found by words have excerpts."""
        size = PAGE_SESSIONS if limit is None else min(limit, PAGE_SESSIONS)
        pages = self._pages("/api/sessions", Sessions, self.resolved(filters).parameters(), size)
        yield from islice((session for page in pages for session in page.sessions), limit)

    def session(self, name: naming.Name) -> Session:
        """Return one session."""
        return self._get(self._path(name), Session)

    def conversation(self, name: naming.Name) -> Iterator[Turn]:
        """Yield what was said in a session, each message once, and what changed its course."""
        for page in self._pages(f"{self._path(name)}/conversation", Conversation, [], PAGE_TURNS):
            yield from page.turns

    def outline(self, name: naming.Name) -> Iterator[Outline]:
        """Yield a session's spans in order of start, running ones too, without what was said."""
        for page in self._pages(f"{self._path(name)}/outline", Outlines, [], PAGE_OUTLINES):
            yield from page.spans

    def spans(self, name: naming.Name) -> Iterator[WholeSpan]:
        """Yield a session's spans in order of start, with nothing left out."""
        for page in self._pages(f"{self._path(name)}/spans", WholeSpans, [], PAGE_SPANS):
            yield from page.spans

    def plain_spans(self, name: naming.Name) -> Iterator[dict[str, Any]]:
        """Yield the same as plain data, every number and member as the API gives it."""
        path, cursor = f"{self._path(name)}/spans?limit={PAGE_SPANS}", ""
        while True:
            page = self._json("GET", path + cursor)
            yield from page["spans"]
            if (token := page.get("nextCursor")) is None:
                return
            cursor = f"&cursor={quote(token, safe='')}"

    def tables(self, filters: Filters = EVERYTHING, *, limit: int | None = None) -> "Tables":
        """Return the spans and messages of sessions as Arrow's tables; the columns are those of the Parquet format.

        Raises:
            ConfigError: pyarrow is not installed.
        """
        from spanglass.formats.arrow import tables  # noqa: PLC0415 (it takes what reads no tables do without)

        return tables(self._whole_sessions(filters, limit))

    def _whole_sessions(self, filters: Filters, limit: int | None) -> "Iterator[tuple[Moved, list[dict[str, Any]]]]":
        from spanglass.formats.interface import Session as Moved  # noqa: PLC0415 (as above)

        for session in self.sessions(filters, limit=limit):
            told = Moved(session.assistant_id, session.session_id, session.name, session.assistant_name)
            with suppress(NotFoundError):  # it has gone since it was listed
                yield told, list(self.plain_spans(session))

    def listed_spans(self, name: naming.Name) -> Iterator[dict[str, Any]]:
        """Yield a session's spans as ListSpans has them on the wire: times are seconds since the epoch."""
        path = self._path(name).removeprefix("/api") + "/spans"
        token: str | None = None
        while True:
            page = self._json("GET", path + (f"?nextToken={quote(token, safe='')}" if token else ""))
            yield from page["spans"]
            if (token := page.get("nextToken")) is None:
                return

    # One span --------------------------------------------------------------------------------------------------------

    def span(self, span_id: str, *, session: naming.Name | None = None) -> SpanPage:
        """Return one span, by its id or by OpenTelemetry's; of a session that is named, also by its id's beginning."""
        return self._get(self._span_path(span_id, session), SpanPage)

    def explanation(self, span_id: str, *, session: naming.Name | None = None) -> Explanation:
        """Tell what became of each attribute of one span."""
        return self._get(f"{self._span_path(span_id, session)}/explain", Explanation)

    # Across sessions -------------------------------------------------------------------------------------------------

    def search(self, text: str, filters: Filters = EVERYTHING, *, limit: int | None = None) -> Iterator[Session]:
        """Yield sessions in which one message holds all of some words, newest first, with excerpts."""
        return self.sessions(msgspec.structs.replace(filters, text=text), limit=limit)

    def find(self, name: str) -> list[Found]:
        """Return all contacts, sessions, spans and traces with an id, and sessions with a name."""
        return self._get("/api/find", Finds, [("id", name)]).found

    def facets(
        self, kind: FacetKind, *, prefix: str = "", filters: Filters = EVERYTHING, limit: int = 50
    ) -> list[FacetValue]:
        """Return the values that sessions have of one kind, the most frequent first."""
        narrowed = [each for each in self.resolved(filters).parameters() if each[0] in {"assistantId", "from", "to"}]
        return self._get(
            "/api/facets", Facets, [("kind", kind), ("prefix", prefix), ("limit", str(limit)), *narrowed]
        ).values

    def overview(
        self, since: Moment, until: Moment, *, assistants: tuple[str, ...] = (), buckets: int = 60
    ) -> Overview:
        """Sum a range of time: sessions, failures, durations, tokens and cost by model, agent and tool."""
        told = [("from", str(seconds(since))), ("to", str(seconds(until))), ("buckets", str(buckets))]
        return self._get("/api/overview", Overview, told + self.resolved(Filters(assistants=assistants)).parameters())

    def changes(self) -> Generator[Changed]:
        """Yield sessions as they begin and change, from now on and without end."""
        last = ""
        while True:
            try:
                headers = {"last-event-id": last} if last else {}
                with self._connection.stream("GET", "/api/events", headers=headers) as streamed:
                    if streamed.status != OK:
                        self._refuse(streamed.status, b"".join(streamed.pieces))
                    for event in events(streamed.pieces):
                        last = event.id or last
                        yield _changed(event.name, event.data)
            except UnreachableError:
                if not last:
                    raise
                yield Changed("lost")
            time.sleep(AGAIN_SECONDS)

    # Deleting --------------------------------------------------------------------------------------------------------

    def delete(self, name: naming.Name) -> int:
        """Delete one session and all that is in it; return how many were there."""
        return self._read("DELETE", self._path(name), Deleted).deleted

    def delete_assistant(self, name: str) -> int:
        """Delete an assistant with all of its sessions; return how many there were: one or none."""
        answer = self._connection.ask("DELETE", f"/assistants/{self.assistant_id(name)}")
        if answer.status in {OK, NO_CONTENT}:
            return 1
        if answer.status != NOT_FOUND:
            self._refuse(answer.status, answer.body)
        return 0

    def delete_before(self, moment: Moment) -> int:
        """Delete the sessions last heard of before a time, and return how many."""
        return self._read("DELETE", f"/api/sessions?before={seconds(moment)}", Deleted).deleted

    # Asking ----------------------------------------------------------------------------------------------------------

    def ids(self, name: naming.Name) -> Ids:
        """Return which session a name stands for."""
        if isinstance(name, Session):
            return Ids(name.assistant_id, name.session_id)
        if (known := naming.read(name)) is not None:
            return Ids(*known)
        found = self._candidates(name)
        if not found and "/" in name:
            of, _, own = name.partition("/")
            assistant = self.assistant_id(of)
            found = {each for each in self._candidates(own) if each.assistant_id == assistant}
        if not found:
            raise NotFoundError(f"{name!r}: there is no such session in {self.place}", 404)
        if len(found) > 1:
            raise AmbiguousError(f"{name!r} stands for {len(found)} sessions", ["/".join(each) for each in found])
        return next(iter(found))

    def assistant_id(self, name: str) -> str:
        """Return the UUID of an assistant by its UUID, ARN or name; a name that is not known has one, too."""
        if not isinstance(known := arn.read_assistant(name), arn.Misnomer):
            return str(known)
        named = (each.id for each in self.facets("assistant", prefix=name) if each.value == name)
        return next((each for each in named if each is not UNSET), str(uuid.UUID(bytes=assistant_named(name)[0])))

    def resolved(self, filters: Filters) -> Filters:
        """Return conditions with the UUIDs of assistants in the place of their names."""
        return msgspec.structs.replace(filters, assistants=tuple(map(self.assistant_id, filters.assistants)))

    def _candidates(self, name: str) -> set[Ids]:
        """Return the sessions with an id or a name, or else the newest whose id or name begins so."""
        found = {Ids(each.assistant_id, each.session_id) for each in self.find(name)}
        if found:
            return found
        newest = self.sessions(limit=LOOKED_THROUGH_MAX) if len(name) >= BEGINNING_CHARS_MIN else ()
        begin = [one for one in newest if one.session_id.startswith(name.lower()) or one.name.startswith(name)]
        return {Ids(one.assistant_id, one.session_id) for one in begin}

    def _path(self, name: naming.Name) -> str:
        return _session_path(*self.ids(name))

    def _span_path(self, span_id: str, session: naming.Name | None) -> str:
        if session is None:
            found = {
                f"{_session_path(one.assistant_id, one.session_id)}/spans/{one.span_id}"
                for one in self.find(span_id)
                if one.kind == "span"
            }
        else:
            path = self._path(session)
            begin = span_id.lower()
            found = {f"{path}/spans/{one.id}" for one in self.outline(session) if one.id.startswith(begin)}
        if not found:
            raise NotFoundError(f"{span_id!r}: there is no such span in {self.place}", 404)
        if len(found) > 1:
            raise AmbiguousError(f"{span_id!r} stands for {len(found)} spans", sorted(map(_span_and_session, found)))
        return found.pop()

    def _pages(self, path: str, kind: type[_Told], parameters: list[tuple[str, str]], limit: int) -> Iterator[_Told]:
        """Yield the pages of a list, of at most ``limit`` each; none is asked for before the one before is used up."""
        cursor: list[tuple[str, str]] = []
        while True:
            page: Any = self._get(path, kind, [*parameters, ("limit", str(limit)), *cursor])
            yield page
            if page.next_cursor is UNSET:
                return
            cursor = [("cursor", page.next_cursor)]

    def _get(self, path: str, kind: type[_Told], parameters: list[tuple[str, str]] | None = None) -> _Told:
        return self._read("GET", f"{path}?{urlencode(parameters)}" if parameters else path, kind)

    def _read(self, method: str, target: str, kind: type[_Told]) -> _Told:
        with self._understanding():
            return msgspec.json.decode(self._body(method, target), type=kind)

    def _json(self, method: str, target: str) -> Any:  # noqa: ANN401 (any JSON)
        with self._understanding():
            return msgspec.json.decode(self._body(method, target))

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, RecursionError) as error:
            raise ReadError(f"{self.place} answers what this version does not understand: {error}", OK) from None

    def _body(self, method: str, target: str) -> bytes:
        answer = self._connection.ask(method, target)
        if answer.status != OK:
            self._refuse(answer.status, answer.body)
        return answer.body

    def _refuse(self, status: int, body: bytes) -> None:
        try:
            problem = msgspec.json.decode(body, type=_Problem)
            reason = problem.error or problem.message
        except (ValueError, RecursionError):
            reason = ""
        reason = reason or f"{self.place} answers {status}; is it a Spanglass server?"
        kind = {401: DeniedError, 403: DeniedError, 404: NotFoundError}.get(status, ReadError)
        raise kind(reason, status)


class _Problem(msgspec.Struct):
    """Why a request was refused, as the JSON API says it or as QConnect does."""

    error: str = ""
    message: str = ""


def _session_path(assistant_id: str, session_id: str) -> str:
    return f"/api/assistants/{assistant_id}/sessions/{session_id}"


def _span_and_session(path: str) -> str:
    """Name a span by its path as the command line takes it."""
    *_, assistant_id, _, session_id, _, span_id = path.split("/")
    return f"{span_id} --session {assistant_id}/{session_id}"


def _changed(name: str, data: str) -> Changed:
    if name == "session":
        return Changed("session", msgspec.json.decode(data, type=Session))
    if name == "gone":
        return Changed("gone", msgspec.json.decode(data, type=Change))
    return Changed("reset")
