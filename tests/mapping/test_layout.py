"""Attributes sorted by what is done with them."""

from spanglass.mapping.layout import LAYOUTS_MAX, Layout, Layouts, read
from spanglass.mapping.tables import KEYS_MAX, Tables
from spanglass.telemetry import Attributes, Scope
from tests.telemetry import span


def layout_of(attributes: Attributes) -> Layout:
    """Return the layout of a span with attributes that no view is made of."""
    told, layout = Layouts().of(span(1, attributes))
    assert told.attributes == attributes
    return layout


def test_the_best_attribute_that_says_something_fills_a_member() -> None:
    """The newest spelling wins, unless it says nothing; our own attribute wins over all."""
    attributes = Attributes(
        {
            "gen_ai.system": "old",
            "gen_ai.provider.name": "None",
            "gen_ai.request.model": "m",
            "spanglass.requestModel": "own",
        }
    )
    layout = layout_of(attributes)
    assert read(layout.recurring_claims, attributes) == {"provider_name": "old", "request_model": "own"}


def test_attributes_are_recurring_own_or_content() -> None:
    """What differs from call to call is a span's own, as is what nobody knows; content is neither."""
    layout = layout_of(
        {
            "server.address": "a",
            "gen_ai.request.seed": 7,
            "gen_ai.usage.input_tokens": 1,
            "app.note": "x",
            "gen_ai.input.messages": "[]",
            "session.id": "s",
            "gen_ai.conversation.id": "c",
        }
    )
    assert layout.recurring_keys == ("server.address", "gen_ai.request.seed", "session.id", "gen_ai.conversation.id")
    assert layout.own_keys == ("gen_ai.usage.input_tokens", "app.note")
    assert [(member, [key for key, _ in keys]) for member, keys in layout.content] == [
        ("input_messages", ["gen_ai.input.messages"])
    ]
    assert list(layout.sessions) == ["session.id", "gen_ai.conversation.id"]
    assert not layout.assistant


def test_content_that_nothing_else_holds_is_left_over() -> None:
    """All spellings of a lossy member are kept, and all but the best of any other."""
    attributes: Attributes = {
        "tool_arguments": "{}",
        "gen_ai.tool.call.arguments": "{}",
        "gen_ai.tool.call.result": "x",
    }
    layout = layout_of(attributes)
    content, best = layout.read_content(attributes)
    assert content == {"tool_arguments": "{}", "tool_result": "x"}
    assert layout.leftover(best, ()) == ("tool_arguments",)
    assert layout.leftover(best, ("tool_result",)) == ("tool_arguments", "gen_ai.tool.call.result")
    assert layout_of({}).leftover({}, ("tool_result",)) == ()


def test_what_the_best_holds_is_not_left_over_for_another_made_of_the_same() -> None:
    """Of two views of the same attributes, what the better one's messages hold whole need not be kept for the other."""
    attributes: Attributes = {
        "input.value": '{"contents": [{"role": "user", "parts": [{"text": "a"}]}]}',
        "llm.input_messages.0.message.role": "tool",
        "llm.input_messages.0.message.content": "1",
    }
    told, layout = Layouts().of(span(1, attributes, scope=Scope("gcp.vertex.agent")))
    _, best = layout.read_content(told.attributes)
    assert best["input_messages"] == "google_adk.contents"
    assert layout.leftover(best, ("tool_arguments",)) == ("input.value",)
    assert {*layout.leftover(best, ("input_messages",))} == attributes.keys() - {"input.value"}


def test_content_that_says_nothing_gives_way() -> None:
    """An attribute without a value is kept, and the next one says what it does not."""
    attributes: Attributes = {"gen_ai.tool.call.arguments": None, "tool_arguments": "{}"}
    content, best = layout_of(attributes).read_content(attributes)
    assert (content, best) == ({"tool_arguments": "{}"}, {"tool_arguments": "tool_arguments"})
    assert layout_of(attributes).leftover(best, ()) == ("gen_ai.tool.call.arguments",)


def test_values_are_picked_as_a_tuple() -> None:
    """Whether there are none, one or several."""
    several: list[Attributes] = [{}, {"user.id": 1}, {"user.id": 1, "server.port": 2}]
    for told in several:
        assert layout_of(told).recurring(told) == tuple(told.values())


def test_layouts_are_remembered_up_to_a_bound() -> None:
    """Equal keys have one layout; endless new ones do not add up."""
    layouts = Layouts()
    assert layouts.of(span(1, {"a": 1}))[1] is layouts.of(span(2, {"a": 2}))[1]
    for number in range(LAYOUTS_MAX + 5):
        layouts.of(span(1, {str(number): 1}))
    assert len(layouts._known) <= LAYOUTS_MAX
    assert len(layouts._views) <= LAYOUTS_MAX


def test_names_are_remembered_up_to_a_bound() -> None:
    """What views an attribute is for is found out once; endless new names do not add up, and change nothing."""
    tables = Tables()
    names = [f"llm.input_messages.{number}.message.role" for number in range(KEYS_MAX + 5)]
    before = tables.views_of_keys(names[:1])
    assert [len(keys) for _, keys in tables.views_of_keys(names)] == [len(names)] * len(before)
    assert len(tables._known) <= KEYS_MAX
    assert tables.views_of_keys(names[:1]) == before
