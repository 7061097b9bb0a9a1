"""Telemetry for tests: spans with what a test cares about, and spans as wild as they come."""

import json
import math
import random
from typing import Any, Final

from spanglass.conventions import DIALECTS
from spanglass.conventions.messages import READERS, ROLES
from spanglass.conventions.sessions import RANKS
from spanglass.conventions.spanglass import ASSISTANT
from spanglass.telemetry import Attributes, Event, Link, Resource, Scope, Span, Value

RESOURCE: Final = Resource({"service.name": "shop"})
SCOPE: Final = Scope("tests", "1")
TRACE: Final = bytes(range(16))


def span(number: int = 1, attributes: Attributes | None = None, **fields: Any) -> Span:  # noqa: ANN401 (any field)
    """Return a span of the trace ``TRACE`` whose id is a number, begun and ended by it unless told otherwise."""
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": number.to_bytes(8),
        "resource": RESOURCE,
        "scope": SCOPE,
        "name": f"span {number}",
        "start_ns": number * 1_000_000_000,
        "end_ns": number * 1_000_000_000 + 500_000_000,
        "attributes": attributes or {},
    }
    return Span(**given | fields)


def chat(number: int = 1, inputs: object = None, outputs: object = None, /, **fields: Any) -> Span:  # noqa: ANN401
    """Return a span of a call of a model, messages as the conventions' JSON."""
    attributes: Attributes = {"gen_ai.operation.name": "chat"}
    if inputs is not None:
        attributes["gen_ai.input.messages"] = inputs if isinstance(inputs, str) else json.dumps(inputs)
    if outputs is not None:
        attributes["gen_ai.output.messages"] = outputs if isinstance(outputs, str) else json.dumps(outputs)
    return span(number, attributes | fields.pop("attributes", {}), **fields)


def said(role: str, *parts: object) -> dict[str, object]:
    """Return a message in the conventions' form; a text stands for a part of text."""
    return {"role": role, "parts": [_part(part) for part in parts]}


def _part(part: object) -> object:
    return {"type": "text", "content": part} if isinstance(part, str) else part


def use(call: str, name: str = "look_up", **arguments: object) -> dict[str, object]:
    """Return a part that uses a tool."""
    return {"type": "tool_call", "id": call, "name": name, "arguments": arguments}


def result(call: str, response: object = "found") -> dict[str, object]:
    """Return a part that answers a use."""
    return {"type": "tool_call_response", "id": call, "response": response}


# Wild telemetry ------------------------------------------------------------------------------------------------------

_VIEWS: Final = [view for dialect in DIALECTS for view in dialect.views]
_EVENTS: Final = ["exception", "?", *sorted({name for view in _VIEWS for name in view.events})]
_KEYS: Final = sorted(
    {name for dialect in DIALECTS for member in dialect.members for name in member.spellings}
    | {name for dialect in DIALECTS for name in dialect.recurring}
    | {f"{name}{n}.role" if name.endswith(".") else name for view in _VIEWS for name in view.of for n in range(2)}
    | {f"{name}0.message.content" for view in _VIEWS for name in view.of if name.endswith(".")}
    | set(RANKS)
    | set(ASSISTANT)
)
_CONTENT: Final = ["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"]
_OPERATIONS: Final[list[Value]] = ["chat", "execute_tool", "invoke_agent", "plan", "", 3]
_FIELDS: Final = sorted({field for known, _ in READERS.values() for field in known} | {"uri", "file_id", "mime_type"})
_SCALARS: Final[list[Value]] = [
    *("", " ", "None", "chat", "-1", "7", "1e999", "NaN", "[]", "{}", "a\nb", "\ud800", "\ud83d\ude00", "é\u0301" * 3),
    *(
        "x" * 4097,
        "line\n" * 900,
        '["stop"]',
        '{"a":',
        '"18 C"',
        '[{"text":"18 C"}]',
        '{"reasoningContent":1}',
        '[{"text"',
    ),
    *(None, True, False, 0, 1, -1, 2**31, 10**1300, -(2**80), 0.5, -0.0, 1e308, math.nan, math.inf, -math.inf),
    *(b"", b"\xff\x00"),
]
_BROKEN: Final = [
    "[" * 5000,
    "[NaN]",
    '["\\ud800"]',
    '{"a":1,"a":2}',
    "[1,]",
    "9" * 5000,
    "[1e999]",
    "[[",
    "[]",
    " [ ] ",
]


class Wild:
    """Makes telemetry of any kind: right, nearly right and broken; one seed makes one sequence of it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (nothing secret)

    def spans(self) -> list[Span]:
        """Return a few spans of two traces, some of one id."""
        return [self._span() for _ in range(self._random.randrange(6))]

    def value(self, depth: int = 3) -> Value:
        """Return a value of any kind."""
        kind = self._random.randrange(6) if depth else 5
        if kind == 0:
            return [self.value(depth - 1) for _ in range(self._random.randrange(4))]
        if kind == 1:
            return {self._text(): self.value(depth - 1) for _ in range(self._random.randrange(4))}
        return self._random.choice(_SCALARS)

    def message(self) -> Value:
        """Return an element of a list of messages."""
        pick = self._random.choice
        message: dict[str, Value] = {"role": pick([*ROLES, "?", ""])}
        message[pick(["parts", "parts", "parts", "content"])] = [
            self._part() for _ in range(self._random.randrange(14))
        ]
        if self._random.random() < 0.3:
            message[pick(["name", "tool_calls", "tool_call_id", "finish_reason", "parts"])] = self.value()
        return pick([message, message, message, self.value()])

    def _part(self) -> Value:
        part: dict[str, Value] = {self._random.choice(_FIELDS): self.value() for _ in range(self._random.randrange(4))}
        kind = self._random.choice([*READERS, "text", "tool_call", "tool_call_response", "blob", "?", None])
        return self._random.choice([part | {"type": kind}, part | {"type": kind}, part, self.value()])

    def _messages(self) -> Value:
        """Return messages as structure, as its text, or as text that is broken."""
        told: list[Value] = [self.message() for _ in range(self._random.randrange(5))] * self._random.choice(
            [1, 1, 1, 12]
        )
        form = self._random.randrange(6)
        if form == 0:
            return told
        return (
            self._random.choice(_BROKEN) if form == 1 else json.dumps(told, default=repr)[: -1 if form == 2 else None]
        )

    def _text(self) -> str:
        return self._random.choice([text for text in _SCALARS if isinstance(text, str)])

    def attributes(self) -> Attributes:
        """Return attributes of all dialects, and of none."""
        told: Attributes = {"gen_ai.operation.name": self._random.choice(_OPERATIONS)}
        for _ in range(self._random.randrange(8)):
            told[self._random.choice([*_KEYS, self._text()])] = self.value()
        for key in self._random.sample(_CONTENT, self._random.randrange(3)):
            told[key] = self._messages()
        return told

    def _span(self) -> Span:
        below, pick = self._random.randrange, self._random.choice
        return Span(
            pick([TRACE, TRACE, TRACE[::-1]]),
            below(4).to_bytes(8),
            Resource(self.attributes(), self._text()),
            Scope(self._text(), self._text(), self.attributes(), self._text()),
            self._text(),
            pick([b"", below(5).to_bytes(8)]),
            below(7),
            pick([below(10), below(2**65), -1]),
            pick([below(10), below(2**65), 0]),
            self.attributes(),
            [Event(pick(_EVENTS), below(2**64), self.attributes(), below(2)) for _ in range(below(3))],
            [Link(TRACE, below(4).to_bytes(8), self._text(), self.attributes()) for _ in range(below(2))],
            below(4),
            self._text(),
            self._text(),
            below(1000),
            below(2),
        )
