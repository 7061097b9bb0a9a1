"""OpenTelemetry's GenAI semantic conventions, on span attributes, and what emitters put into these same attributes.

The names are those of the repository semantic-conventions-genai; ``was`` are the names that came before, most recent
first, and an emitter's own spelling of the same. Which generation a scope's schema URL claims tells nothing: names are
matched, one by one.
"""

from collections.abc import Iterable
from typing import Final

from spanglass.conventions import retrieval
from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.events import CHOICE_COUNT, OF_CALLS, GenAIEvent, as_attributes
from spanglass.conventions.frameworks import as_provider
from spanglass.conventions.guardrails import ASSESSMENT, assessed
from spanglass.conventions.readers import as_float, as_int, as_milliseconds, as_raw, as_text, as_texts
from spanglass.telemetry import Attributes, Span, Value

PLACEHOLDERS: Final = frozenset({"OpenAI Agent", "__fake_id__"})
"""Constants that the OpenAI Agents SDK and its instrumentation write where they know no name or id."""


def as_name(value: Value) -> str | None:
    """Read a name or id that is not a placeholder."""
    text = as_text(value)
    return None if text in PLACEHOLDERS else text


MEMBERS: Final[MemberTable] = (
    Member("gen_ai.operation.name", "operation", as_text),
    Member("gen_ai.provider.name", "provider_name", as_provider, was=("gen_ai.system",)),
    Member("gen_ai.agent.name", "ai_agent_name", as_name),
    Member("gen_ai.agent.version", "ai_agent_version", as_int),
    Member("gen_ai.request.model", "request_model", as_text),
    Member("gen_ai.request.max_tokens", "request_max_tokens", as_int),
    Member("gen_ai.request.temperature", "temperature", as_float),
    Member("gen_ai.request.top_p", "top_p", as_float),
    Member("gen_ai.request.choice.count", "choice_count", as_int, was=("gen_ai.events.request.choice.count",)),
    Member("gen_ai.response.model", "response_model", as_text),
    Member("gen_ai.response.id", "response_id", as_name),
    Member("gen_ai.response.finish_reasons", "response_finish_reasons", as_texts),
    Member(
        "gen_ai.response.time_to_first_chunk",
        "time_to_first_token_ms",
        as_milliseconds(1000),
        was=("gen_ai.client.operation.time_to_first_chunk",),
    ),
    Member("gen_ai.usage.input_tokens", "input_tokens", as_int, was=("gen_ai.usage.prompt_tokens",)),
    Member("gen_ai.usage.output_tokens", "output_tokens", as_int, was=("gen_ai.usage.completion_tokens",)),
    Member("gen_ai.usage.total_tokens", "total_tokens", as_int),
    Member(
        "gen_ai.usage.cache_read.input_tokens",
        "cache_read_tokens",
        as_int,
        was=("gen_ai.usage.cache_read_input_tokens",),
    ),
    Member(
        "gen_ai.usage.cache_write.input_tokens",
        "cache_write_tokens",
        as_int,
        was=(
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
        ),
    ),
    Member("gen_ai.prompt.name", "prompt_name", as_text),
    Member("gen_ai.tool.name", "tool_name", as_text),
    Member("gen_ai.tool.call.id", "tool_call_id", as_name),
    Member("gen_ai.tool.call.arguments", "tool_arguments", as_raw),
    Member("gen_ai.tool.call.result", "tool_result", as_raw),
    Member("gen_ai.system_instructions", "system_instructions", as_raw, was=("gen_ai.events.system_instructions",)),
    Member("gen_ai.input.messages", "input_messages", as_raw, was=("gen_ai.events.input.messages",)),
    Member("gen_ai.output.messages", "output_messages", as_raw, was=("gen_ai.events.output.messages",)),
    Member(retrieval.ASKED, "input_messages", as_raw),
    Member(retrieval.FOUND, "output_messages", as_raw),
    Member(ASSESSMENT, "guardrail_assessments", as_raw),
    Member("error.type", "error_type", as_text),
    Member("anthropic.request.id", "provider_request_id", as_text),
    Member("http.response.status_code", "http_status", as_int),
    Member("rpc.grpc.status_code", "grpc_status", as_int),
)

RECURRING: Final = (
    "anthropic.response.service_tier",
    "gen_ai.agent.description",
    "gen_ai.conversation.id",
    "gen_ai.is_streaming",
    "gen_ai.openai.",
    "gen_ai.output.type",
    "gen_ai.request.",
    "gen_ai.tool.",
    "gen_ai.user",
    "gen_ai.workflow.",
    "http.request.method",
    "http.route",
    "openai.",
    "server.",
    "session.id",
    "url.",
    "user.id",
)

EVENTS: Final = {
    name: name.replace("gen_ai.", "gen_ai.events.", 1)
    for name in ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", CHOICE_COUNT)
}
"""What events say → the name that a span has it under."""


def said_by(events: Iterable[GenAIEvent]) -> Attributes:
    """Return the messages that events say, under the names of ``EVENTS``."""
    told = as_attributes(events)
    return {EVENTS[name]: value for name, value in told.items() if name in EVENTS}


def _events(span: Span, _keys: tuple[str, ...]) -> Attributes:
    return said_by(GenAIEvent(event.name, event.attributes) for event in span.events)


VIEWS: Final = (
    View(tuple(EVENTS.values()), _events, events=OF_CALLS),
    View((retrieval.ASKED, retrieval.FOUND), retrieval.retrieved, of=(retrieval.DOCUMENTS, retrieval.QUERY)),
    View((ASSESSMENT,), assessed, of=("gen_ai.guardrail.verdict.type", "gen_ai.guardrail.action.type")),
)

DIALECT: Final = Dialect("OpenTelemetry GenAI", MEMBERS, RECURRING, VIEWS)
