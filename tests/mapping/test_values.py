"""Parts as values of the wire."""

import json
from typing import Any

import pytest

from spanglass.conventions.said import Part, Reasoning, Text, ToolResult, ToolUse
from spanglass.mapping.identity import tool_use_id
from spanglass.mapping.values import wire_values
from spanglass.model.constraints import violations


def written(part: Part) -> list[dict[str, Any]]:
    """Return the values of a part; each must be legal."""
    values = [json.loads(value) for value in wire_values(part, 3)]
    for value in values:
        assert violations("SpanMessageValue", value) == []
    return values


C = tool_use_id("c")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (Text("hi"), {"text": {"value": "hi"}}),
        (Reasoning("hm"), {"reasoning": {"value": "hm"}}),
        (ToolUse("c", "look up", {"q": 1}), {"toolUse": {"toolUseId": C, "name": "look up", "arguments": {"q": 1}}}),
        (ToolUse("c", "", [[[[1]]]]), {"toolUse": {"toolUseId": C, "name": "unknown", "arguments": [[["[1]"]]]}}),
        (ToolResult("c", ["a", ""]), {"toolResult": {"toolUseId": C, "values": [{"text": {"value": "a"}}]}}),
        (ToolResult("c", []), {"toolResult": {"toolUseId": C, "values": [{"text": {"value": " "}}]}}),
        (
            ToolResult("c", [], "no"),
            {"toolResult": {"toolUseId": C, "values": [{"text": {"value": "no"}}], "error": "no"}},
        ),
    ],
)
def test_each_part_has_its_value(part: Part, value: dict[str, Any]) -> None:
    """Text, reasoning, use and result; deep arguments end in JSON text, an empty result has a value nonetheless."""
    assert written(part) == [value]


def test_long_texts_take_several_values() -> None:
    """A text or a thought beyond 4,096 characters goes on in further values."""
    text = "word " * 2000
    assert "".join(value["text"]["value"] for value in written(Text(text))) == text
    assert "".join(value["reasoning"]["value"] for value in written(Reasoning(text))) == text
    assert written(Text("")) == []


def test_long_results_take_several_values_of_one_use() -> None:
    """A result of more than ten texts goes on in further results of the same use."""
    results = [value["toolResult"] for value in written(ToolResult("c", [str(number) for number in range(25)]))]
    assert {result["toolUseId"] for result in results} == {C}
    told = [value["text"]["value"] for result in results for value in result["values"]]
    assert told == [str(number) for number in range(25)]


def test_errors_are_cut() -> None:
    """An error has at most 4,096 characters."""
    (value,) = written(ToolResult("c", [], "e" * 5000))
    assert value["toolResult"]["error"] == "e" * 4096
