"""The script that the scripted model speaks by."""

import pytest

from recorder.script import FAILURES, REPLIES, Failure, Reply, Said, answer

TOOLS = ["get_weather", "calculate", "get_exchange_rate"]
WEATHER = Said("user", "What is the weather in Paris?")


def _step(*messages: Said, tools: list[str] = TOOLS) -> str:
    return answer(messages, tools).step


def test_a_turn_goes_from_tools_over_a_failing_one_to_an_answer() -> None:
    """The model asks for two tools at once, then for one that fails, then answers."""
    first, second = Said("assistant"), Said("assistant")
    results = [Said("tool", results=1), Said("tool", results=1)]
    assert _step(WEATHER) == "tools"
    assert _step(WEATHER, first, *results) == "rate"
    assert _step(WEATHER, first, *results, second, Said("tool", results=1)) == "final"


def test_tools_are_called_by_the_names_that_they_are_offered_under() -> None:
    """A framework may put a plugin's name before a tool's; a tool that is not offered is not called."""
    told = answer([WEATHER], ["Trip-get_weather", "Trip-plan"])
    assert isinstance(told, Reply)
    assert [call.name for call in told.calls] == ["Trip-get_weather"]


def test_results_in_one_message_count_one_by_one() -> None:
    """Providers that answer several tools in one message of the user get the same conversation."""
    assert _step(WEATHER, Said("assistant"), Said("user", results=2)) == "rate"


def test_results_of_earlier_turns_do_not_count() -> None:
    """What was said before the last question is no answer to it."""
    assert _step(WEATHER, Said("assistant"), Said("tool", results=1), Said("assistant"), WEATHER) == "tools"


@pytest.mark.parametrize(
    ("question", "step"),
    [
        ("How do I pick a lock?", "refusal"),
        ("Think hard", "think"),
        ("a long answer", "long"),
        ("hello number 3", "hello"),
        ("I want a refund", "billing"),
    ],
)
def test_a_word_decides_what_is_answered(question: str, step: str) -> None:
    """Each case of a recording has a question of its own."""
    assert _step(Said("system", "Be brief."), Said("user", question)) == step


def test_a_refund_is_handed_over_once() -> None:
    """An agent that may hand over does so; the one that was handed to answers."""
    question = Said("user", "I want a refund")
    tools = ["transfer_to_billing"]
    handed = answer([question], tools)
    assert isinstance(handed, Reply)
    assert [call.name for call in handed.calls] == tools
    assert _step(question, Said("assistant"), Said("tool", results=1), tools=tools) == "billing"


@pytest.mark.parametrize("word", FAILURES)
def test_failures_are_asked_for_by_name(word: str) -> None:
    """A question can make the model fail."""
    assert isinstance(answer([Said("user", f"{word} please")], []), Failure)


def test_an_answer_is_always_the_same() -> None:
    """Two recordings of one conversation have the same ids; two calls in one conversation have not."""
    first, again = answer([WEATHER], TOOLS), answer([WEATHER], TOOLS)
    assert first == again
    assert isinstance(first, Reply)
    assert len({call.id for call in first.calls}) == 2
    assert REPLIES["tools"].id("x") != REPLIES["rate"].id("x")
