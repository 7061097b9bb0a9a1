"""A session as people read it: who said what, each call of a tool with its result, and what changed the course."""

import struct
import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from spanglass.answers import Call, Conversation, Opening, Result, Turn
from spanglass.model.guardrail import SpanGuardrailAssessment
from spanglass.model.message import SpanMessage, SpanMessageValue
from spanglass.model.record import SpanRecord
from spanglass.reading import Joiner, SessionNotFoundError, Tokens
from spanglass.store.interface import Cursor, Said, Store
from spanglass.store.rollups import is_turn
from spanglass.store.text import searchable_text
from spanglass.viewer.echoes import Heard, without_echoes
from spanglass.viewer.operations import BadRequestError, OfSession, Token
from spanglass.viewer.spans import OUTLINE_MAX, AttributeMembers, SpanMembers, members, span_record
from spanglass.viewer.times import seconds, uuid_text

AROUND_MAX: Final = 100
"""Messages before and after a page in which the other half of a call is looked for."""
AROUND_BYTES_MAX: Final = 4 << 20
COURSE: Final = frozenset({"escalate_agent", "return_to_agent", "barge_in"})
"""Operations that change the course of a conversation."""
MODES: Final = {"HANDOFF": "hand_off", "DELEGATE": "delegate"}
"""What a span of each interaction mode is called where it says nothing."""
COURSE_SPANS: Final = 200
"""Spans that are looked at in one go for what changes the course: about as many as a page of messages is said by."""
_FORM: Final = struct.Struct(">q3x?")
_ASSESSMENTS: Final = msgspec.json.Decoder(list[SpanGuardrailAssessment])
_MESSAGE: Final = msgspec.json.Decoder(SpanMessage)


OPENING_CHARS_MAX: Final = 200
OPENING_MESSAGES_MAX: Final = 20
OPENING_BYTES_MAX: Final = 1 << 20
"""Messages of a session, and their bytes, among which the customer's first one is looked for."""
OPENING_SPANS_MAX: Final = 5_000
"""Spans of a session up to which that is done: a cluster goes over all of them."""


class ConversationQuery(OfSession, frozen=True):
    """Which page of a session's conversation: the first, that of a cursor, or the one around a span."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    cursor: Token | UnsetType = UNSET
    span: uuid.UUID | UnsetType = UNSET


class _Position(msgspec.Struct):
    """A message by its number: a page begins there or, with ``back``, ends before it."""

    first: int
    back: bool = False


def conversation(store: Store, bytes_max: int, asked: ConversationQuery) -> Conversation:
    """Return a page of a session's conversation; it ends at ``bytes_max`` bytes of messages, but is never empty.

    Raises:
        BadRequestError, SessionNotFoundError, NotFoundError, TokenError: Such a page is not there.
    """
    if asked.cursor and asked.span:
        raise BadRequestError("span: a page is that of a cursor or the one around a span, not both")
    tokens = Tokens(b"conversation/2", b"".join(asked.ids), _FORM)
    position = _Position(*tokens.read(asked.cursor)) if asked.cursor else _Position(_first_around(store, asked))
    page = store.said(*asked.ids, first=position.first, limit=asked.limit, bytes_max=bytes_max, back=position.back)
    if page is None:
        raise SessionNotFoundError(*asked.ids)
    first, last = page.first, page.first + len(page.said)
    before = _around(store, asked, _Position(first, back=True))
    after = _around(store, asked, _Position(last))
    joiner = Joiner(*asked.ids)
    heard = [_heard(joiner, each, part is page.said) for part in (before, page.said, after) for each in part]
    turns = list(_turns(without_echoes(heard)))
    times = (page.said[0].ms if first else -1, after[0].ms if page.more and after else 1 << 62)
    turns += _course(store, asked, times)
    return Conversation(
        turns=sorted(turns, key=lambda turn: turn.timestamp),
        previous_cursor=tokens.write(_Position(first, back=True)) if first else UNSET,
        next_cursor=tokens.write(_Position(last)) if page.more else UNSET,
    )


def opening(store: Store, asked: OfSession) -> Opening:
    """Return how a session begins.

    Raises:
        SessionNotFoundError: There is no such session.
    """
    session = store.session(*asked.ids)
    if session is None:
        raise SessionNotFoundError(*asked.ids)
    if session.spans > OPENING_SPANS_MAX:
        return Opening()
    page = store.said(*asked.ids, limit=OPENING_MESSAGES_MAX, bytes_max=OPENING_BYTES_MAX)
    for said in page.said if page is not None else ():
        if is_turn(said.message) and (words := searchable_text(said.message)[: 4 * OPENING_CHARS_MAX].split()):
            text = " ".join(words)
            return Opening(text if len(text) <= OPENING_CHARS_MAX else f"{text[: OPENING_CHARS_MAX - 1]}…")
    return Opening()


def _first_around(store: Store, asked: ConversationQuery) -> int:
    """Return the number of the first message of a page that has what was said when a span began in its middle."""
    if asked.span is UNSET:
        return 0
    record = span_record(store, asked.ids, asked.span)
    number = store.said_before(*asked.ids, record.start_ns // 1_000_000)
    return max(0, (number or 0) - asked.limit // 2)


def _around(store: Store, asked: ConversationQuery, position: _Position) -> list[Said]:
    """Return some messages from a position on."""
    page = store.said(
        *asked.ids, first=position.first, limit=AROUND_MAX, bytes_max=AROUND_BYTES_MAX, back=position.back
    )
    return page.said if page is not None else []


def _heard(joiner: Joiner, said: Said, shown: bool) -> Heard:  # noqa: FBT001
    return Heard(said, _MESSAGE.decode(joiner.message(said.message)), *members(said.span), shown)


# Messages ------------------------------------------------------------------------------------------------------------


def _turns(told: Sequence[Heard]) -> Iterator[Turn]:
    """Yield what was said in a page; what only repeats a call, or tells its result, is told with the call."""
    calls: dict[str, Call] = {}
    by_message = [_calls(heard, calls) for heard in told]
    for heard, made in zip(told, by_message, strict=True):
        if not heard.shown:
            continue
        values = [value for value in heard.message.values if not _is_told(value, calls, made)]
        if values or not heard.message.values:
            yield _turn(heard, values, made)


def _calls(heard: Heard, calls: dict[str, Call]) -> list[Call]:
    """Return the calls that a message is the first to make; note the results that it is the first to tell."""
    made = []
    span_id = uuid_text(heard.said.span.span_id)
    is_tool = heard.attributes.operation_name == "execute_tool"
    for value in heard.message.values:
        if (use := value.tool_use) is not None:
            if use.tool_use_id not in calls:
                calls[use.tool_use_id] = Call(tool_use_id=use.tool_use_id, name=use.name)
                made.append(calls[use.tool_use_id])
            if is_tool and calls[use.tool_use_id].span_id is UNSET:
                calls[use.tool_use_id].span_id = span_id
        elif (told := value.tool_result) is not None and (call := calls.get(told.tool_use_id)) is not None:
            if call.result is UNSET:
                error = UNSET if told.error is None else told.error
                timestamp = heard.message.timestamp
                call.result = Result(values=told.values, span_id=span_id, timestamp=timestamp, error=error)
            if is_tool and call.span_id is UNSET:
                call.span_id = span_id
    return made


def _is_told(value: SpanMessageValue, calls: dict[str, Call], made: list[Call]) -> bool:
    """Return whether a value is told with a call that another message makes."""
    if value.tool_use is not None:
        return all(call.tool_use_id != value.tool_use.tool_use_id for call in made)
    return value.tool_result is not None and value.tool_result.tool_use_id in calls


def _turn(heard: Heard, values: list[SpanMessageValue], made: list[Call]) -> Turn:
    said, message, span, attributes, _ = heard
    source = "OUTPUT" if said.output else "INPUT"
    told = [] if attributes.guardrail_assessments is UNSET else _ASSESSMENTS.decode(attributes.guardrail_assessments)
    assessments = [assessment for assessment in told if assessment.source == source]
    return msgspec.structs.replace(
        _event("message", said.span, span, attributes),
        timestamp=message.timestamp,
        values=values,
        participant=message.participant,
        message_id=message.message_id,
        output=said.output,
        calls=made or UNSET,
        guardrail_assessments=assessments or UNSET,
    )


# What changes the course ---------------------------------------------------------------------------------------------


def _course(store: Store, asked: ConversationQuery, times: tuple[int, int]) -> Iterator[Turn]:
    """Yield what changed the course from one time on and before another, in ms; of too many spans only the first."""
    after: Cursor | None = Cursor(times[0] * 1_000_000 - 1, b"\xff" * 16)
    for _ in range(OUTLINE_MAX // COURSE_SPANS):
        page = store.outline(*asked.ids, after=after, limit=COURSE_SPANS)
        for each in page.spans if page is not None else ():
            if each.span.start_ns // 1_000_000 >= times[1]:
                return
            span, attributes = members(each.span)
            operation = attributes.operation_name
            kind = operation if operation in COURSE else MODES.get(attributes.interaction_mode or "")
            if kind is not None:
                yield _event(kind, each.span, span, attributes)
        after = None if page is None else page.next
        if after is None:
            return


def _event(kind: str, record: SpanRecord, span: SpanMembers, attributes: AttributeMembers) -> Turn:
    return Turn(
        kind=kind,
        span_id=uuid_text(record.span_id),
        timestamp=seconds(record.start_ns),
        values=[],
        agent=attributes.ai_agent_name,
        model=attributes.model,
        status=span.status,  # type: ignore[arg-type]  # the mapping and the model's checks give no other
        status_description=span.status_description,
        interrupted=attributes.error_type == "barge_in" or UNSET,
        interaction_mode=attributes.interaction_mode,  # type: ignore[arg-type]  # likewise
        target_agent_id=attributes.target_agent_id,
        return_reason=attributes.return_reason,  # type: ignore[arg-type]  # likewise
    )
