"""Google's Agent Development Kit: ``gcp.vertex.agent.*``, beside the conventions' attributes.

ADK tells a tool's span by an id of its own (``adk-…``), which no message has, so such a span is paired by what it asks.
``(merged tools)`` is a span that ran nothing. Excluded, with reasons: ``gcp.vertex.agent.event_id``, which names ADK's
own events; an agent's description, which is no instruction.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable
from spanglass.conventions.plain import Plain
from spanglass.conventions.providers import read_answer, read_request
from spanglass.conventions.readers import as_int, as_raw, as_text, within
from spanglass.telemetry import Value

CALL_ID: Final = "gen_ai.tool.call.id"
OWN_ID: Final = "adk-"
"""How the ids begin that ADK gives to calls of tools, since Gemini has none."""
MERGED: Final = "(merged tools)"
PREFIX: Final = "gcp.vertex.agent."
REQUEST: Final = f"{PREFIX}llm_request"
ANSWER: Final = f"{PREFIX}llm_response"
NO_CONTENT: Final = "{}"
"""What ADK writes where content is switched off."""


def as_merging(value: Value) -> str | None:
    """Read a tool's name as an operation: the span that merges what parallel tools answered ran none itself."""
    return "merge_tools" if value == MERGED else None


def as_own_id(value: Value) -> bool | None:
    """Read an id of a call: whether no message knows it."""
    return True if isinstance(value, str) and value.startswith(OWN_ID) else None


def as_content(value: Value) -> Value:
    """Read content that is not switched off."""
    return None if value in (NO_CONTENT, "") else value


def as_response(value: Value) -> Plain:
    """Read what a tool answered, which is in ``result`` when it was no object."""
    return within(as_raw, "response.result", "result", "response", "")(as_content(value))


MEMBERS: Final[MemberTable] = (
    Member("gen_ai.tool.name", "operation", as_merging),
    Member(CALL_ID, "foreign_call_id", as_own_id),
    Member(f"{PREFIX}invocation_id", "provider_request_id", as_text),
    Member(f"{PREFIX}tool_call_args", "tool_arguments", as_content),
    Member(f"{PREFIX}tool_response", "tool_result", as_response),
    Member(REQUEST, "request_model", within(as_text, "model")),
    Member(REQUEST, "request_max_tokens", within(as_int, "config.max_output_tokens")),
    Member(REQUEST, "input_messages", read_request),
    Member(ANSWER, "output_messages", read_answer),
)

DIALECT: Final = Dialect("Google ADK", MEMBERS)
