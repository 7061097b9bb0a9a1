"""Spans gathered into pieces of a request's size: those that came over OTLP as telemetry again, others as listed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from spanglass.config import Limits
from spanglass.formats.interface import (
    PIECE_BYTES_MAX,
    PIECE_SPANS_MAX,
    Altered,
    Piece,
    Refused,
    Session,
    Spans,
    Telemetry,
)
from spanglass.formats.listing import listed
from spanglass.mapping import Mapper
from spanglass.mapping.conventional import conventional_span
from spanglass.mapping.original import Whole, came_as_telemetry
from spanglass.mapping.restoring import Restored, Restorer
from spanglass.model.place import Claims, assistant_named, session_named
from spanglass.otlp.encoder import encode_protobuf, encode_protobuf_logs
from spanglass.telemetry import LogRecord, Span

ASSISTANT: Final = "spanglass.assistant.id"
SESSION: Final = "spanglass.session.id"
UNFAITHFUL: Final = "taken, but a message's verbatim form, or how its operation was told, is not what it was"


_Of = TypeVar("_Of", Span, LogRecord)


class Batch(NamedTuple):
    """Telemetry of one session that goes into one request a signal, and where it stood."""

    spans: list[Span]
    logs: list[LogRecord]
    where: str


class Gatherer:
    """Gathers the spans of one file, in its order; ``end`` gives the last piece of a session."""

    def __init__(self) -> None:
        self._listed: list[Mapping[str, Any]] = []
        self._where: list[str] = []
        self._place = ("", "")
        self._bytes = 0
        self._telemetry = TelemetryGatherer()

    def add(self, span: Mapping[str, Any], size: int, where: str) -> Iterator[Piece]:
        """Take a span in ListSpans's shape, of ``size`` bytes."""
        place = (span["assistantId"], span["sessionId"])
        if place != self._place:
            if self._listed:
                yield self._piece()
            self._place = place
        self._listed.append(span)
        self._where.append(where)
        self._bytes += size
        if len(self._listed) >= PIECE_SPANS_MAX or self._bytes >= PIECE_BYTES_MAX:
            yield self._piece()

    def add_whole(self, whole: Whole, size: int, where: str, session: Session) -> Iterator[Piece]:
        """Take a span with nothing left out, of ``size`` bytes; ``session`` is the one that it is of."""
        if came_as_telemetry(whole):
            yield from _encoded(self._telemetry.add(whole, where, session))
        else:
            yield from self.add(listed(whole), size, where)

    def end(self) -> Iterator[Piece]:
        """Give what has been gathered."""
        yield from _encoded(self._telemetry.end())
        if self._listed:
            yield self._piece()

    def _piece(self) -> Spans:
        piece = Spans(*self._place, self._listed, self._where)
        self._listed, self._where, self._bytes = [], [], 0
        return piece


def pieces(batch: Batch) -> Iterator[Telemetry | Refused]:
    """Yield the requests that a batch makes, and what of it is none: a file can say anything, protobuf cannot."""
    if batch.spans:
        yield from _requests(encode_protobuf, batch.spans, batch.where)
    if batch.logs:
        yield from _requests(encode_protobuf_logs, batch.logs, batch.where)


def _requests(
    encode: Callable[[Sequence[_Of]], bytes], items: Sequence[_Of], where: str
) -> Iterator[Telemetry | Refused]:
    try:
        yield Telemetry(encode(items), len(items), where, logs=isinstance(items[0], LogRecord))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        if len(items) == 1:
            yield Refused(where, f"a span that cannot be telemetry: {error}", 1)
            return
        for item in items:
            yield from _requests(encode, [item], where)


def _encoded(batches: Iterator[Batch | Altered]) -> Iterator[Piece]:
    for batch in batches:
        if isinstance(batch, Altered):
            yield batch
        else:
            yield from pieces(batch)


class TelemetryGatherer:
    """Gathers spans as telemetry: those that came so as they came, others as the GenAI conventions have them."""

    def __init__(self) -> None:
        limits = Limits()
        self._restorer = Restorer(
            Mapper(memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max)
        )
        self._spans: list[Span] = []
        self._logs: list[LogRecord] = []
        self._where = ("", "")
        self._bytes = 0
        self._places: Places | None = None

    def add(self, whole: Whole, where: str, session: Session) -> Iterator[Batch | Altered]:
        """Take a span."""
        if self._places is None or self._places.session[:2] != session[:2]:
            yield from self.end()
            self._places = Places(session)
        if not self._spans and not self._logs:
            self._where = (where, where)
        self._where = (self._where[0], where)
        if came_as_telemetry(whole):
            made = self._restorer.restore(whole)
            if not made.faithful:
                yield Altered(where, UNFAITHFUL)
            if made.span is not None:
                self._add(made.span)
            self._logs += made.logs
            self._places.see(made)
        else:
            self._add(conventional_span(whole, listed(whole), session.assistant_name))
        if len(self._spans) >= PIECE_SPANS_MAX or self._bytes >= PIECE_BYTES_MAX:
            yield from self._pieces()

    def _add(self, span: Span) -> None:
        self._spans.append(span)
        said = (span.attributes, *(event.attributes for event in span.events))
        self._bytes += sum(len(value) for told in said for value in told.values() if isinstance(value, str))

    def end(self) -> Iterator[Batch | Altered]:
        """Give what has been gathered of a session, and what it takes to have all of its traces there."""
        if self._places is not None:
            self._spans += self._places.missing()
            self._places = None
        yield from self._pieces()

    def _pieces(self) -> Iterator[Batch]:
        first, last = self._where
        if self._spans or self._logs:
            yield Batch(self._spans, self._logs, first if first == last else f"{first} to {last}")
        self._spans, self._logs, self._bytes = [], [], 0


class Places:
    """Whether a session's traces find their way back to it by what their spans say.

    They do but where something beside them placed them: a key that is limited to an assistant, or attributes of an
    application's own. Such a trace has one of its spans say it.
    """

    def __init__(self, session: Session) -> None:
        self.session: Final = session
        self._ids = (UUID(session.assistant_id).bytes, UUID(session.session_id).bytes)
        self._claims: dict[bytes, Claims] = {}
        self._held: dict[bytes, Span] = {}

    def see(self, made: Restored) -> None:
        """Take note of what a span says."""
        trace = made.span.trace_id if made.span is not None else made.logs[0].trace_id
        known = self._claims.get(trace)
        claims = self._claims[trace] = made.claims if known is None else known.merged(made.claims)
        place = claims.place(trace)
        if (place.assistant_id, place.session_id) == self._ids:
            self._held.pop(trace, None)
        elif made.span is not None:
            self._held.setdefault(trace, made.span)

    def missing(self) -> Iterator[Span]:
        """Yield a span of each trace that would go astray, saying where it belongs."""
        assistant, session = self._ids
        names = {ASSISTANT: self.session.assistant_id, SESSION: self.session.session_id}
        if assistant_named(self.session.assistant_name)[0] == assistant:
            names[ASSISTANT] = self.session.assistant_name
        if session_named(self.session.name, assistant)[0] == session:
            names[SESSION] = self.session.name
        for span in self._held.values():
            yield msgspec.structs.replace(span, attributes=span.attributes | names)
