"""An answer stands in a conversation once, however many spans tell it, and in however many ways."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from spanglass.answers import Turn
from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.store.interface import Store
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import EPOCH_NS, SECOND_NS, ids, message, part, span, span_id
from spanglass.store.testing_viewing import acting
from spanglass.viewer.conversation import ConversationQuery, conversation
from spanglass.viewer.times import uuid_text
from tests.captures import CAPTURES, exported, logged, mapper, truth_path
from tests.truth import expected

Get = Callable[..., Any]
PATH = "/api/assistants/{}/sessions/{}/conversation".format(*map(uuid_text, ids()))
BYTES_MAX = 1 << 20
USE = {"toolUse": {"toolUseId": "call-1", "name": "look", "arguments": {}}}
RESULT = {"toolResult": {"toolUseId": "call-1", "values": [{"text": {"value": "42"}}]}}


def values(*told: dict[str, Any]) -> Fragment:
    return fragment(Kind.BOT, msgspec.json.encode(told))


def text(value: str) -> dict[str, Any]:
    return {"text": {"value": value}}


def agent(number: int, *outputs: Fragment, seconds: int = 60) -> SpanRecord:
    """Return an agent's run that spans the calls of these tests."""
    return span(number, outputs=outputs, end_ns=EPOCH_NS + seconds * SECOND_NS, **acting("invoke_agent"))


def model(number: int, *inputs: Fragment, says: Fragment) -> SpanRecord:
    return span(number, inputs=inputs, outputs=(says,), **acting("inference"))


def told(get: Get) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return who said what: the span and the values."""
    return [(turn["spanId"], turn["values"]) for turn in get(PATH)["turns"] if turn["participant"] == "BOT"]


def conversations(capture: str) -> Iterator[list[Turn]]:
    """Yield what was said in each session of a capture."""
    store = MemoryStore()
    store.write(list(mapper().parts(exported(capture), logged(capture))))
    for found in store.sessions(limit=1000).sessions:
        assistant, session = (uuid.UUID(bytes=each) for each in (found.assistant_id, found.session_id))
        yield conversation(store, BYTES_MAX, ConversationQuery(assistant_id=assistant, session_id=session)).turns


@pytest.mark.parametrize("capture", CAPTURES)
def test_answers_of_real_models_are_told_once(capture: str) -> None:
    """No recorded framework's conversation has an answer, or a call of a tool, more often than the model gave it."""
    calls = expected(truth_path(capture)).calls
    texts = Counter(each[1].strip() for call in calls for _, said in call.outputs for each in said if each[0] == "text")
    for turns in conversations(capture):
        shown = ["".join(value.text.value for value in turn.values if value.text).strip() for turn in turns]
        assert Counter(each for each in shown if each in texts) <= texts
        made = {value.tool_use.tool_use_id for turn in turns for value in turn.values if value.tool_use}
        assert sum(value.tool_use is not None for turn in turns for value in turn.values) == len(made)


@pytest.mark.parametrize("repeated", ["The answer.\n", "The answer."])
def test_an_agent_repeats_its_model(store: Store, get: Get, repeated: str) -> None:
    """The model's telling stays, with what it thought; the agent's goes, whichever of them ended first."""
    thought = values({"reasoning": {"value": "Hm."}}, text("The answer."))
    store.write([part(agent(0, values(text(repeated), USE)), model(1, says=values(USE)), model(2, says=thought))])
    assert told(get) == [
        (uuid_text(span_id(1)), [USE]),
        (uuid_text(span_id(2)), [{"reasoning": {"value": "Hm."}}, text("The answer.")]),
    ]


def test_an_agent_with_words_of_its_own_is_heard(store: Store, get: Get) -> None:
    """What no model said, or said at another time, is the agent's."""
    said = values(text("The answer."))
    store.write([part(agent(0, values(text("My answer."))), agent(1, values(text("The answer. ")), seconds=2))])
    store.write([part(model(5, says=said))])
    assert [heard for _, heard in told(get)] == [[text("The answer. ")], [text("The answer.")], [text("My answer.")]]


@pytest.mark.parametrize("first", [values(USE), values(text("Let me see."))])
def test_the_fuller_telling_stands_for_the_first(store: Store, get: Get, first: Fragment) -> None:
    """A history that has the text and the calls completes the answer that had one of them, where that was given."""
    whole = values(text("Let me see."), USE)
    asked = message("How many?")
    answer = values(text("42."))
    store.write([part(model(1, asked, says=first), model(3, asked, whole, values(RESULT), says=answer))])
    turns = get(PATH)["turns"]
    assert [turn["values"] for turn in turns[1:]] == [[text("Let me see."), USE], [text("42.")]]
    assert (turns[1]["spanId"], turns[1]["output"]) == (uuid_text(span_id(1)), True)
    assert turns[1]["calls"][0]["result"]["values"] == [text("42")]


def test_tools_that_run_before_the_answer_ends_are_its_calls(store: Store, get: Get) -> None:
    """A tool's span tells its call earlier than the model's, which tells all of it."""
    ran = span(2, inputs=(values(USE),), outputs=(values(RESULT),), **acting("execute_tool"))
    own = Members(b'"status":"OK"')
    slow = span(
        1,
        outputs=(values(text("Let me see."), USE),),
        end_ns=EPOCH_NS + 9 * SECOND_NS,
        **acting("inference") | {"own": own},
    )
    store.write([part(slow, ran)])
    (turn,) = get(PATH)["turns"]
    assert (turn["spanId"], turn["values"]) == (uuid_text(span_id(1)), [text("Let me see."), USE])
    assert turn["calls"][0]["spanId"] == uuid_text(span_id(2))
