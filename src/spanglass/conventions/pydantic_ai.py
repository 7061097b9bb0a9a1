"""Pydantic AI and Logfire: what they write beside the conventions' attributes, and what Pydantic AI wrote before them.

Its first version has the conventions' events as JSON in ``events``; versions 1 and 2 have a tool's arguments and result
in attributes of their own. Logfire's instrumentations of providers have whole requests and answers as JSON. Excluded,
with reasons: ``pydantic_ai.all_messages`` and ``all_messages_events`` of an agent's span, which repeat what its calls
say; ``gen_ai.aggregated_usage``, which sums them up; ``logfire.msg``, which is a text for people.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.events import listed_events
from spanglass.conventions.gen_ai import EVENTS, said_by
from spanglass.conventions.providers import read_answer, read_request
from spanglass.conventions.readers import as_float, as_int, as_raw, as_text, within
from spanglass.telemetry import Attributes, Span

LISTED: Final = "events"
REQUEST: Final = "request_data"
ANSWER: Final = "response_data"


def _events(span: Span, _keys: tuple[str, ...]) -> Attributes:
    return said_by(listed_events(span.attributes[LISTED]))


MEMBERS: Final[MemberTable] = (
    Member("agent_name", "ai_agent_name", as_text),
    Member("gen_ai.usage.details.cache_read_tokens", "cache_read_tokens", as_int),
    Member("gen_ai.usage.details.cache_write_tokens", "cache_write_tokens", as_int),
    Member("tool_arguments", "tool_arguments", as_raw),
    Member("tool_response", "tool_result", as_raw),
    Member(REQUEST, "request_model", within(as_text, "model")),
    Member(REQUEST, "request_max_tokens", within(as_int, "max_completion_tokens", "max_tokens", "max_output_tokens")),
    Member(REQUEST, "temperature", within(as_float, "temperature")),
    Member(REQUEST, "top_p", within(as_float, "top_p")),
    Member(REQUEST, "input_messages", read_request),
    Member(ANSWER, "output_messages", within(read_answer, "message", "")),
)

RECURRING: Final = ("agent_name", "logfire.json_schema", "model_name", "model_request_parameters")

DIALECT: Final = Dialect(
    "Pydantic AI", MEMBERS, RECURRING, (View(tuple(EVENTS.values()), _events, of=(LISTED,), whole=True),)
)
