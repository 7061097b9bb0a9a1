"""Traceloop (OpenLLMetry): ``traceloop.*``, ``llm.*``, and what it puts into the GenAI conventions' attributes.

Its LangChain instrumentation writes the framework's callbacks as a tool's arguments and result: the arguments under
``inputs``, the result as a serialised message under ``output``, in both the id of the call that the span itself does
not carry. Its Bedrock instrumentation writes content blocks that it does not know as the text of their JSON.

Excluded, with reasons: ``traceloop.entity.input`` and ``.output`` of tasks and workflows, which are a framework's
state; ``gen_ai.task.*``, which say the same once more; names of spans, which may be what a user said.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.guardrails import filtered
from spanglass.conventions.plain import Plain, read_json
from spanglass.conventions.readers import as_int, as_raw, as_text, as_word
from spanglass.telemetry import Attributes, Span

BLOCKS: Final = ('{"reasoningContent"', '[{"text"')
"""How the texts begin that are Bedrock's block of reasoning, or OpenAI's blocks of a summary."""


def open_text(text: str) -> Plain:
    """Return the content that a text is the JSON of, or else the text."""
    readable, content = read_json(text) if text.startswith(BLOCKS) else (False, None)
    return content if readable else text


def open_arguments(value: Plain) -> tuple[Plain, str] | None:
    """Return the arguments of a ``on_tool_start`` callback and the id of the call; None for anything else."""
    if not isinstance(value, dict) or not {"input_str", "inputs", "kwargs"} <= value.keys():
        return None
    kwargs = value["kwargs"]
    return value["inputs"], _id(kwargs)


def open_result(value: Plain) -> Plain:
    """Return the output of a ``on_tool_end`` callback; anything else as it is."""
    output = value.get("output") if isinstance(value, dict) else None
    return output if isinstance(output, dict) and "lc" in output else value


def _id(kwargs: Plain) -> str:
    return (as_text(kwargs.get("tool_call_id")) or "") if isinstance(kwargs, dict) else ""


WORDS: Final = {"chat": "inference", "completion": "inference", "tool": "execute_tool", "agent": "invoke_agent"}
"""``llm.request.type`` and ``traceloop.span.kind`` → what it is called here; others keep their word."""
AGENT: Final = "traceloop.agent.name"
PIECES: Final = frozenset({"llm.content.completion.chunk", "gen_ai.content.completion.chunk"})
"""The events at which pieces of a streamed answer came."""
FIRST_PIECE: Final = "traceloop.first_piece_ms"
GUARDRAILS: Final = "traceloop.guardrail.assessments"
FILTERS: Final = {
    "gen_ai.prompt.prompt_filter_results": "INPUT",
    "gen_ai.bedrock.guardrail.input_filter": "INPUT",
    "gen_ai.bedrock.guardrail.output_filter": "OUTPUT",
}


def _agent(span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Make an agent's name of an entity's; that of a task is a step's."""
    name = span.attributes.get("traceloop.entity.name")
    return {AGENT: name} if span.attributes.get("traceloop.span.kind") == "agent" and name else {}


def _first_piece(span: Span, _keys: tuple[str, ...]) -> Attributes:
    times = [event.time_ns for event in span.events if event.name in PIECES]
    return {FIRST_PIECE: (min(times) - span.start_ns) // 1_000_000}


def _assessments(span: Span, _keys: tuple[str, ...]) -> Attributes:
    found = filtered(span.attributes, FILTERS)
    return {GUARDRAILS: found} if found else {}


MEMBERS: Final[MemberTable] = (
    Member("llm.request.type", "operation", as_word(WORDS), was=("traceloop.span.kind",)),
    Member(AGENT, "ai_agent_name", as_text),
    Member("traceloop.association.properties.lc_agent_name", "ai_agent_name", as_text),
    Member("traceloop.workflow.name", "ai_agent_name", as_text),
    Member("traceloop.prompt.key", "prompt_name", as_text),
    Member("traceloop.prompt.version", "prompt_version", as_int),
    Member("llm.usage.total_tokens", "total_tokens", as_int),
    Member(FIRST_PIECE, "time_to_first_token_ms", as_int),
    Member(GUARDRAILS, "guardrail_assessments", as_raw),
    Member("traceloop.entity.name", "tool_name", as_text),
    Member("traceloop.entity.input", "tool_arguments", as_raw),
    Member("traceloop.entity.output", "tool_result", as_raw),
)

RECURRING: Final = (
    "llm.headers",
    "llm.is_streaming",
    "llm.request.",
    "traceloop.association.properties.lc_versions",
    "traceloop.association.properties.ls_integration",
    "traceloop.association.properties.ls_max_tokens",
    "traceloop.association.properties.ls_model_name",
    "traceloop.association.properties.ls_model_type",
    "traceloop.association.properties.ls_provider",
    "traceloop.association.properties.ls_temperature",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.user_id",
)

DIALECT: Final = Dialect(
    "OpenLLMetry",
    MEMBERS,
    RECURRING,
    (
        View((AGENT,), _agent, of=("traceloop.span.kind",)),
        View((FIRST_PIECE,), _first_piece, events=PIECES),
        View((GUARDRAILS,), _assessments, of=tuple(FILTERS)),
    ),
)
