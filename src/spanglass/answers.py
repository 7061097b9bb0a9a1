"""The answers of the JSON API as types: what they are encoded from, and what ``/api/openapi.json`` describes.

Times are seconds since the epoch with a fraction of milliseconds, durations milliseconds, ids UUIDs as text, tokens
counted as AWS does (input without what was read from or written to the cache, total with it), money US dollars.
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from spanglass.model.explanation import Outcome
from spanglass.model.guardrail import SpanGuardrailAssessment
from spanglass.model.message import Participant, SpanMessageValue
from spanglass.model.span import InteractionMode, ReturnReason, SpanAttributes, SpanStatus, SpanType

Role: TypeAlias = Literal["inference", "execute_tool", "other", "gap"]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
FacetKind: TypeAlias = Literal["agent", "model", "tool", "errorType", "assistant"]
Cell: TypeAlias = Annotated[
    tuple[Role, SpanStatus, Share],
    Meta(description="What ran in a part of the session's time, how the worst of it ended, and the part's share."),
]
Mark: TypeAlias = Annotated[
    tuple[Count, Count], Meta(description="Start and end of a hit, in UTF-16 code units as JavaScript counts.")
]


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """Base of all answers: members in camel case, ``UNSET`` ones absent."""


class Problem(Answer):
    """Why a request was refused, fit for a person."""

    error: str


class Tokens(Answer):
    """Tokens by kind; ``total`` as it was told."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    total: int


class Excerpt(Answer):
    """A piece of a message that holds words that were sought; ``message_id`` is absent for system instructions."""

    text: str
    marks: list[Mark]
    span_id: str
    message_id: str | UnsetType = UNSET


class Session(Answer):
    """A session and the sums over its spans.

    ``errors`` counts spans that ended in ERROR or TIMEOUT, ``timeouts`` those in TIMEOUT alone, ``turns`` the distinct
    messages of the customer. ``models``, ``agents``, ``tools`` and ``errorTypes`` count spans by name; of more than a
    hundred names the rest is counted under ``…``. ``cost`` is absent when any model has no price.
    """

    assistant_id: str
    session_id: str
    name: str
    assistant_name: str
    start_timestamp: float
    end_timestamp: float
    duration_ms: float
    spans: Count
    running: Count
    roots: Count
    turns: Count
    errors: Count
    timeouts: Count
    inferences: Count
    input_tokens: Count
    output_tokens: Count
    cache_read_tokens: Count
    cache_write_tokens: Count
    total_tokens: Count
    models: dict[str, int]
    agents: dict[str, int]
    tools: dict[str, int]
    error_types: dict[str, int]
    strip: Annotated[list[Cell], Meta(max_length=60)]
    cost: float | UnsetType = UNSET
    excerpts: list[Excerpt] | UnsetType = UNSET


class Sessions(Answer):
    """Sessions, newest first. A page may hold fewer than ``limit``, even none, while ``nextCursor`` is there."""

    sessions: list[Session]
    next_cursor: str | UnsetType = UNSET


class FacetValue(Answer):
    """A value that sessions have, and how many do (counted up to 10,000); ``id`` is an assistant's."""

    value: str
    count: Count
    id: str | UnsetType = UNSET


class Facets(Answer):
    """The most frequent values of a kind, the most frequent first."""

    values: list[FacetValue]


class Outline(Answer):
    """A span without what was said in it.

    ``end`` is absent while it runs. ``messages`` counts its input messages and ``newMessages`` those that do not repeat
    the earlier call ``previous`` of the same conversation. ``tool`` is the tool that an ``execute_tool`` span calls.
    """

    id: str
    request: str
    name: str
    op: str
    type: SpanType
    start: float
    status: SpanStatus
    messages: Count
    new_messages: Count
    parent: str | UnsetType = UNSET
    end: float | UnsetType = UNSET
    status_description: str | UnsetType = UNSET
    error_type: str | UnsetType = UNSET
    agent: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    tool: str | UnsetType = UNSET
    tokens: Tokens | UnsetType = UNSET
    cost: float | UnsetType = UNSET
    ttft_ms: int | UnsetType = UNSET
    previous: str | UnsetType = UNSET
    interaction_mode: InteractionMode | UnsetType = UNSET
    target_agent_id: str | UnsetType = UNSET
    return_reason: ReturnReason | UnsetType = UNSET


class Outlines(Answer):
    """A session's spans in order of start, without what was said."""

    spans: list[Outline]
    next_cursor: str | UnsetType = UNSET


class Result(Answer):
    """What a call of a tool came to, where it was first told."""

    values: list[SpanMessageValue]
    span_id: str
    timestamp: float
    error: str | UnsetType = UNSET


class Call(Answer):
    """A call of a tool that a message makes, with its result once there is one; ``spanId`` is the tool's own span."""

    tool_use_id: str
    name: str
    span_id: str | UnsetType = UNSET
    result: Result | UnsetType = UNSET


class Turn(Answer):
    """One thing that happened in a conversation, in the order in which it was first said or done.

    ``kind`` is ``message`` for something said: ``participant``, ``messageId`` and ``values`` as ListSpans has them,
    with ``calls`` for the tools that it uses (their results are here and not turns of their own). ``spanId`` is the
    span that said it first, ``output`` whether as an output. Any other ``kind`` is a span's operation that changes the
    course (``escalate_agent``, ``return_to_agent``, ``barge_in``, ``hand_off``, ``delegate``). ``interrupted``: the
    customer spoke before the span had ended.
    """

    kind: str
    span_id: str
    timestamp: float
    values: list[SpanMessageValue]
    participant: Participant | UnsetType = UNSET
    message_id: str | UnsetType = UNSET
    output: bool | UnsetType = UNSET
    agent: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    status: SpanStatus | UnsetType = UNSET
    status_description: str | UnsetType = UNSET
    interrupted: bool | UnsetType = UNSET
    calls: list[Call] | UnsetType = UNSET
    guardrail_assessments: list[SpanGuardrailAssessment] | UnsetType = UNSET
    interaction_mode: InteractionMode | UnsetType = UNSET
    target_agent_id: str | UnsetType = UNSET
    return_reason: ReturnReason | UnsetType = UNSET


class Conversation(Answer):
    """The distinct messages of a session, each once, in order; the cursors are absent at its ends."""

    turns: list[Turn]
    previous_cursor: str | UnsetType = UNSET
    next_cursor: str | UnsetType = UNSET


class Opening(Answer):
    """How a session begins: what its customer said first, on one line, cut; absent if nothing was."""

    text: str | UnsetType = UNSET


class WholeSpan(Answer):
    """A span as ListSpans gives it with nothing left out; ``endTimestamp`` is absent while it runs.

    ``systemInstructionsRest`` holds the values that systemInstructions has no room for, ``detail`` what came in beyond
    the members. ListSpans shows the messages from ``inputMessagesShownFrom`` and ``outputMessagesShownFrom`` on, which
    are absent where that is all of them. The times in nanoseconds are text, since JSON's numbers do not hold them.
    """

    span_id: str
    assistant_id: str
    session_id: str
    span_name: str
    span_type: SpanType
    start_timestamp: float
    status: SpanStatus
    request_id: str
    attributes: SpanAttributes
    detail: dict[str, Any]
    start_time_unix_nano: str
    parent_span_id: str | UnsetType = UNSET
    end_timestamp: float | UnsetType = UNSET
    end_time_unix_nano: str | UnsetType = UNSET
    status_description: str | UnsetType = UNSET
    origin_request_id: str | UnsetType = UNSET
    system_instructions_rest: list[SpanMessageValue] | UnsetType = UNSET
    input_messages_shown_from: Count | UnsetType = UNSET
    output_messages_shown_from: Count | UnsetType = UNSET


class WholeSpans(Answer):
    """A page of a session's spans."""

    spans: list[WholeSpan]
    next_cursor: str | UnsetType = UNSET


class Previous(Answer):
    """The earlier call whose messages a call's inputs begin with, and how many of them that is."""

    span_id: str
    inputs: Count


class SpanPage(Answer):
    """One span: ``span`` whole, ``raw`` as ListSpans gives it (absent while it runs), and what it goes on from.

    ``messages`` are the messages of the earlier call that are no longer among the inputs; ``unclaimed`` the attributes
    that came in and became no member.
    """

    span: WholeSpan
    unclaimed: dict[str, Any]
    raw: dict[str, Any] | UnsetType = UNSET
    previous: Previous | UnsetType = UNSET
    cost: float | UnsetType = UNSET


class Claim(Answer):
    """What one dialect makes of one attribute, or of the event that ``event `` and a name stand for.

    ``outcome`` is ``used`` where it fills ``member``, ``outranked`` where ``by`` does, which stands before it,
    ``unusable`` where its value says nothing that the member can hold, ``part`` where ``by`` was made of it, ``kept``
    where nobody claims it. ``made`` tells that the attribute was made of others. Session and assistant have no dialect.
    """

    attribute: str
    outcome: Outcome
    made: bool
    dialect: str | UnsetType = UNSET
    member: str | UnsetType = UNSET
    by: str | UnsetType = UNSET


class MessageCounts(Answer):
    """Messages of a span: given, answered, and system instructions."""

    input: Count
    output: Count
    system: Count


class Explanation(Answer):
    """How a span's attributes were read, as far as they are kept, and what came of them.

    ``traceId`` and ``otelSpanId`` are OpenTelemetry's ids, in hexadecimal, the latter empty for a span that was put.
    ``members`` are those of ListSpans but for ids, times and messages, ``withheld`` values that the service model does
    not admit.
    """

    name: str
    trace_id: str
    otel_span_id: str
    scope: str
    claims: list[Claim]
    members: dict[str, Any]
    messages: MessageCounts
    withheld: dict[str, Any]


class Found(Answer):
    """Where something with an id is."""

    kind: Literal["contact", "session", "span", "trace"]
    assistant_id: str
    session_id: str
    name: str
    span_id: str | UnsetType = UNSET


class Finds(Answer):
    """All that has the id, newest sessions first."""

    found: list[Found]


class Percentiles(Answer):
    """Of durations, in milliseconds, each within a tenth of its value; 0 where there are none."""

    count: Count
    p50: float
    p90: float
    p95: float
    p99: float


class Bucket(Answer):
    """The sessions that began within a part of the range, from ``start`` on."""

    start: float
    sessions: Count
    errors: Count
    total_tokens: Count


class Usage(Answer):
    """What one model or agent did; ``cost`` is absent when a model has no price.

    An empty name is that of calls that tell of no agent, or no model.
    """

    name: str
    sessions: Count
    inferences: Count
    tokens: Tokens
    cost: float | UnsetType = UNSET


class ToolUsage(Answer):
    """What one tool did: calls, failed ones, time, and the bytes of JSON of its results, which later calls pay for."""

    name: str
    sessions: Count
    calls: Count
    errors: Count
    total_ms: float
    result_bytes: Count
    duration_ms: Percentiles


class Named(Answer):
    """A name and how many sessions have it."""

    name: str
    sessions: Count


class Overview(Answer):
    """A range of time at a glance; each name is a filter of ``/api/sessions`` that leads to the sessions behind it.

    ``sessions``, ``failed`` and ``timedOut`` (sessions with a span that ended so), ``running``, ``totalTokens``,
    ``sessionMs`` and ``buckets`` cover the range. The rest is summed over ``read`` sessions: all, or an even sample
    where there are too many. ``complete`` is whether the range could be covered; else it covers the newest sessions.
    """

    start: float
    end: float
    sessions: Count
    failed: Count
    timed_out: Count
    running: Count
    total_tokens: Count
    session_ms: Percentiles
    buckets: list[Bucket]
    read: Count
    complete: bool
    operation_ms: dict[str, Percentiles]
    models: list[Usage]
    agents: list[Usage]
    tools: list[ToolUsage]
    error_types: list[Named]
    cost: float | UnsetType = UNSET


class Price(Answer):
    """US dollars per million tokens of a model, by kind; a kind without a price is absent."""

    input: float
    output: float
    cache_read: float | UnsetType = UNSET
    cache_write: float | UnsetType = UNSET


class Prices(Answer):
    """The prices in use: ``asOf`` is the day they were looked up. A day may follow a model's name."""

    as_of: str
    models: dict[str, Price]


class Deleted(Answer):
    """How many sessions were deleted."""

    deleted: Count


class Change(Answer):
    """A server-sent event's data where a session is gone."""

    assistant_id: str
    session_id: str
