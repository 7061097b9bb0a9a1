"""Arrays of messages: what they become, and that a short cut is no other way."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.mapping.conversation import Conversations, Thread
from spanglass.mapping.identity import tool_use_id
from spanglass.model.record import PARTICIPANTS, fragment
from spanglass.telemetry import Value
from tests.telemetry import Wild, result, said, use


def conversations(memo_bytes_max: int = 1 << 20) -> Conversations:
    """Return conversations that remember nothing yet."""
    return Conversations(memo_bytes_max, 64)


def heard(*messages: object) -> Thread:
    """Map input messages on their own."""
    return conversations().inputs(json.dumps(messages), "s")


def shown(thread: Thread) -> list[tuple[str, list[str]]]:
    """Return who says what; tools by the first letters of their members."""
    return [(PARTICIPANTS[one.kind], [_brief(value) for value in json.loads(one.json)]) for one in thread.fragments]


def _brief(value: dict[str, Any]) -> str:
    ((kind, member),) = value.items()
    return member["value"] if kind == "text" else f"{kind} {member['toolUseId'][:4]}"


A, B = tool_use_id("a"), tool_use_id("b")


def test_results_of_one_answer_are_one_message() -> None:
    """One message a tool, or one for all: it is the same conversation."""
    asked = said("assistant", "Let me see.", use("a"), use("b"))
    apart = heard(said("user", "Hi"), asked, said("tool", result("a")), said("tool", result("b")))
    together = heard(said("user", "Hi"), asked, said("user", result("a"), result("b")))
    assert apart.fragments == together.fragments
    assert shown(together)[2] == ("BOT", [f"toolResult {A[:4]}", f"toolResult {B[:4]}"])


def test_items_of_one_answer_are_one_message() -> None:
    """The Responses API's items come as one message each from some emitters."""
    apart = heard(said("assistant", "Let me see."), said("assistant", use("a")), said("assistant", use("b")))
    assert apart.fragments == heard(said("assistant", "Let me see.", use("a"), use("b"))).fragments


def test_what_persons_say_is_not_joined() -> None:
    """A customer's two messages are two; so are an agent's."""
    assert (
        len(heard(said("user", "Hi"), said("user", "Hello?"), said("human_agent", "a"), said("agent", "b")).fragments)
        == 4
    )


def test_several_choices_are_not_joined() -> None:
    """Answers to choose from are messages of their own."""
    told = json.dumps([said("assistant", "One."), said("assistant", "Two.")])
    assert len(conversations().outputs(told, Thread(), choices=False).fragments) == 1
    assert len(conversations().outputs(told, Thread(), choices=True).fragments) == 2


def test_a_repeated_message_has_its_own_name() -> None:
    """The n-th "yes" of a conversation is another message than the first, counted over inputs and outputs."""
    mapping = conversations()
    inputs = mapping.inputs(json.dumps([said("user", "yes"), said("assistant", "ok"), said("user", "yes")]), "s")
    outputs = mapping.outputs(json.dumps([said("assistant", "ok")]), inputs, choices=False)
    first, ok, second = inputs.fragments
    assert second == fragment(first.kind, first.json, 1)
    assert outputs.fragments == (fragment(ok.kind, ok.json, 1),)


def test_joined_messages_are_counted_as_what_they_became() -> None:
    """What a message was before its neighbour continued it does not count."""
    again = heard(said("assistant", "a"), said("assistant", "b"), said("user", "?"), said("assistant", "a"))
    (first,) = heard(said("assistant", "a")).fragments
    assert again.fragments[-1] == first


def test_an_answer_is_the_same_message_in_the_next_call() -> None:
    """An output and its repetition among the next inputs are one fragment, with or without finish reason."""
    mapping = conversations()
    answer = said("assistant", "Hello.", use("a"))
    (output,) = mapping.outputs(json.dumps([answer | {"finish_reason": "stop"}]), Thread(), choices=False).fragments
    assert mapping.inputs(json.dumps([answer]), "s").fragments == (output,)


def test_a_finish_reason_elsewhere_is_content() -> None:
    """Arguments that have a finish reason, too, are not mistaken for the message's."""
    mapping = conversations()
    answer = said("assistant", use("a", finish_reason="x"))
    mapping.outputs(json.dumps([answer | {"finish_reason": "stop"}]), Thread(), choices=False)
    again = mapping.inputs(json.dumps([answer]), "s")
    assert json.loads(again.fragments[0].json)[0]["toolUse"]["arguments"]["finish_reason"] == "x"


def test_system_messages_are_instructions() -> None:
    """A system message is none of the conversation's."""
    thread = heard(said("system", "Be brief."), said("user", "Hi"), said("developer", "Please."))
    assert shown(thread) == [("CUSTOMER", ["Hi"])]
    assert thread.system == (b'{"text":{"value":"Be brief."}}', b'{"text":{"value":"Please."}}')


def test_results_with_other_ids_answer_in_order() -> None:
    """Where an emitter names the call differently in use and result, the order pairs them."""
    thread = heard(
        said("assistant", use("fc_1"), use("fc_2"), use("fc_3")),
        said("tool", result("fc_2")),
        said("tool", result("call_1"), result("call_3"), result("call_1")),
        said("tool", result("call_9")),
    )
    names = [f"toolResult {tool_use_id(name)[:4]}" for name in ("fc_2", "fc_1", "fc_3", "fc_1", "call_9")]
    assert shown(thread)[1] == ("BOT", names)


def test_a_late_result_answers_its_own_use() -> None:
    """A result that comes after another answer is paired by its id all the same."""
    thread = heard(
        said("assistant", use("a")), said("user", "!"), said("assistant", use("b")), said("tool", result("a"))
    )
    assert shown(thread)[-1] == ("BOT", [f"toolResult {A[:4]}"])


def test_a_message_that_loses_something_is_kept_as_it_came() -> None:
    """Beside the fragment stands the message, under the fragment's key."""
    image = {"role": "user", "parts": [{"type": "uri", "uri": "https://a/b.png", "modality": "image"}]}
    thread = heard(said("user", "Hi"), image)
    (kept,) = thread.verbatim
    assert json.loads(kept.json) == {"messages": {thread.fragments[1].key.hex(): image}}
    (silent,) = heard({"role": "user", "parts": [], "name": "Ann"}).verbatim
    assert json.loads(silent.json)["messages"].popitem()[1]["name"] == "Ann"


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, []),
        ("hello", ["hello"]),
        ("[broken", ["[broken"]),
        ('{"role":"user","parts":[{"type":"text","content":"hi"}]}', ["hi"]),
        ('["\\ud800", NaN]', ["\ufffd", "NaN"]),
        ([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}, b"x"], ["hi"]),
        (7, ["7"]),
        ("[" * 5000, ["[" * 4096, "[" * 904]),
        (f"[{'9' * 4500}]", ["9" * 4096, "9" * 404]),
    ],
)
def test_content_of_any_form_is_shown(value: Value, texts: list[str]) -> None:
    """Structure, JSON text, a message alone, or what is no JSON at all: it is said by the customer."""
    thread = conversations().inputs(value, "s")
    assert [text for _, said_ in shown(thread) for text in said_] == texts


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('["a"]', '["a","b"]'),
        ('["a"]', '["a" , "b"]'),
        ('["a"]', '["a"]'),
        ('["a"]', '["a",]'),
        ('["a"]', '["a""b"]'),
        ("[1]", "[12]"),
        ("[]", '["a"]'),
        ('x ["a"]', 'x ["a","b"]'),
        ('["a"] ', '["a","b"]'),
        ('["a"]', '["b","a"]'),
    ],
)
def test_an_array_that_goes_on_is_mapped_as_if_alone(first: str, second: str) -> None:
    """What is remembered of an array does not show in one that begins alike."""
    mapping = conversations()
    mapping.inputs(first, "s")
    assert shown(mapping.inputs(second, "s")) == shown(conversations().inputs(second, "s"))


@given(st.integers(0, 2**32), st.integers(0, 4))
def test_any_array_that_goes_on_is_mapped_as_if_alone(seed: int, places: int) -> None:
    """Growing arrays of any messages, several at a time, are mapped as each would be alone."""
    wild = Wild(seed)
    mapping = conversations()
    arrays: list[list[Value]] = [[] for _ in range(places + 1)]
    for step in range(12):
        array = arrays[step % len(arrays)]
        array.append(wild.message())
        text = json.dumps(array, default=repr)
        alone, remembered = conversations().inputs(text, "s"), mapping.inputs(text, "s")
        assert alone.fragments == remembered.fragments
        assert alone.system == remembered.system
        assert alone.verbatim == remembered.verbatim
        assert alone.shown_from() == remembered.shown_from()


def turns(count: int) -> list[object]:
    """Return a conversation of questions, uses, results and answers."""
    return [
        message
        for turn in range(count)
        for message in (said("user", f"q{turn}"), said("assistant", use(f"c{turn}")), said("tool", result(f"c{turn}")))
    ]


@pytest.mark.parametrize(
    ("messages", "first"),
    [
        (turns(16), 0),
        (turns(17), 1),
        ([*turns(17), said("user", "!")], 3),
        ([*turns(17), said("user", "!"), said("agent", "?")], 3),
    ],
)
def test_the_newest_messages_are_shown(messages: Sequence[object], first: int) -> None:
    """At most fifty are shown, none of them a result without its use."""
    thread = heard(*messages)
    assert thread.shown_from() == first
    assert len(thread.fragments) - first <= 50
