"""Strands Agents: events of the conventions, which it uses its own way on the spans of tools.

A tool's span has the arguments in a ``gen_ai.tool.message`` and the result in a ``gen_ai.choice``, where the
conventions have a tool's answer and a model's. Excluded, with reasons: the usage of an agent's span, which adds up over
the agent's life; ``gen_ai.event.start_time`` and ``.end_time``, which are the span's.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.events import CHOICE
from spanglass.conventions.readers import as_milliseconds, as_raw
from spanglass.telemetry import Attributes, Span

ARGUMENTS: Final = "strands.tool.arguments"
RESULT: Final = "strands.tool.result"
ASKED: Final = "gen_ai.tool.message"


def _tool(span: Span, _keys: tuple[str, ...]) -> Attributes:
    if span.attributes.get("gen_ai.operation.name") != "execute_tool":
        return {}
    made: Attributes = {}
    for event in span.events:
        if event.name == ASKED and "content" in event.attributes:
            made[ARGUMENTS] = event.attributes["content"]
        elif event.name == CHOICE and "message" in event.attributes:
            made[RESULT] = event.attributes["message"]
    return made


MEMBERS: Final[MemberTable] = (
    Member("gen_ai.server.time_to_first_token", "time_to_first_token_ms", as_milliseconds(1)),
    Member(ARGUMENTS, "tool_arguments", as_raw),
    Member(RESULT, "tool_result", as_raw),
)
"""``gen_ai.server.time_to_first_token`` counts milliseconds: as an attribute only Strands writes it, and does so."""

RECURRING: Final = ("gen_ai.agent.tools",)

DIALECT: Final = Dialect(
    "Strands Agents", MEMBERS, RECURRING, (View((ARGUMENTS, RESULT), _tool, events=frozenset({ASKED, CHOICE})),)
)
