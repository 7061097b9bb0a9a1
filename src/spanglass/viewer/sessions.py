"""Sessions as the JSON API lists, finds and tells them."""

import uuid
from collections.abc import Iterable
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from spanglass.answers import (
    Deleted,
    Excerpt,
    FacetKind,
    Facets,
    FacetValue,
    Finds,
    Found,
    Session,
    Sessions,
)
from spanglass.model.place import parse_uuid
from spanglass.reading import SESSIONS_FORM, Joiner, Tokens
from spanglass.store.interface import SessionCursor, SessionRecord, Store
from spanglass.store.text import searchable_text
from spanglass.store.where import MOST, Kind, Status, Where
from spanglass.viewer.excerpts import excerpt
from spanglass.viewer.operations import OfSession, Parameters, Text, Texts, Token
from spanglass.viewer.prices import PriceList
from spanglass.viewer.times import milliseconds, nanoseconds, seconds, uuid_text

EXCERPTS_MAX: Final = 3
"""Excerpts of one session."""
EXCERPTED_SPANS_MAX: Final = 5_000
"""Spans of a session up to which a list goes over it for excerpts."""
FOUND_MAX: Final = 50
"""Sessions that are told of one id, by each way to find it."""
Words: TypeAlias = Annotated[str, Meta(max_length=1000, description="Words that one message holds, all of them.")]
Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=9_223_372_036)]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0, le=1e12)]
TokenCount: TypeAlias = Annotated[int, Meta(ge=0, le=1 << 62)]


class OfTime(Parameters, frozen=True):
    """Narrows to sessions of some assistants that begin from a time on, and before another."""

    assistant_id: Annotated[list[uuid.UUID], Meta(max_length=100)] = []
    from_: Seconds | UnsetType = msgspec.field(default=UNSET, name="from")
    to: Seconds | UnsetType = UNSET

    def where(self) -> Where:
        """Return the conditions."""
        return Where(
            assistants=frozenset(each.bytes for each in self.assistant_id) if self.assistant_id else None,
            from_ns=nanoseconds(self.from_ or 0),
            to_ns=MOST if self.to is UNSET else nanoseconds(self.to) - 1,
        )


class SessionsQuery(OfTime, frozen=True):
    """Which sessions, and which page of them; a session has any of a parameter's values, and meets all parameters."""

    q: Words = ""
    agent: Texts = []
    model: Texts = []
    tool: Texts = []
    status: Annotated[list[Status], Meta(max_length=4)] = []
    error_type: Texts = []
    min_duration_ms: Milliseconds | UnsetType = UNSET
    max_duration_ms: Milliseconds | UnsetType = UNSET
    min_tokens: TokenCount | UnsetType = UNSET
    max_tokens: TokenCount | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Token | UnsetType = UNSET

    def where(self) -> Where:
        """Return the conditions."""
        bounds = {
            "duration_min_ns": _whole(self.min_duration_ms, 1_000_000),
            "duration_max_ns": _whole(self.max_duration_ms, 1_000_000),
            "tokens_min": self.min_tokens,
            "tokens_max": self.max_tokens,
        }
        return msgspec.structs.replace(
            super().where(),
            text=self.q or None,
            agents=frozenset(self.agent),
            models=frozenset(self.model),
            tools=frozenset(self.tool),
            statuses=frozenset(self.status),
            error_types=frozenset(self.error_type),
            **{name: bound for name, bound in bounds.items() if bound is not UNSET},
        )


class FacetsQuery(OfTime, frozen=True, kw_only=True):
    """Which values of sessions, and how they begin."""

    kind: FacetKind
    prefix: Text = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class FindQuery(Parameters, frozen=True):
    """What to find: an id of a contact, session, span or trace, or a session's name."""

    id: Annotated[str, Meta(min_length=1, max_length=1000)]


class DeleteQuery(Parameters, frozen=True):
    """Which sessions to delete: those last heard of before a time."""

    before: Seconds


def _whole(value: float | UnsetType, factor: int) -> int | UnsetType:
    return UNSET if value is UNSET else round(value * factor)


def list_sessions(store: Store, prices: PriceList, asked: SessionsQuery) -> Sessions:
    """Return a page of sessions, with excerpts where words are sought."""
    where = asked.where()
    tokens = Tokens(b"sessions/2", msgspec.json.encode(where, order="sorted"), SESSIONS_FORM)
    after = SessionCursor(*tokens.read(asked.cursor)) if asked.cursor else None
    page = store.sessions(where, after=after, limit=asked.limit)
    told = [
        session_answer(record, prices, _excerpts(store, record, asked.q) if asked.q else UNSET)
        for record in page.sessions
    ]
    return Sessions(sessions=told, next_cursor=UNSET if page.next is None else tokens.write(page.next))


def _excerpts(store: Store, record: SessionRecord, words: str) -> list[Excerpt] | UnsetType:
    if record.spans > EXCERPTED_SPANS_MAX:
        return UNSET
    ids = record.assistant_id, record.session_id
    joiner = Joiner(*ids)
    told = []
    for hit in store.hits(*ids, words, limit=EXCERPTS_MAX):
        text, marks = excerpt(searchable_text(hit.message), words)
        message_id = joiner.message_id(hit.message)
        told.append(
            Excerpt(text=text, marks=marks, span_id=uuid_text(hit.span.span_id), message_id=message_id or UNSET)
        )
    return told


def session_answer(record: SessionRecord, prices: PriceList, excerpts: list[Excerpt] | UnsetType = UNSET) -> Session:
    """Return a session as the API tells it."""
    costs = [prices.total(models) for models in record.usage.values()]
    return Session(
        assistant_id=uuid_text(record.assistant_id),
        session_id=uuid_text(record.session_id),
        name=record.name,
        assistant_name=record.assistant_name,
        start_timestamp=seconds(record.first_ns),
        end_timestamp=seconds(record.last_ns),
        duration_ms=milliseconds(record.last_ns - record.first_ns),
        spans=record.spans,
        running=record.running,
        roots=record.roots,
        turns=record.turns,
        errors=record.errors,
        timeouts=record.timeouts,
        inferences=record.inferences,
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        cache_read_tokens=record.cache_read_tokens,
        cache_write_tokens=record.cache_write_tokens,
        total_tokens=record.total_tokens,
        models=record.models,
        agents=record.agents,
        tools=record.tools,
        error_types=record.error_types,
        strip=[(cell.role, cell.status, cell.share) for cell in record.strip.cells()],
        cost=summed(costs),
        excerpts=excerpts,
    )


def summed(costs: Iterable[float | None]) -> float | UnsetType:
    """Return the sum of costs, to a millionth of a dollar; absent if one is not known, or there is none."""
    known = list(costs)
    return UNSET if not known or None in known else round(sum(filter(None, known)), 6)


_KINDS: Final[dict[FacetKind, Kind]] = {
    "agent": "agent",
    "model": "model",
    "tool": "tool",
    "errorType": "error_type",
    "assistant": "assistant",
}


def list_facets(store: Store, asked: FacetsQuery) -> Facets:
    """Return values that sessions have."""
    found = store.facets(_KINDS[asked.kind], asked.where(), prefix=asked.prefix, limit=asked.limit)
    return Facets(
        values=[
            FacetValue(value=facet.value, count=facet.count, id=uuid_text(facet.id) if facet.id else UNSET)
            for facet in found
        ]
    )


def find(store: Store, asked: FindQuery) -> Finds:
    """Return all that has an id, the newest sessions first."""
    text = asked.id.strip()
    names = frozenset({text})
    found: list[Found] = []
    for kind, where in (("contact", Where(contacts=names)), ("session", Where(names=names))):
        found += [_found(kind, record) for record in store.sessions(where, limit=FOUND_MAX).sessions]
    if (raw := _raw_id(text)) is not None:
        by_id = store.sessions(Where(sessions=frozenset({raw})), limit=FOUND_MAX)
        found += [_found("session", record) for record in by_id.sessions]
        if (span := store.span(raw)) is not None:
            found.append(_found("span", span[0], raw))
        if (trace := store.trace(raw, limit=TRACE_SPANS_MAX)) is not None:
            roots = [each.span_id for each in trace[1] if not each.parent_span_id]
            found.append(_found("trace", trace[0], *roots[:1]))
    elif (otel := _otel_span_id(text)) is not None:
        found += [_found("span", record, span_id) for record, span_id in store.otel_spans(otel, limit=FOUND_MAX)]
    told = {(each.kind, each.assistant_id, each.session_id, each.span_id): each for each in found}
    return Finds(found=list(told.values()))


TRACE_SPANS_MAX: Final = 1_000
"""Spans of a trace that are looked at for its root."""


def _found(kind: str, record: SessionRecord, span_id: bytes = b"") -> Found:
    return Found(
        kind=kind,  # type: ignore[arg-type]  # one of the kinds
        assistant_id=uuid_text(record.assistant_id),
        session_id=uuid_text(record.session_id),
        name=record.name,
        span_id=uuid_text(span_id) if span_id else UNSET,
    )


def _raw_id(text: str) -> bytes | None:
    """Return the 16 bytes of a UUID, or of a trace id in hexadecimal."""
    if (parsed := parse_uuid(text)) is not None:
        return parsed.bytes
    return _hexadecimal(text, 16)


def _otel_span_id(text: str) -> bytes | None:
    return _hexadecimal(text, 8)


def _hexadecimal(text: str, size: int) -> bytes | None:
    try:
        return bytes.fromhex(text) if len(text) == 2 * size else None
    except ValueError:
        return None


def delete_session(store: Store, asked: OfSession) -> Deleted:
    """Delete a session."""
    return Deleted(deleted=int(store.delete_session(*asked.ids)))


def delete_sessions(store: Store, asked: DeleteQuery) -> Deleted:
    """Delete the sessions last heard of before a time."""
    return Deleted(deleted=store.delete_before(nanoseconds(asked.before)))
