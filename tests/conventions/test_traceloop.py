"""What Traceloop puts into the conventions' attributes."""

import pytest

from spanglass.conventions.traceloop import open_arguments, open_result, open_text
from spanglass.telemetry import Value

MESSAGE: dict[str, Value] = {"lc": 1, "kwargs": {"content": "18 C", "tool_call_id": "c"}}


@pytest.mark.parametrize(
    ("told", "opened"),
    [
        ({"input_str": "", "inputs": {"q": 1}, "kwargs": {"tool_call_id": "c"}}, ({"q": 1}, "c")),
        ({"input_str": "", "inputs": None, "kwargs": None}, (None, "")),
        ({"inputs": {}}, None),
        ("x", None),
    ],
)
def test_a_callbacks_arguments_are_taken_out(told: Value, opened: tuple[Value, str] | None) -> None:
    """The arguments and the id of the call stand in the callback; other arguments stay."""
    assert open_arguments(told) == opened


@pytest.mark.parametrize(
    ("told", "opened"),
    [
        ({"output": MESSAGE, "kwargs": {}}, MESSAGE),
        ({"output": {"temperature": 18}}, {"output": {"temperature": 18}}),
        ({"output": "18 C"}, {"output": "18 C"}),
        ("18 C", "18 C"),
    ],
)
def test_a_callbacks_result_is_taken_out(told: Value, opened: Value) -> None:
    """LangChain's message is the result; other results stay."""
    assert open_result(told) == opened


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"reasoningContent": {"a": 1}}', {"reasoningContent": {"a": 1}}),
        ('[{"text": "a"}]', [{"text": "a"}]),
        ('[{"text": broken', '[{"text": broken'),
        ("{}", "{}"),
    ],
)
def test_blocks_written_as_text_are_opened(text: str, told: Value) -> None:
    """Text that begins like a block that the instrumentation does not know is that block; other text stays."""
    assert open_text(text) == told
