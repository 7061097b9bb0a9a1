"""Google's Agent Development Kit: ``gcp.vertex.agent.*``, beside the conventions' attributes.

ADK tells a tool's span by an id of its own (``adk-…``), which no message has, so such a span is paired by what it asks.
OpenInference's instrumentation of ADK puts the same answers into ``output.value``, each in an object with that id. In
its indexed messages the answers of several tools run into each other, since Gemini's have no ids.
``(merged tools)`` is a span that ran nothing. Excluded, with reasons: ``gcp.vertex.agent.event_id``, which names ADK's
own events; an agent's description, which is no instruction.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.gemini import unwrapped
from spanglass.conventions.openinference import INPUT, INPUTS, OUTPUT, indexed_messages
from spanglass.conventions.plain import Plain, plain
from spanglass.conventions.providers import read_answer, read_body, read_request
from spanglass.conventions.readers import as_int, as_raw, as_text, within
from spanglass.telemetry import Attributes, Span, Value

CALL_ID: Final = "gen_ai.tool.call.id"
OWN_ID: Final = "adk-"
"""How the ids begin that ADK gives to calls of tools, since Gemini has none."""
MERGED: Final = "(merged tools)"
PREFIX: Final = "gcp.vertex.agent."
REQUEST: Final = f"{PREFIX}llm_request"
ANSWER: Final = f"{PREFIX}llm_response"
SCOPES: Final = frozenset({"gcp.vertex.agent", "openinference.instrumentation.google_genai"})
"""The scopes whose spans of calls OpenInference's instrumentations of ADK and of Google's SDK add messages to."""
CONTENTS: Final = "google_adk.contents"
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
    """Read what a tool answered, which is in ``result``, or in ``error``, when it was no object."""
    told = as_content(value)
    if told is None:
        return None
    opened = _object(told)
    return unwrapped(opened.get("response", opened)) if opened else plain(told)


def as_output(value: Value) -> Plain:
    """Read what a tool answered where OpenInference's instrumentation tells it; other outputs are none of ADK's."""
    return as_response(value) if _object(value).keys() == {"id", "name", "response"} else None


def as_failure(value: Value) -> str | None:
    """Read what a failed tool answered."""
    opened = _object(value)
    response = opened.get("response", opened)
    return as_text(response.get("error")) if isinstance(response, dict) else None


def as_output_failure(value: Value) -> str | None:
    """Read what a failed tool answered where OpenInference's instrumentation tells it."""
    return as_failure(value) if as_output(value) is not None else None


def _object(value: Value) -> dict[str, Plain]:
    told = read_body(value)
    return told if isinstance(told, dict) else {}


def _contents(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Take the messages of a request for those that run into each other, with the instructions that it has not."""
    if span.scope.name not in SCOPES or INPUT not in span.attributes:
        return {}
    messages = indexed_messages(span, keys, INPUTS)
    if not any(one.get("role") == "tool" and "tool_call_id" not in one for one in messages):
        return {}
    request = read_request(span.attributes[INPUT]) or []
    told = [one for one in messages if one.get("role") == "system" and one not in request]
    return {CONTENTS: [*told, *request]} if request else {}


MEMBERS: Final[MemberTable] = (
    Member("gen_ai.tool.name", "operation", as_merging),
    Member(CALL_ID, "foreign_call_id", as_own_id),
    Member(f"{PREFIX}invocation_id", "provider_request_id", as_text),
    Member(f"{PREFIX}tool_call_args", "tool_arguments", as_content),
    Member(f"{PREFIX}tool_response", "tool_result", as_response),
    Member(f"{PREFIX}tool_response", "failure_message", as_failure),
    Member(OUTPUT, "tool_result", as_output),
    Member(OUTPUT, "failure_message", as_output_failure),
    Member(REQUEST, "request_model", within(as_text, "model")),
    Member(REQUEST, "request_max_tokens", within(as_int, "config.max_output_tokens")),
    Member(REQUEST, "input_messages", read_request),
    Member(CONTENTS, "input_messages", as_raw),
    Member(ANSWER, "output_messages", read_answer),
)

DIALECT: Final = Dialect("Google ADK", MEMBERS, views=(View((CONTENTS,), _contents, of=(f"{INPUTS}.",), whole=True),))
