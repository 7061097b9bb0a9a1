"""Langfuse's SDKs: ``langfuse.observation.*``, whole requests and answers as JSON.

Excluded, with reasons: ``langfuse.observation.model.name`` as the model that was asked, since its instrumentation of
OpenAI puts the one that answered there; ``langfuse.trace.*``, which say of a trace what its spans say.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.plain import Plain
from spanglass.conventions.providers import read_answer, read_body, read_request
from spanglass.conventions.readers import as_float, as_int, as_raw, as_text, as_word, within
from spanglass.telemetry import Attributes, Span, Value

WORDS: Final = {"generation": "inference", "tool": "execute_tool", "agent": "invoke_agent", "embedding": "embeddings"}
"""``langfuse.observation.type`` → what it is called here; others keep their word."""
TYPE: Final = "langfuse.observation.type"
INPUT: Final = "langfuse.observation.input"
OUTPUT: Final = "langfuse.observation.output"
USAGE: Final = "langfuse.observation.usage_details"
PARAMETERS: Final = "langfuse.observation.model.parameters"
GIVEN: Final = "langfuse.input.messages"
ANSWERED: Final = "langfuse.output.messages"
ARGUMENTS: Final = "langfuse.tool.arguments"


def _messages(span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Make what a generation or an agent was given and said; a function that is observed has its arguments as input."""
    kind, attributes = span.attributes.get(TYPE), span.attributes
    given, answered = attributes.get(INPUT), attributes.get(OUTPUT)
    if kind == "tool":
        return {ARGUMENTS: _arguments(given)} if given is not None else {}
    if kind == "generation":
        made = {GIVEN: read_request(given) or _said(given, "user"), ANSWERED: read_answer(answered)}
    elif kind == "agent":
        made = {GIVEN: read_request(given) or _said(_alone(_arguments(given)), "user"), ANSWERED: read_answer(answered)}
    else:
        return {}
    made[ANSWERED] = made[ANSWERED] or _said(answered, "assistant")
    return {name: messages for name, messages in made.items() if messages}


def _arguments(value: Value) -> Plain:
    """Return what an observed function was called with: by name, if that is all, else its positional arguments too."""
    body = read_body(value)
    if not isinstance(body, dict) or body.keys() != {"args", "kwargs"}:
        return value if body is None else body
    return body["args"] if not body["kwargs"] else body["kwargs"] if not body["args"] else body


def _alone(arguments: Plain) -> Plain:
    return arguments[0] if isinstance(arguments, list) and len(arguments) == 1 else arguments


def _said(value: Value, role: str) -> list[Plain] | None:
    """Return a message of what is a text, or the JSON of one."""
    text = read_body(value) if isinstance(value, str) and value.startswith('"') else value
    return [{"role": role, "content": text}] if isinstance(text, str) and text else None


def as_failed(value: Value) -> str | None:
    """Read a level: an observation that failed says ERROR, also where its status says nothing."""
    return "ERROR" if value == "ERROR" else None


MEMBERS: Final[MemberTable] = (
    Member(TYPE, "operation", as_word(WORDS)),
    Member("langfuse.observation.level", "failed", as_failed),
    Member("langfuse.observation.status_message", "failure_message", as_text),
    Member(PARAMETERS, "request_max_tokens", within(as_int, "max_completion_tokens", "max_tokens", "maxTokens")),
    Member(PARAMETERS, "temperature", within(as_float, "temperature")),
    Member(PARAMETERS, "top_p", within(as_float, "top_p", "topP")),
    Member("langfuse.observation.model.name", "response_model", as_text),
    Member(USAGE, "input_tokens", within(as_int, "prompt_tokens", "input_tokens", "input")),
    Member(USAGE, "output_tokens", within(as_int, "completion_tokens", "output_tokens", "output")),
    Member(USAGE, "total_tokens", within(as_int, "total_tokens", "total")),
    Member(
        USAGE,
        "cache_read_tokens",
        within(
            as_int,
            "prompt_tokens_details.cached_tokens",
            "input_tokens_details.cached_tokens",
            "input_cached_tokens",
            "cache_read_input_tokens",
        ),
    ),
    Member(USAGE, "cache_write_tokens", within(as_int, "cache_creation_input_tokens", "input_cache_creation")),
    Member("langfuse.observation.prompt.name", "prompt_name", as_text),
    Member("langfuse.observation.prompt.version", "prompt_version", as_int),
    Member(GIVEN, "input_messages", as_raw),
    Member(ANSWERED, "output_messages", as_raw),
    Member(ARGUMENTS, "tool_arguments", as_raw),
    Member(OUTPUT, "tool_result", as_raw),
)

RECURRING: Final = ("langfuse.internal.", "langfuse.session.id", "langfuse.trace.")

DIALECT: Final = Dialect("Langfuse", MEMBERS, RECURRING, (View((GIVEN, ANSWERED, ARGUMENTS), _messages, of=(TYPE,)),))
