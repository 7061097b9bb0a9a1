"""Spans as a tree: whatever parents they name, where they begin and end, and what they said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.viewer.tree import DEPTH_MAX, MESSAGES_MAX, rows


def span(number: int, parent: int | None = None, **members: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    known = {"spanId": str(number), "spanName": f"s{number}", "attributes": {}, "startTimestamp": 100.0 + number}
    return known | ({} if parent is None else {"parentSpanId": str(parent)}) | {"endTimestamp": 110.0} | members


def said(number: int, participant: str = "BOT", **value: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return {
        "messageId": str(number),
        "participant": participant,
        "values": [value or {"text": {"value": f"m{number}"}}],
    }


def call(number: int, inputs: list[dict[str, Any]], operation: str = "inference") -> dict[str, Any]:
    return span(number, attributes={"operationName": operation, "inputMessages": inputs})


def test_children_stand_below_their_parents() -> None:
    """A span comes after its parent, one level deeper, and siblings keep their order."""
    placed = rows([span(1), span(2), span(3, 1), span(4, 2), span(5, 1), span(6, 3)])
    assert [(row.span["spanId"], row.depth) for row in placed] == [
        *(("1", 0), ("3", 1), ("6", 2), ("5", 1)),
        *(("2", 0), ("4", 1)),
    ]


@given(st.lists(st.none() | st.integers(0, 12), max_size=10))
def test_every_span_is_there_once(parents: list[int | None]) -> None:
    """Missing parents, parents of themselves and cycles lose and repeat nothing, and each tree begins at depth 0."""
    placed = rows([span(number, parent) for number, parent in enumerate(parents)])
    assert sorted(int(row.span["spanId"]) for row in placed) == list(range(len(parents)))
    assert [row.depth for row in placed][:1] in ([], [0])


def test_depth_ends_somewhere() -> None:
    """A long chain is indented so far and no further."""
    placed = rows([span(number, number - 1) for number in range(100)])
    assert [row.depth for row in placed[: DEPTH_MAX + 2]] == [*range(DEPTH_MAX + 1), DEPTH_MAX]


@pytest.mark.parametrize(
    ("times", "bar"),
    [
        ({"startTimestamp": 105.0, "endTimestamp": 110.0}, (40.0, 50.0)),
        ({"startTimestamp": 90.0, "endTimestamp": 120.0}, (0, 100)),
        ({"startTimestamp": 115.0, "endTimestamp": 120.0}, (99, 1)),
    ],
)
def test_a_bar_is_the_part_of_its_root(times: dict[str, float], bar: tuple[float, float]) -> None:
    """A span's bar lies where it was in its root's time, within it whatever the clocks say, and can be seen."""
    _, child = rows([span(1), span(2, 1, **times)])
    assert child.bar == pytest.approx(bar, abs=6)


def test_a_running_span_lasts_to_the_end() -> None:
    """A span that has not ended reaches the end of its root; a root that has not ended is a whole bar."""
    root, running = span(1), span(2, 1)
    del running["endTimestamp"]
    assert sum(rows([root, running])[1].bar) == pytest.approx(100)
    del root["endTimestamp"]
    assert [row.bar for row in rows([root, running])] == [(0, 100), (0, 100)]


def test_a_name_adds_to_the_operation() -> None:
    """A span's name is what it says beyond its operation."""
    attributes = {"operationName": "execute_tool"}
    placed = rows([span(1, spanName="execute_tool add", attributes=attributes), span(2, spanName="x")])
    assert [(row.operation, row.name) for row in placed] == [("execute_tool", "add"), ("", "x")]


def test_calls_fold_what_an_earlier_call_showed() -> None:
    """A model's call folds what is known and numbers what is new; agents and tools show all and number nothing."""
    agent, first, second = rows([call(1, [said(1)], "invoke_agent"), call(2, [said(1)]), call(3, [said(1), said(2)])])
    assert (agent.inputs.shown, agent.inputs.earlier) == ([(None, said(1))], [])
    assert first.inputs.shown == [(0, said(1))]
    assert (second.inputs.earlier, second.inputs.shown) == ([(0, said(1))], [(1, said(2))])


def test_long_lists_show_the_newest() -> None:
    """Of more messages than fit the newest are shown, and how many are not."""
    (row,) = rows([call(1, [said(number) for number in range(MESSAGES_MAX + 7)])])
    assert row.inputs.left_out == 7
    assert row.inputs.shown[-1][1]["messageId"] == str(MESSAGES_MAX + 6)


def test_a_gist_tells_what_a_span_is_about() -> None:
    """An agent's is the question, a tool's the call and its result, a model's its answer."""
    use: dict[str, Any] = {"toolUse": {"toolUseId": "u", "name": "add", "arguments": {"a": 1}}}
    result: dict[str, Any] = {
        "toolResult": {"toolUseId": "u", "error": "no", "values": [{"text": {"value": "two\n lines"}}]}
    }
    messages = {"inputMessages": [said(1, "CUSTOMER", **use)], "outputMessages": [said(2, **result)]}
    gists = {
        operation: rows([span(1, attributes=messages | {"operationName": operation})])[0].gist
        for operation in ("invoke_agent", "execute_tool", "inference")
    }
    assert gists == {
        "invoke_agent": 'add({"a": 1})',
        "execute_tool": 'add({"a": 1}) → no two lines',
        "inference": "no two lines",
    }


def test_words_are_hit_where_they_are_new() -> None:
    """A span is hit if a message that it shows in full, or its instructions, hold every word."""
    message = said(1, text={"value": "Größe und Gewicht"})
    told = span(3, attributes={}, systemInstructionsRest=[{"text": {"value": "Gewicht? Grosse!"}}])
    placed = rows([call(1, [message]), call(2, [message]), told], "gewicht GROSSE")
    assert [row.hit for row in placed] == [True, False, True]
