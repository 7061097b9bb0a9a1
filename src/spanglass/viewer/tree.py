"""A page of a session's spans as the rows of a tree: what each span is called, and what was said in it that is new."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from spanglass.model.record import Kind, fragment
from spanglass.store.text import searchable_text, words
from spanglass.viewer.text import compact

Document: TypeAlias = dict[str, Any]
"""A span, message or value as ``Reader.whole_spans`` tells it."""

SAID: Final = ("inputMessages", "outputMessages", "systemInstructions")
"""The attributes that are shown as a conversation, not in the table."""
MESSAGES_MAX: Final = 50
"""Messages of one list that are shown, the newest: as many as ListSpans shows, which is what bounds a page's bytes."""
DEPTH_MAX: Final = 12
"""Levels that are indented; deeper spans stand at this one."""
GIST_CHARS_MAX: Final = 240


class Said(msgspec.Struct):
    """Messages of one list: how many are left out, those that an earlier call showed, and those shown here.

    Each stands with its anchor, the number of the place where it is shown in full.
    """

    left_out: int = 0
    earlier: list[tuple[int, Document]] = []
    shown: list[tuple[int | None, Document]] = []


class Row(msgspec.Struct):
    """A span in its place.

    ``name`` is what its name adds to ``operation``, ``bar`` its start and width in percent of the time of the tree's
    root, ``gist`` a line on what it is about, ``hit`` whether a message shown here holds all words that are sought.
    """

    span: Document
    depth: int
    operation: str
    name: str
    bar: tuple[float, float]
    gist: str
    hit: bool
    inputs: Said
    outputs: Said


def rows(spans: Sequence[Document], query: str = "") -> list[Row]:
    """Lay spans out as a tree; a span whose parent is not among them is a root, and each is there once."""
    seen: dict[str, int] = {}
    return [_row(span, depth, root, seen, set(words(query))) for span, depth, root in _placed(spans)]


def _placed(spans: Sequence[Document]) -> Iterator[tuple[Document, int, Document]]:
    """Yield each span with its depth and root, children after their parent, siblings in their given order."""
    known = {span["spanId"] for span in spans}
    children: dict[str | None, list[Document]] = defaultdict(list)
    for span in spans:
        parent = span.get("parentSpanId")
        children[parent if parent in known else None].append(span)
    placed = set()
    for root in [*children[None], *spans]:  # all spans again: what only a cycle reaches begins with its first
        waiting = [(root, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span["spanId"] not in placed:
                placed.add(span["spanId"])
                yield span, depth, root
                waiting += ((child, depth + 1) for child in reversed(children[span["spanId"]]))


def _row(span: Document, depth: int, root: Document, seen: dict[str, int], sought: set[str]) -> Row:
    attributes = span["attributes"]
    operation, name = attributes.get("operationName", ""), span["spanName"]
    # Calls of a model repeat what earlier calls had; an agent's or a tool's messages are shown wherever they stand.
    known = seen if operation == "inference" else None
    inputs = _said(attributes.get("inputMessages", []), known, fold=True)
    outputs = _said(attributes.get("outputMessages", []), known)
    new = [message["values"] for _, message in inputs.shown + outputs.shown]
    return Row(
        span=span,
        depth=min(depth, DEPTH_MAX),
        operation=operation,
        name=name.removeprefix(operation).strip(),
        bar=_bar(span, root),
        gist=_gist(operation, attributes),
        hit=bool(sought) and any(sought <= _words(values) for values in [*new, *_instructions(span)]),
        inputs=inputs,
        outputs=outputs,
    )


def _said(messages: list[Document], seen: dict[str, int] | None, *, fold: bool = False) -> Said:
    """Part messages into those that an earlier call showed, if those are to be folded, and the others.

    What is shown here gets an anchor unless it has one, and is known to later calls; without ``seen`` it gets none.
    """
    said = Said(left_out=max(0, len(messages) - MESSAGES_MAX))
    for message in messages[-MESSAGES_MAX:]:
        earlier = None if seen is None else seen.get(message["messageId"])
        if fold and earlier is not None:
            said.earlier.append((earlier, message))
        elif seen is None or earlier is not None:
            said.shown.append((None, message))
        else:
            said.shown.append((seen.setdefault(message["messageId"], len(seen)), message))
    return said


def _bar(span: Document, root: Document) -> tuple[float, float]:
    begin = root["startTimestamp"]
    extent = root.get("endTimestamp", begin) - begin
    if extent <= 0:
        return 0, 100
    start, end = (
        min(max((time - begin) / extent * 100, 0), 100)
        for time in (span["startTimestamp"], span.get("endTimestamp", begin + extent))
    )
    return round(min(start, 99), 2), round(max(end - start, 1), 2)


def _instructions(span: Document) -> Iterator[list[Document]]:
    """Yield the system instructions as the values of messages: those of the member, and the rest."""
    yield span["attributes"].get("systemInstructions", [])
    yield span.get("systemInstructionsRest", [])


def _words(values: list[Document]) -> set[str]:
    return set(words(searchable_text(fragment(Kind.BOT, msgspec.json.encode(values)))))


def _gist(operation: str, attributes: Document) -> str:
    """Return on one line what a model answered, what a tool made of a call, or what an agent was asked."""
    asked, answered = (attributes.get(name, []) for name in SAID[:2])
    if operation == "invoke_agent":
        return " ".join(line(message) for message in asked[-1:] if message["participant"] == "CUSTOMER")
    told = " ".join(map(line, answered[:MESSAGES_MAX]))
    if operation == "execute_tool":
        told = " → ".join(filter(None, [*map(line, asked[-1:]), told]))
    return told[:GIST_CHARS_MAX]


def line(message: Document) -> str:
    """Return what a message says on one line, cut to be looked at."""
    return " ".join(filter(None, map(_value_line, message["values"])))[:GIST_CHARS_MAX]


def _value_line(value: Document) -> str:
    ((kind, content),) = value.items()
    if kind == "toolUse":
        return f"{content['name']}({compact(content['arguments'])[:GIST_CHARS_MAX]})"
    if kind == "toolResult":
        inner = " ".join(map(_value_line, content["values"]))
        return f"{content['error']} {inner}" if content.get("error") else inner
    return " ".join(content["value"][: 4 * GIST_CHARS_MAX].split())
