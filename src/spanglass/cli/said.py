"""What was said, for people: turns of a conversation, and the messages of a span."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET

from spanglass.answers import Call, Turn
from spanglass.cli.figures import clock
from spanglass.cli.output import STATUS_STYLES, Output
from spanglass.cli.visible import one_line
from spanglass.model.message import SpanMessage, SpanMessageValue

PARTICIPANT_STYLES: Final = {"CUSTOMER": "bold green", "AGENT": "bold yellow", "BOT": "bold blue"}
INDENT: Final = 2


def tell_turn(turn: Turn, output: Output) -> None:
    """Print one turn of a conversation, under a line that says whose it is."""
    output.line()
    who = turn.participant if turn.participant is not UNSET else turn.kind
    speaks = turn.output is not False
    more = [one_line(each) for each in (turn.agent, turn.model) if each is not UNSET and speaks]
    course = [
        f"{word} {one_line(each)}"
        for word, each in (("to", turn.target_agent_id), ("returned", turn.return_reason))
        if each is not UNSET
    ]
    failed = turn.status_description if turn.status_description is not UNSET else turn.status
    output.line(
        (clock(turn.timestamp), "dim"),
        "  ",
        (who, PARTICIPANT_STYLES.get(who, "bold magenta")),
        ("".join(f"  {each}" for each in (*more, *course)), "dim"),
        ("  interrupted" if turn.interrupted is True else "", "magenta"),
        (f"  {one_line(str(failed))}" if turn.status not in {UNSET, "OK"} else "", STATUS_STYLES["ERROR"]),
    )
    for assessment in turn.guardrail_assessments if turn.guardrail_assessments is not UNSET else ():
        output.line(" " * INDENT, (f"guardrail: {msgspec.json.encode(assessment).decode()}", "magenta"))
    calls = {} if turn.calls is UNSET else {call.tool_use_id: call for call in turn.calls}
    tell_values(turn.values, output, INDENT, calls)


def tell_message(message: SpanMessage, output: Output) -> None:
    """Print one message of a span."""
    output.line(
        (message.participant, PARTICIPANT_STYLES[message.participant]), (f"  {clock(message.timestamp)}", "dim")
    )
    tell_values(message.values, output, INDENT)


def tell_values(
    values: Iterable[SpanMessageValue], output: Output, indent: int, calls: dict[str, Call] | None = None
) -> None:
    """Print what was said; calls of tools with their results, where those are known."""
    for value in values:
        if value.text is not None:
            output.text(value.text.value, indent)
            for citation in value.text.citations or ():
                output.line(" " * indent, (f"cites {one_line(citation.title or citation.content_id or '')}", "dim"))
        elif value.reasoning is not None:
            output.line(" " * indent, ("thinks", "dim"))
            output.text(value.reasoning.value, indent + INDENT)
        elif (use := value.tool_use) is not None:
            arguments = one_line(msgspec.json.encode(use.arguments).decode())
            output.line(" " * indent, ("→ ", "green"), (one_line(use.name), "bold"), f" {arguments}")
            result = None if calls is None or use.tool_use_id not in calls else calls[use.tool_use_id].result
            if result is not None and result is not UNSET:
                _tell_result(result.values, result.error or None, output, indent + INDENT)
        elif (told := value.tool_result) is not None:
            output.line(" " * indent, ("←", "green"))
            _tell_result(told.values, told.error, output, indent + INDENT)


def _tell_result(values: Iterable[SpanMessageValue], error: str | None, output: Output, indent: int) -> None:
    values = list(values)
    if error and not any(value.text is not None and error in value.text.value for value in values):
        output.line(" " * indent, (one_line(error), STATUS_STYLES["ERROR"]))
    tell_values(values, output, indent)
