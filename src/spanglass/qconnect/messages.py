"""ListMessages: the distinct messages of a session in the order in which they were said, a value each."""

import struct
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from spanglass.mapping.text import VALUE_CHARS_MAX
from spanglass.model.place import NAMESPACE
from spanglass.qconnect import resources
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request, answered
from spanglass.qconnect.inputs import read_input
from spanglass.reading import Tokens

PAGE_DEFAULT: Final = 100
TEXT_CHARS_MAX: Final = 25_000
"""Characters of one text, by the service model."""
CUT_CHARS_MIN: Final = VALUE_CHARS_MAX * 3 // 4
"""Characters of a text value from which on the next one may be its rest: so the mapping cuts long texts."""
AROUND_MAX: Final = 50
"""Messages before a page among which the use of a tool is looked for, whose result the page tells."""
READS_MAX: Final = 10
"""Reads of messages in search of a text; a page without one then leads on to the next."""
UNKNOWN_TOOL: Final = "unknown"
"""The name of a tool whose use is nowhere near its result."""

_FORM: Final = struct.Struct(">II2x")


class _Position(msgspec.Struct, frozen=True):
    """A number of a message, and how many of its values come before."""

    message: int
    value: int


def _list(backing: Backing, request: Request) -> Answer:
    given = read_input("ListMessages", request)
    ids = resources.session(request)
    tokens = Tokens(b"messages/1", b"".join(ids), _FORM)
    at = _Position(*tokens.read(given["nextToken"])) if "nextToken" in given else _Position(0, 0)
    limit, text_only = given.get("maxResults", PAGE_DEFAULT), given.get("filter") == "TEXT_ONLY"
    page: list[dict[str, Any]] = []
    for _ in range(READS_MAX):
        found, more = _read(backing, ids, at, limit)
        for position, output in found:
            if text_only and "text" not in output["value"]:
                continue
            if len(page) == limit:
                return answered({"messages": page, "nextToken": tokens.write(position)})
            page.append(output)
        if more is None:
            return answered({"messages": page})
        at = more
        if page:
            break
    return answered({"messages": page, "nextToken": tokens.write(at)})


OPERATIONS: Final = (Operation("ListMessages", _list),)


def _read(
    backing: Backing, ids: tuple[bytes, bytes], at: _Position, limit: int
) -> tuple[list[tuple[_Position, dict[str, Any]]], _Position | None]:
    """Return what some messages from a position on say, each with its own, and where the next ones begin."""
    around = min(AROUND_MAX, at.message)
    before, _ = backing.reader.messages(*ids, first=at.message - around, limit=around) if around else ([], False)
    messages, more = backing.reader.messages(*ids, first=at.message, limit=limit)
    tools: dict[str, str] = {}
    _note_tools(tools, before)
    found = []
    for number, message in enumerate(messages, start=at.message):
        _note_tools(tools, [message])
        skipped = at.value if number == at.message else 0
        outputs = enumerate(_outputs(message, tools))
        found += [(_Position(number, place), output) for place, output in outputs if place >= skipped]
    end = at.message + len(messages)
    return found, _Position(end, 0) if more else None


def _note_tools(tools: dict[str, str], messages: Iterable[dict[str, Any]]) -> None:
    for message in messages:
        uses = (value["toolUse"] for value in message["values"] if "toolUse" in value)
        tools.update({use["toolUseId"]: use["name"] for use in uses})


def _outputs(message: dict[str, Any], tools: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a message's values as MessageOutputs; the first has the message's id, the others ids derived from it."""
    for place, value in enumerate(_data(message["values"], tools)):
        own = message["messageId"]
        yield {
            "value": value,
            "messageId": own if place == 0 else str(uuid.uuid5(NAMESPACE, f"{own}/{place}")),
            "participant": message["participant"],
            "timestamp": message["timestamp"],
        }


def _data(values: Iterable[dict[str, Any]], tools: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield MessageDatas: a text that was cut into values is one again, what is neither text nor result is ``data``."""
    texts: list[dict[str, Any]] = []
    for value in values:
        text = value.get("text")
        if texts and (text is None or not _goes_on(texts, text)):
            yield {"text": _text(texts)}
            texts = []
        if text is not None:
            texts.append(text)
        elif "toolResult" in value:
            told = {name: part for name, part in value["toolResult"].items() if name != "toolUseId"}
            use = value["toolResult"]["toolUseId"]
            name = tools.get(use, UNKNOWN_TOOL)
            yield {"toolUseResult": {"toolUseId": use, "toolName": name, "toolResult": told}}
        else:
            yield {"data": value}
    if texts:
        yield {"text": _text(texts)}


def _goes_on(texts: list[dict[str, Any]], text: dict[str, Any]) -> bool:
    """Tell whether a text may be the rest of the one before."""
    joined = sum(len(each["value"]) for each in texts) + len(text["value"])
    return len(texts[-1]["value"]) >= CUT_CHARS_MIN and joined <= TEXT_CHARS_MAX


def _text(texts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a TextMessage; what cites is the whole of a text value, as a span says no more of it."""
    message: dict[str, Any] = {"value": "".join(text["value"] for text in texts)}
    citations, begin = [], 0
    for text in texts:
        end = begin + len(text["value"])
        where = {"beginOffsetInclusive": begin, "endOffsetExclusive": end}
        for cited in text.get("citations", ()):
            source = {name: cited[name] for name in ("contentId", "title", "knowledgeBaseId") if name in cited}
            citations.append(source | {"citationSpan": where, "referenceType": "KNOWLEDGE_BASE"})
        begin = end
        if "aiGuardrailAssessment" in text:
            message["aiGuardrailAssessment"] = text["aiGuardrailAssessment"]
    return message | ({"citations": citations} if citations else {})
