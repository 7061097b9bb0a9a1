"""Messages as fragments."""

import json

from spanglass.conventions.said import Message, Text, ToolResult, ToolUse
from spanglass.mapping.identity import tool_use_id
from spanglass.mapping.utterances import utterances
from spanglass.model.record import Kind

ASK, ANSWER = ToolUse("c", "look_up", {}), ToolResult("c", ["yes"])


def test_a_persons_message_with_results_is_two() -> None:
    """Providers put tool results into a user's message; the bot says those, the customer the rest."""
    said = utterances(Message("CUSTOMER", [ANSWER, Text("And now?")]), 8)
    assert [(one.kind, one.turn) for one in said] == [(Kind.BOT, "results"), (Kind.CUSTOMER, "")]
    assert said[0].results == (tool_use_id("c"),)


def test_a_bots_message_tells_what_it_uses() -> None:
    """The ids of uses come with the emitter's; a bot's own results are another turn."""
    said = utterances(Message("BOT", [Text("So."), ASK, ANSWER]), 8)
    assert [one.turn for one in said] == ["answer", "results"]
    assert said[0].uses == ((tool_use_id("c"), "c"),)


def test_system_messages_stay_together() -> None:
    """Whatever a system message holds is an instruction."""
    (said,) = utterances(Message("SYSTEM", [ANSWER]), 8)
    assert said.kind is Kind.SYSTEM


def test_more_than_ten_values_make_several_messages() -> None:
    """The service model's messages have at most ten values."""
    (said,) = utterances(Message("BOT", [Text(str(number)) for number in range(23)]), 8)
    assert [len(json.loads(one.json)) for one in said.fragments] == [10, 10, 3]


def test_nothing_said_is_no_utterance() -> None:
    """A message without parts, or of empty ones, is none."""
    assert utterances(Message("BOT", []), 8) == ()
    assert utterances(Message("BOT", [Text("")]), 8) == ()
