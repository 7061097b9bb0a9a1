"""Google's Agent Development Kit: ``gcp.vertex.agent.*``, beside the conventions' attributes.

Two versions of its telemetry are in use. The first has the whole request and answer on a span ``call_llm``, which names
no operation, and within that a ``generate_content`` without content. The second has the conventions' messages, in which
a call of a tool is named by the tool and its place among the parts, and an answer likewise, by its own place: names
that pair nothing and come again, so they are left out. In both what a tool answers is within ``result`` or ``error``.

A tool's span has an id of ADK's own (``adk-…``), which no message has, so it is paired by what it asks. ``(merged
tools)`` is a span that ran nothing. OpenInference's instrumentation puts a tool's answer into ``output.value``, in an
object with that id, and in its indexed messages the answers of several tools run into each other.

Excluded, with reasons: ``gcp.vertex.agent.event_id``, which names ADK's own events; an agent's description, which is no
instruction.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.gemini import unwrapped
from spanglass.conventions.openinference import INPUT, INPUTS, OUTPUT, indexed_messages
from spanglass.conventions.plain import Plain, plain
from spanglass.conventions.providers import read_answer, read_body, read_request
from spanglass.conventions.readers import as_int, as_raw, as_text
from spanglass.telemetry import Attributes, Span, Value

_Object = dict[str, Plain]

SCOPE: Final = "gcp.vertex.agent"
GEMINI_SCOPES: Final = frozenset({SCOPE, "openinference.instrumentation.google_genai"})
"""The scopes of spans that OpenInference's instrumentations of ADK and of Google's SDK add messages to."""
CALL_ID: Final = "gen_ai.tool.call.id"
OWN_ID: Final = "adk-"
"""How the ids begin that ADK gives to calls of tools, since Gemini has none."""
MERGED: Final = "(merged tools)"
PREFIX: Final = "gcp.vertex.agent."
REQUEST: Final = f"{PREFIX}llm_request"
ANSWER: Final = f"{PREFIX}llm_response"
RESPONSE: Final = f"{PREFIX}tool_response"
OTHERS: Final = {"gen_ai.tool.call.result": SCOPE, OUTPUT: "openinference.instrumentation.google_adk"}
"""Attribute that tells what a tool answered in ADK's form → the scope whose spans do."""
NO_CONTENT: Final = "{}"
"""What ADK writes where content is switched off."""
OPERATION: Final = "google_adk.operation"
ASKED: Final = "google_adk.request.model"
TOKENS_MAX: Final = "google_adk.request.max_tokens"
ASKED_MESSAGES: Final = "google_adk.request.messages"
ANSWERED_MESSAGES: Final = "google_adk.response.messages"
CONTENTS: Final = "google_adk.contents"
RESULT: Final = "google_adk.tool.result"
FAILURE: Final = "google_adk.tool.failure"
MESSAGES: Final = {
    "gen_ai.input.messages": "google_adk.input.messages",
    "gen_ai.events.input.messages": "google_adk.input.messages",
    "gen_ai.output.messages": "google_adk.output.messages",
    "gen_ai.events.output.messages": "google_adk.output.messages",
}
"""The conventions' messages, on a span or of its log records → the same without ADK's names and wrappings."""


def _asked(span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Read a request and its answer, and name the operation of a span that names none."""
    given, answered = (as_content(span.attributes.get(name)) for name in (REQUEST, ANSWER))
    request = _object(given)
    config = request.get("config")
    made: dict[str, Value] = {
        ASKED: request.get("model"),
        TOKENS_MAX: config.get("max_output_tokens") if isinstance(config, dict) else None,
        ASKED_MESSAGES: read_request(request),
        ANSWERED_MESSAGES: read_answer(answered),
    }
    if "gen_ai.operation.name" not in span.attributes:
        made[OPERATION] = "generate_content"
    return {name: value for name, value in made.items() if value is not None}


def _contents(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Take the messages of a request for those that run into each other, with the instructions that it has not."""
    if span.scope.name not in GEMINI_SCOPES or INPUT not in span.attributes:
        return {}
    messages = indexed_messages(span, keys, INPUTS)
    if not any(one.get("role") == "tool" and "tool_call_id" not in one for one in messages):
        return {}
    request = read_request(span.attributes[INPUT]) or []
    told = [one for one in messages if one.get("role") == "system" and one not in request]
    return {CONTENTS: [*told, *request]} if request else {}


def _answered(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Take what a tool answered, and what it failed with, out of ADK's form."""
    scope = span.scope.name
    told = next((span.attributes[key] for key in keys if OTHERS.get(key, scope) == scope), None)
    made: dict[str, Value] = {RESULT: as_response(told), FAILURE: as_failure(told)}
    return {name: value for name, value in made.items() if value is not None}


def _messages(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Return messages without what ADK puts around their parts."""
    if span.scope.name != SCOPE:
        return {}
    made: Attributes = {}
    for key in keys:
        messages = read_body(span.attributes[key])
        if isinstance(messages, list):
            parts = [part for one in messages for part in _parts(one)]
            names = {part.get("name") for part in parts if part.get("type") == "tool_call"}
            for part in parts:
                _plain(part, names)
            made.setdefault(MESSAGES[key], messages)
    return made


def _parts(message: Plain) -> list[_Object]:
    parts = message.get("parts") if isinstance(message, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _plain(part: _Object, names: set[Plain]) -> None:
    """Take ADK's name and wrapping off a part; ``names`` are those of tools, as ADK puts them before a place."""
    told = part.get("id")
    name, _, place = told.rpartition("_") if isinstance(told, str) else ("", "", "")
    if place.isdigit() and name in names:
        del part["id"]
    if "response" in part:
        part["response"] = unwrapped(part["response"])


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


def as_failure(value: Value) -> str | None:
    """Read what a failed tool answered."""
    opened = _object(value)
    response = opened.get("response", opened)
    return as_text(response.get("error")) if isinstance(response, dict) else None


def _object(value: Value) -> _Object:
    told = read_body(value)
    return told if isinstance(told, dict) else {}


MEMBERS: Final[MemberTable] = (
    Member("gen_ai.tool.name", "operation", as_merging),
    Member(OPERATION, "operation", as_text),
    Member(CALL_ID, "foreign_call_id", as_own_id),
    Member(f"{PREFIX}invocation_id", "provider_request_id", as_text),
    Member(f"{PREFIX}tool_call_args", "tool_arguments", as_content),
    Member(RESULT, "tool_result", as_raw),
    Member(FAILURE, "failure_message", as_text),
    Member(ASKED, "request_model", as_text),
    Member(TOKENS_MAX, "request_max_tokens", as_int),
    Member(ASKED_MESSAGES, "input_messages", as_raw),
    Member(MESSAGES["gen_ai.input.messages"], "input_messages", as_raw),
    Member(CONTENTS, "input_messages", as_raw),
    Member(ANSWERED_MESSAGES, "output_messages", as_raw),
    Member(MESSAGES["gen_ai.output.messages"], "output_messages", as_raw),
)

DIALECT: Final = Dialect(
    "Google ADK",
    MEMBERS,
    views=(
        View((OPERATION, ASKED, TOKENS_MAX, ASKED_MESSAGES, ANSWERED_MESSAGES), _asked, of=(REQUEST, ANSWER)),
        View((RESULT, FAILURE), _answered, of=(RESPONSE, *OTHERS)),
        View(tuple(dict.fromkeys(MESSAGES.values())), _messages, of=tuple(MESSAGES), whole=True),
        View((CONTENTS,), _contents, of=(f"{INPUTS}.",), whole=True),
    ),
)
