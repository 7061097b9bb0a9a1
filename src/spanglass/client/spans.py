"""A session's spans as types: decoded many times faster than into dictionaries, messages not before they are asked for.

The types are lenient where AWS adds things from month to month: a member that is new is passed over, and enumerations
are plain text. A member that the service model requires must be there. Members' names are the service model's in snake
case; ``None``, or an empty tuple, is an absent one.
"""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, TypeVar

import msgspec
from botocore.parsers import ResponseParserError

from spanglass.model.message import SpanReasoningValue, SpanTextValue, SpanToolUseValue

T = TypeVar("T")
_ABSENT: Final = msgspec.Raw(b"[]")


class _Structure(msgspec.Struct, frozen=True, rename="camel"):
    pass


class SpanToolResultValue(_Structure, frozen=True):
    """What a call of a tool came to; ``tool_use_id`` names the call."""

    tool_use_id: str
    values: tuple["SpanMessageValue", ...]
    error: str | None = None


class SpanMessageValue(_Structure, frozen=True, kw_only=True):
    """One piece of a message; exactly one member is set, or none if the piece is of a kind that is newer than this."""

    text: SpanTextValue | None = None
    tool_use: SpanToolUseValue | None = None
    tool_result: SpanToolResultValue | None = None
    reasoning: SpanReasoningValue | None = None


class SpanMessage(_Structure, frozen=True):
    """What one participant, CUSTOMER, AGENT or BOT, said at one time."""

    message_id: str
    participant: str
    timestamp: datetime
    values: tuple[SpanMessageValue, ...]


class GuardrailPolicyResult(_Structure, frozen=True):
    """What one policy of a guardrail did, and why."""

    policy_type: str
    action: str
    details: str | None = None


class SpanGuardrailAssessment(_Structure, frozen=True):
    """What one guardrail made of the input or the output of a model's call."""

    guardrail_id: str
    guardrail_name: str
    source: str
    action: str
    policies: tuple[GuardrailPolicyResult, ...] = ()


class SpanAttributes(_Structure, frozen=True, kw_only=True, dict=True):
    """What an operation was about: agent, model, usage, and what was said."""

    operation_name: str | None = None
    provider_name: str | None = None
    error_type: str | None = None
    agent_id: str | None = None
    instance_arn: str | None = None
    contact_id: str | None = None
    initial_contact_id: str | None = None
    session_name: str | None = None
    ai_agent_arn: str | None = None
    ai_agent_type: str | None = None
    ai_agent_name: str | None = None
    ai_agent_id: str | None = None
    ai_agent_version: int | None = None
    ai_agent_invoker: str | None = None
    ai_agent_orchestrator_use_case: str | None = None
    interaction_mode: str | None = None
    target_agent_id: str | None = None
    return_reason: str | None = None
    request_model: str | None = None
    request_max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    response_model: str | None = None
    response_finish_reasons: tuple[str, ...] = ()
    usage_input_tokens: int | None = None
    usage_output_tokens: int | None = None
    usage_total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    raw_input_messages: msgspec.Raw = msgspec.field(default=_ABSENT, name="inputMessages")
    raw_output_messages: msgspec.Raw = msgspec.field(default=_ABSENT, name="outputMessages")
    raw_system_instructions: msgspec.Raw = msgspec.field(default=_ABSENT, name="systemInstructions")
    prompt_arn: str | None = None
    prompt_id: str | None = None
    prompt_type: str | None = None
    prompt_name: str | None = None
    prompt_version: int | None = None
    time_to_first_token_ms: int | None = None
    guardrail_assessments: tuple[SpanGuardrailAssessment, ...] = ()

    @cached_property
    def input_messages(self) -> tuple[SpanMessage, ...]:
        """What was said before."""
        return _decoded(_MESSAGES, self.raw_input_messages) or ()

    @cached_property
    def output_messages(self) -> tuple[SpanMessage, ...]:
        """What was answered."""
        return _decoded(_MESSAGES, self.raw_output_messages) or ()

    @cached_property
    def system_instructions(self) -> tuple[SpanMessageValue, ...]:
        """What the model was told to be."""
        return _decoded(_VALUES, self.raw_system_instructions) or ()


class Span(_Structure, frozen=True, kw_only=True):
    """One unit of an agent's work; a root has no ``parent_span_id``. Times are aware, to the millisecond."""

    span_id: str
    assistant_id: str
    session_id: str
    parent_span_id: str | None = None
    span_name: str
    span_type: str
    start_timestamp: datetime
    end_timestamp: datetime
    status: str
    status_description: str | None = None
    request_id: str
    origin_request_id: str | None = None
    attributes: SpanAttributes

    @property
    def duration(self) -> timedelta:
        """How long it took."""
        return self.end_timestamp - self.start_timestamp


class SpanPage(_Structure, frozen=True):
    """A page of a session's spans; ``next_token`` leads to the next one."""

    spans: tuple[Span, ...]
    next_token: str | None = None


# Not strict: times are numbers on the wire.
_PAGES: Final = msgspec.json.Decoder(SpanPage, strict=False)
_MESSAGES: Final = msgspec.json.Decoder(tuple[SpanMessage, ...] | None, strict=False)
_VALUES: Final = msgspec.json.Decoder(tuple[SpanMessageValue, ...] | None)


def read_page(body: bytes) -> SpanPage:
    """Read the body of a ListSpansResponse.

    Raises:
        ResponseParserError: It is none; the message says where.
    """
    return _decoded(_PAGES, body)


def _decoded(decoder: "msgspec.json.Decoder[T]", body: bytes | msgspec.Raw) -> T:
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError) as error:
        raise ResponseParserError(f"Invalid service response: {error}") from error
