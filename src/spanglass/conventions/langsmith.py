"""LangSmith: ``langsmith.*``, and LangChain's messages as JSON in ``gen_ai.prompt`` and ``gen_ai.completion``.

Excluded, with reasons: what chains take and give, which is a framework's state; ``langsmith.trace.session_name``, which
is a project; ``langsmith.metadata.LANGSMITH_*``, which are the environment; the class of an exception, which is always
``Exception``.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.providers import read_answer, read_body, read_request
from spanglass.conventions.readers import as_float, as_int, as_raw, as_text, as_word, within
from spanglass.telemetry import Attributes, Span, Value

WORDS: Final = {"llm": "inference", "tool": "execute_tool", "agent": "invoke_agent", "embedding": "embeddings"}
"""``langsmith.span.kind`` → what it is called here; others keep their word."""
KIND: Final = "langsmith.span.kind"
INPUT: Final = "gen_ai.prompt"
OUTPUT: Final = "gen_ai.completion"
GIVEN: Final = "langsmith.input.messages"
ANSWERED: Final = "langsmith.output.messages"
REASONS: Final = "langsmith.finish_reasons"
RESPONSE_ID: Final = "langsmith.response.id"
USAGE: Final = "langsmith.metadata.usage_metadata"
METADATA: Final = "langsmith.metadata."


def _messages(span: Span, _keys: tuple[str, ...]) -> Attributes:
    if span.attributes.get(KIND) != "llm":
        return {}
    answer = span.attributes.get(OUTPUT)
    made = {
        GIVEN: read_request(span.attributes.get(INPUT)),
        ANSWERED: read_answer(answer),
        RESPONSE_ID: _response_id(answer),
    }
    return {name: told for name, told in made.items() if told}


def _response_id(value: Value) -> str | None:
    """Return the id of the provider's answer that LangChain passes on."""
    return within(as_text, "llm_output.id", "id")(read_body(value))


def as_result(value: Value) -> Value:
    """Read what a tool answered; of one that failed an empty object."""
    return None if value in ("{}", "") else within(as_raw, "output", "")(value)


MEMBERS: Final[MemberTable] = (
    Member(KIND, "operation", as_word(WORDS)),
    Member(f"{METADATA}ls_provider", "provider_name", as_text),
    Member(f"{METADATA}lc_agent_name", "ai_agent_name", as_text),
    Member(f"{METADATA}ls_model_name", "request_model", as_text),
    Member(
        f"{METADATA}ls_max_tokens",
        "request_max_tokens",
        as_int,
        was=(f"{METADATA}max_completion_tokens", f"{METADATA}max_tokens"),
    ),
    Member(f"{METADATA}ls_temperature", "temperature", as_float, was=(f"{METADATA}temperature",)),
    Member(f"{METADATA}top_p", "top_p", as_float),
    Member(RESPONSE_ID, "response_id", as_text),
    Member(USAGE, "input_tokens", within(as_int, "input_tokens")),
    Member(USAGE, "output_tokens", within(as_int, "output_tokens")),
    Member(USAGE, "total_tokens", within(as_int, "total_tokens")),
    Member(USAGE, "cache_read_tokens", within(as_int, "input_token_details.cache_read")),
    Member(USAGE, "cache_write_tokens", within(as_int, "input_token_details.cache_creation")),
    Member(f"{METADATA}lc_hub_repo", "prompt_name", as_text),
    Member(GIVEN, "input_messages", as_raw),
    Member(ANSWERED, "output_messages", as_raw),
    Member(INPUT, "tool_arguments", as_raw),
    Member(OUTPUT, "tool_result", as_result),
)

RECURRING: Final = (METADATA, "gen_ai.serialized.", "langsmith.span.tags", "langsmith.trace.")

DIALECT: Final = Dialect(
    "LangSmith", MEMBERS, RECURRING, (View((GIVEN, ANSWERED, RESPONSE_ID), _messages, of=(KIND,)),)
)
