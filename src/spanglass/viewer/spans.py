"""Spans as the JSON API tells them: the outline of a session, and one span with what it goes on from."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from spanglass.answers import Claim, Explanation, MessageCounts, Outline, Outlines, Previous
from spanglass.answers import Tokens as TokenCounts
from spanglass.mapping import detail
from spanglass.mapping.explain import explain_record
from spanglass.model import explanation as explanation_model
from spanglass.model.record import Members, SpanRecord
from spanglass.reading import SPANS_FORM, Joiner, SessionNotFoundError, Tokens
from spanglass.store.interface import Cursor, Outlined, Store
from spanglass.viewer.operations import NotFoundError, OfSession, Token
from spanglass.viewer.prices import PriceList
from spanglass.viewer.times import seconds, uuid_text

OUTLINE_MAX: Final = 5_000
"""Spans of one page of an outline."""


class OutlineQuery(OfSession, frozen=True):
    """Which page of a session's outline."""

    limit: Annotated[int, Meta(ge=1, le=OUTLINE_MAX)] = 1000
    cursor: Token | UnsetType = UNSET


class SpansQuery(OfSession, frozen=True):
    """Which page of a session's spans."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: Token | UnsetType = UNSET


class OfSpan(OfSession, frozen=True):
    """Names a span, by its path."""

    span_id: uuid.UUID


class SpanMembers(msgspec.Struct, rename="camel", gc=False):
    """The members of a span that its outline and its conversation tell."""

    span_name: str = ""
    span_type: str = "INTERNAL"
    status: str = "OK"
    status_description: str | UnsetType = UNSET


class AttributeMembers(msgspec.Struct, rename="camel", gc=False):
    """The attributes of a span that its outline and its conversation tell."""

    operation_name: str = ""
    error_type: str | UnsetType = UNSET
    ai_agent_name: str | UnsetType = UNSET
    request_model: str | UnsetType = UNSET
    response_model: str | UnsetType = UNSET
    usage_input_tokens: int = 0
    usage_output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    usage_total_tokens: int = 0
    time_to_first_token_ms: int | UnsetType = UNSET
    interaction_mode: str | UnsetType = UNSET
    target_agent_id: str | UnsetType = UNSET
    return_reason: str | UnsetType = UNSET
    guardrail_assessments: msgspec.Raw | UnsetType = UNSET

    @property
    def model(self) -> str | UnsetType:
        """The model that was asked for, else the one that answered."""
        return self.request_model or self.response_model


_SPAN: Final = msgspec.json.Decoder(SpanMembers)
_ATTRIBUTES: Final = msgspec.json.Decoder(AttributeMembers)


def members(span: SpanRecord) -> tuple[SpanMembers, AttributeMembers]:
    """Return what a span's outline and its conversation tell."""
    shared = Members.unpack(span.recurring.json)
    return _SPAN.decode(_object(shared.span, span.own.span)), _ATTRIBUTES.decode(
        _object(shared.attributes, span.own.attributes)
    )


def _object(*parts: bytes) -> bytes:
    return b"{%b}" % b",".join(filter(None, parts))


def outline(store: Store, prices: PriceList, asked: OutlineQuery) -> Outlines:
    """Return a page of a session's outline."""
    tokens = Tokens(b"outline/1", b"".join(asked.ids), SPANS_FORM)
    after = Cursor(*tokens.read(asked.cursor)) if asked.cursor else None
    page = store.outline(*asked.ids, after=after, limit=asked.limit)
    if page is None:
        raise SessionNotFoundError(*asked.ids)
    return Outlines(
        spans=[_outline(each, prices) for each in page.spans],
        next_cursor=UNSET if page.next is None else tokens.write(page.next),
    )


def _outline(outlined: Outlined, prices: PriceList) -> Outline:
    record = outlined.span
    span, attributes = members(record)
    counts = token_counts(attributes)
    return Outline(
        id=uuid_text(record.span_id),
        request=uuid_text(record.request_id),
        name=span.span_name,
        op=attributes.operation_name,
        type=span.span_type,  # type: ignore[arg-type]  # the mapping and the model's checks give no other
        start=seconds(record.start_ns),
        status=span.status,  # type: ignore[arg-type]  # likewise
        messages=outlined.messages,
        new_messages=outlined.messages - outlined.kept,
        parent=uuid_text(record.parent_span_id) if record.parent_span_id else UNSET,
        end=seconds(record.end_ns) if record.end_ns else UNSET,
        status_description=span.status_description,
        error_type=attributes.error_type,
        agent=attributes.ai_agent_name,
        model=attributes.model,
        tool=outlined.tool or UNSET,
        tokens=counts,
        cost=cost(attributes, counts, prices),
        ttft_ms=attributes.time_to_first_token_ms,
        previous=uuid_text(outlined.previous) if outlined.previous else UNSET,
        interaction_mode=attributes.interaction_mode,  # type: ignore[arg-type]  # likewise
        target_agent_id=attributes.target_agent_id,
        return_reason=attributes.return_reason,  # type: ignore[arg-type]  # likewise
    )


def token_counts(attributes: AttributeMembers) -> TokenCounts | UnsetType:
    """Return the tokens that a span tells of; absent if it tells of none."""
    counts = TokenCounts(
        input=attributes.usage_input_tokens,
        output=attributes.usage_output_tokens,
        cache_read=attributes.cache_read_input_tokens,
        cache_write=attributes.cache_write_input_tokens,
        total=attributes.usage_total_tokens,
    )
    return counts if any(msgspec.structs.astuple(counts)) else UNSET


def cost(attributes: AttributeMembers, counts: TokenCounts | UnsetType, prices: PriceList) -> float | UnsetType:
    """Return what a call cost; absent if that is not known."""
    if counts is UNSET or attributes.model is UNSET or attributes.operation_name != "inference":
        return UNSET
    known = prices.cost(attributes.model, (counts.input, counts.output, counts.cache_read, counts.cache_write))
    return UNSET if known is None else round(known, 6)


def span_page(store: Store, prices: PriceList, sessions: Sequence[str], asked: OfSpan) -> bytes:
    """Return one span with what it goes on from, encoded; ``sessions`` are own attributes that name a session."""
    record = span_record(store, asked.ids, asked.span_id)
    joiner = Joiner(*asked.ids)
    body: dict[str, Any] = {"span": joiner.whole(record), "unclaimed": _unclaimed(record, sessions)}
    if record.end_ns:
        page = msgspec.json.decode(joiner.page([record], b""), type=_OneSpan)
        body["raw"] = page.spans[0]
    if (previous := _previous(store, asked.ids, record)) is not UNSET:
        body["previous"] = previous
    _, attributes = members(record)
    if (known := cost(attributes, token_counts(attributes), prices)) is not UNSET:
        body["cost"] = known
    return msgspec.json.encode(body)


def explanation(store: Store, sessions: Sequence[str], asked: OfSpan) -> Explanation:
    """Return what became of each attribute of one span; ``sessions`` as for ``span_page``."""
    return explained(explain_record(span_record(store, asked.ids, asked.span_id), sessions))


def explained(told: explanation_model.Explanation) -> Explanation:
    """Return an explanation as the API tells it."""
    return Explanation(
        name=told.name,
        trace_id=told.trace_id,
        otel_span_id=told.span_id,
        scope=told.scope,
        claims=[
            Claim(
                attribute=one.attribute,
                outcome=one.outcome,
                made=one.made,
                dialect=one.dialect or UNSET,
                member=one.member or UNSET,
                by=one.by or UNSET,
            )
            for one in told.claims
        ],
        members=told.members,
        messages=MessageCounts(**told.messages),
        withheld=told.withheld,
    )


def span_record(store: Store, ids: tuple[bytes, bytes], span_id: uuid.UUID) -> SpanRecord:
    """Return a span of a session.

    Raises:
        NotFoundError: It is not there.
    """
    found = store.span(span_id.bytes, within=ids)
    if found is None:
        raise NotFoundError(f"Span {span_id} of session {uuid.UUID(bytes=ids[1])} was not found.")
    return found[1]


class _OneSpan(msgspec.Struct):
    spans: list[msgspec.Raw]


def _previous(store: Store, ids: tuple[bytes, bytes], record: SpanRecord) -> Previous | UnsetType:
    """Return what a span goes on from, as the outline tells it."""
    page = store.outline(*ids, after=_before(record), limit=1)
    if page is None or not page.spans or page.spans[0].span.span_id != record.span_id or not page.spans[0].previous:
        return UNSET
    return Previous(span_id=uuid_text(page.spans[0].previous), inputs=page.spans[0].kept)


def _before(record: SpanRecord) -> Cursor:
    """Return the position just before a span."""
    number = int.from_bytes(record.span_id, "big")
    if number:
        return Cursor(record.start_ns, (number - 1).to_bytes(16, "big"))
    return Cursor(record.start_ns - 1, b"\xff" * 16)


def _unclaimed(record: SpanRecord, sessions: Sequence[str]) -> dict[str, Any]:
    """Return the attributes that came in and that no dialect makes anything of."""
    explained = explain_record(record, sessions)
    kept = {claim.attribute for claim in explained.claims if claim.outcome == "kept" and not claim.made}
    return {name: value for name, value in detail.whole(record).get("attributes", {}).items() if name in kept}
