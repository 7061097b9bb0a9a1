"""The Span of the QConnect service model, and the operation that lists a session's."""

from typing import Literal, TypeAlias

from spanglass.model.guardrail import SpanGuardrailAssessment
from spanglass.model.message import SpanMessage, SpanMessageValue
from spanglass.model.structure import Structure, Timestamp

SpanType: TypeAlias = Literal["CLIENT", "SERVER", "INTERNAL"]
SpanStatus: TypeAlias = Literal["OK", "ERROR", "TIMEOUT"]
InteractionMode: TypeAlias = Literal["DELEGATE", "HANDOFF"]
ReturnReason: TypeAlias = Literal["COMPLETE", "COMPLETE_WITH_ERROR", "ESCALATE", "OUT_OF_DOMAIN"]
AIAgentType: TypeAlias = Literal[
    "MANUAL_SEARCH",
    "ANSWER_RECOMMENDATION",
    "SELF_SERVICE",
    "EMAIL_RESPONSE",
    "EMAIL_OVERVIEW",
    "EMAIL_GENERATIVE_ANSWER",
    "ORCHESTRATION",
    "NOTE_TAKING",
    "CASE_SUMMARIZATION",
]
AIPromptType: TypeAlias = Literal[
    "ANSWER_GENERATION",
    "INTENT_LABELING_GENERATION",
    "QUERY_REFORMULATION",
    "SELF_SERVICE_PRE_PROCESSING",
    "SELF_SERVICE_ANSWER_GENERATION",
    "EMAIL_RESPONSE",
    "EMAIL_OVERVIEW",
    "EMAIL_GENERATIVE_ANSWER",
    "EMAIL_QUERY_REFORMULATION",
    "ORCHESTRATION",
    "NOTE_TAKING",
    "CASE_SUMMARIZATION",
]


class SpanAttributes(Structure, frozen=True, kw_only=True):
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
    ai_agent_type: AIAgentType | None = None
    ai_agent_name: str | None = None
    ai_agent_id: str | None = None
    ai_agent_version: int | None = None
    ai_agent_invoker: str | None = None
    ai_agent_orchestrator_use_case: str | None = None
    interaction_mode: InteractionMode | None = None
    target_agent_id: str | None = None
    return_reason: ReturnReason | None = None
    request_model: str | None = None
    request_max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    response_model: str | None = None
    response_finish_reasons: list[str] | None = None
    usage_input_tokens: int | None = None
    usage_output_tokens: int | None = None
    usage_total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    input_messages: list[SpanMessage] | None = None
    output_messages: list[SpanMessage] | None = None
    system_instructions: list[SpanMessageValue] | None = None
    prompt_arn: str | None = None
    prompt_id: str | None = None
    prompt_type: AIPromptType | None = None
    prompt_name: str | None = None
    prompt_version: int | None = None
    time_to_first_token_ms: int | None = None
    guardrail_assessments: list[SpanGuardrailAssessment] | None = None


class Span(Structure, frozen=True, kw_only=True):
    """One unit of an agent's work; a root has no ``parent_span_id``."""

    span_id: str
    assistant_id: str
    session_id: str
    parent_span_id: str | None = None
    span_name: str
    span_type: SpanType
    start_timestamp: Timestamp
    end_timestamp: Timestamp
    status: SpanStatus
    status_description: str | None = None
    request_id: str
    origin_request_id: str | None = None
    attributes: SpanAttributes


class ListSpansRequest(Structure, frozen=True):
    """Which session's spans, and which page of them; both ids may be ARNs."""

    assistant_id: str
    session_id: str
    next_token: str | None = None
    max_results: int | None = None


class ListSpansResponse(Structure, frozen=True):
    """A page of spans; ``next_token`` leads to the next one."""

    spans: list[Span]
    next_token: str | None = None
