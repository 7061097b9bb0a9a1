"""GenAI events, on spans or as log records, read as the attributes that a span may have instead of them.

Three generations of the conventions are in use: ``gen_ai.content.prompt`` and ``gen_ai.content.completion``, a list of
messages each; ``gen_ai.user.message`` and its like, a message each, and ``gen_ai.choice``, an answer each; and
``gen_ai.client.inference.operation.details``, everything of a call at once or, from Strands, one list an event. What an
event says stands in a log record's body, there perhaps as its JSON, in attributes, or as JSON in one attribute.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from spanglass.conventions.botocore import said_once
from spanglass.conventions.gemini import ELIDED
from spanglass.conventions.plain import Plain, plain, read_json
from spanglass.conventions.readers import as_text
from spanglass.telemetry import Attributes, Value

PREFIX: Final = "gen_ai."
"""How the names of all GenAI events begin."""
ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
"""Event → who speaks in it, unless it says."""
CHOICE: Final = "gen_ai.choice"
LISTS: Final = {
    "gen_ai.content.prompt": {"gen_ai.prompt": "gen_ai.input.messages"},
    "gen_ai.content.completion": {"gen_ai.completion": "gen_ai.output.messages"},
}
"""Event → the attributes that hold lists of messages, each with today's name for it; those of other events have it."""
OF_CALLS: Final = frozenset({"gen_ai.client.inference.operation.details", CHOICE, *ROLES, *LISTS})
"""Events that tell of a call of a model, where their span does not say what it is."""
SYSTEM: Final = "gen_ai.system_instructions"
INPUTS: Final = "gen_ai.input.messages"
OUTPUTS: Final = "gen_ai.output.messages"
CONTENT: Final = frozenset({SYSTEM, INPUTS, OUTPUTS})
CHOICE_COUNT: Final = "gen_ai.request.choice.count"
SAYING: Final = frozenset({"role", "content", "message", "tool_calls"})
"""Fields one of which whatever an event says has, as an object."""
_JSON: Final = "gen_ai.event.content"
"""The attribute in which Azure's instrumentation writes all that an event says."""
_NAME: Final = "event.name"

_Object = dict[str, Plain]


class GenAIEvent(msgspec.Struct, frozen=True):
    """An event of a span, or a log record; ``body`` is the latter's."""

    name: str
    attributes: Attributes
    body: Value = None


def event_name(name: str, attributes: Attributes) -> str:
    """Return the name of a log record's event: its own, or as it was written before it had one."""
    return name or as_text(attributes.get(_NAME)) or ""


def is_genai(name: str) -> bool:
    """Tell whether an event is one of GenAI, by its name."""
    return name.startswith(PREFIX)


def listed_events(value: Value) -> list[GenAIEvent]:
    """Read the list of events that Pydantic AI writes as one attribute, each with its name among what it says."""
    readable, listed = read_json(value) if isinstance(value, str) else (True, plain(value))
    events = [one for one in listed if isinstance(one, dict)] if readable and isinstance(listed, list) else []
    return [GenAIEvent(event_name("", one), {}, one) for one in events]


def as_attributes(events: Iterable[GenAIEvent]) -> Attributes:
    """Return what the events of one span, in order, say, as that span's attributes; messages as structure.

    A list of messages that begins with the one before it goes on from it; any other adds to it.
    """
    told: Attributes = {}
    lists: dict[str, list[Plain]] = {SYSTEM: [], INPUTS: [], OUTPUTS: []}
    choices: set[Plain] = set()
    for event in events:
        if event.name == CHOICE:
            says = _says(event)
            lists[OUTPUTS].append(_answer(says))
            choices.add(says["index"] if isinstance(says.get("index"), int) else None)
        elif event.name in ROLES:
            lists[INPUTS].append(_message(_says(event), ROLES[event.name]))
        elif is_genai(event.name):
            told |= _take(lists, event)
    lists[INPUTS] = said_once(lists[INPUTS])
    told |= {name: messages for name, messages in lists.items() if messages}
    return told | {CHOICE_COUNT: len(choices)} if len(choices) > 1 else told


def _take(lists: dict[str, list[Plain]], event: GenAIEvent) -> Attributes:
    """Take an event's lists of messages, and return what else it says."""
    names = LISTS.get(event.name, {})
    told: Attributes = {}
    for key, value in event.attributes.items():
        name = names.get(key, key)
        if name in CONTENT:
            _go_on(lists, name, _elements(value))
        elif key != _NAME:
            told[key] = value
    return told


def _go_on(lists: dict[str, list[Plain]], name: str, more: list[Plain]) -> None:
    before = lists[name]
    if more[: len(before)] != before:
        lists[name] = before + more
        return
    lists[name] = [*more]  # what was told stays as it was
    if name == INPUTS and before and len(more) > len(before):  # another call, whose history holds the answers so far
        lists[OUTPUTS] = []


def _elements(value: Value) -> list[Plain]:
    readable, told = read_json(value) if isinstance(value, str) else (True, plain(value))
    if not readable:
        told = plain(value)
    return told if isinstance(told, list) else [] if told is None else [told]


def _says(event: GenAIEvent) -> Mapping[str, Plain]:
    """Return what an event says as an object, wherever it stands."""
    if event.body is not None:
        told = plain(event.body)
        if isinstance(told, str) and told.startswith("{"):  # Semantic Kernel's
            readable, opened = read_json(told)
            told = opened if readable and isinstance(opened, dict) and not SAYING.isdisjoint(opened) else told
        return told if isinstance(told, dict) else {"content": told, "message": told}
    attributes = plain(event.attributes)
    if isinstance(written := event.attributes.get(_JSON), str):
        attributes = read_json(written)[1]
    return attributes if isinstance(attributes, dict) else {}


def _message(says: Mapping[str, Plain], role: str) -> _Object:
    """Return a message in the form of the Chat Completions API."""
    message: _Object = {"role": as_text(says.get("role")) or role, "content": _blocks(says.get("content"))}
    if isinstance(calls := says.get("tool_calls"), list):
        message["tool_calls"] = calls
    if message["role"] == "tool" and not _holds_results(message["content"]):
        message["tool_call_id"] = as_text(says.get("id")) or as_text(says.get("tool_call_id")) or ""
    return message


def _answer(says: Mapping[str, Plain]) -> _Object:
    """Return an answer as a message; OpenLLMetry writes calls of tools beside the message, Strands blocks as it."""
    told = says.get("message")
    message = _message(told if isinstance(told, dict) else {"content": told}, "assistant")
    if "tool_calls" not in message and isinstance(calls := says.get("tool_calls"), list):
        message["tool_calls"] = calls
    if reason := as_text(says.get("finish_reason")):
        message["finish_reason"] = reason
    return message


def _blocks(content: Plain) -> Plain:
    """Return content, the text of the JSON of content blocks as these.

    Pydantic AI calls a block's type its kind; botocore makes an empty block of what it does not know.
    """
    if content == ELIDED:
        return None
    if isinstance(content, str) and content.startswith(("[{", "[]")):
        readable, blocks = read_json(content)
        if readable and isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks):
            content = blocks
    if not isinstance(content, list):
        return content
    return [
        block | {"type": block["kind"]} if isinstance(block, dict) and "kind" in block else block
        for block in content
        if block != {}
    ]


def _holds_results(content: Plain) -> bool:
    return isinstance(content, list) and any(isinstance(block, dict) and "toolResult" in block for block in content)
