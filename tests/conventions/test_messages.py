"""One message, in all the forms that emitters put into the conventions' attributes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.conventions.messages import read_arguments, read_message, read_result
from spanglass.conventions.plain import encode
from spanglass.conventions.said import Message, Part, Reasoning, Text, ToolResult, ToolUse
from spanglass.conventions.standard import read_standard
from spanglass.telemetry import Value
from tests.telemetry import Wild

USE = ToolUse("c", "look_up", {"q": 1})


def parts(*told: Value, role: str = "assistant") -> list[Part]:
    """Return the parts that a message of them has."""
    return read_message({"role": role, "parts": list(told)}, "CUSTOMER").parts


@pytest.mark.parametrize(
    ("role", "who"),
    [
        ("user", "CUSTOMER"),
        ("Human", "CUSTOMER"),
        ("assistant", "BOT"),
        ("model", "BOT"),
        ("tool", "BOT"),
        ("tool-response", "BOT"),
        ("developer", "SYSTEM"),
        ("human_agent", "AGENT"),
        ("?", "AGENT"),
        (None, "AGENT"),
        (7, "AGENT"),
    ],
)
def test_roles_name_who_speaks(role: Value, who: str) -> None:
    """The conventions' and the providers' roles are known; for others the default speaks."""
    assert read_message({"role": role, "parts": ["hi"]}, "AGENT").role == who


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"type": "text", "content": "hi"}, Text("hi")),
        ({"type": "output_text", "text": "hi"}, Text("hi")),
        ({"type": "refusal", "refusal": "no"}, Text("no")),
        ({"type": "refusal", "content": {"refusal": "no", "type": "refusal"}}, Text("no")),
        ({"text": "hi"}, Text("hi")),
        ("hi", Text("hi")),
        (7, Text("7")),
        ({"type": "reasoning", "content": "hm"}, Reasoning("hm")),
        ({"type": "thinking", "thinking": "hm"}, Reasoning("hm")),
        ({"type": "reasoning", "content": '[{"text": "h", "type": "summary_text"}, {"text": "m"}]'}, Reasoning("hm")),
        ({"type": "text", "content": '{"reasoningContent": {"reasoningText": {"text": "hm"}}}'}, Reasoning("hm")),
        ({"reasoningContent": {"reasoningText": {"text": "hm"}}}, Reasoning("hm")),
        ({"reasoningContent": "hm"}, Reasoning("hm")),
        ({"type": "tool_call", "id": "c", "name": "look_up", "arguments": {"q": 1}}, USE),
        ({"type": "tool_call", "id": "c", "name": "look_up", "arguments": '{"q": 1}'}, USE),
        ({"type": "tool_use", "id": "c", "name": "look_up", "input": {"q": 1}}, USE),
        ({"toolUse": {"toolUseId": "c", "name": "look_up", "input": {"q": 1}}}, USE),
        ({"type": "function", "id": "c", "function": {"name": "look_up", "arguments": '{"q": 1}'}}, USE),
        ({"type": "function_call", "call_id": "c", "name": "look_up", "arguments": '{"q": 1}'}, USE),
        ({"type": "server_tool_call", "id": "c", "name": "look_up", "server_tool_call": {"q": 1}}, USE),
        ({"type": "tool_call_response", "id": "c", "response": "yes"}, ToolResult("c", ["yes"])),
        ({"type": "tool_call_response", "id": "c", "result": 391}, ToolResult("c", ["391"])),
        ({"type": "tool_call_response", "id": "c", "response": [{"text": "a"}, {"json": {"b": 1}}]},
         ToolResult("c", ["a", '{"b":1}'])),
        ({"type": "tool_result", "tool_use_id": "c", "content": "no", "is_error": True}, ToolResult("c", ["no"], "no")),
        ({"toolResult": {"toolUseId": "c", "content": [{"text": "no"}], "status": "error"}},
         ToolResult("c", ["no"], "no")),
        ({"type": "function_call_output", "call_id": "c", "output": "yes"}, ToolResult("c", ["yes"])),
    ],
)  # fmt: skip
def test_parts_of_all_forms_are_read(told: Value, part: Part) -> None:
    """The conventions' parts, those of the providers' APIs, and what emitters make of either."""
    assert parts(told) == [part]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"type": "blob", "mime_type": "image/png", "content": "aGk="},
         "[image/png, 2 B, sha256 8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4]"),
        ({"type": "blob", "modality": "image", "content": "?" * 12_345},
         "[image, 12 kB, sha256 111a4420d8f2ac31ea0cfe9a4fbbdecb5899f5eb1a1d8ee549f5fb4701b7dc5a]"),
        ({"type": "uri", "modality": "image", "uri": "https://a/b.png"}, "[image https://a/b.png]"),
        ({"type": "file", "file_id": "file-1"}, "[file file-1]"),
        ({"type": "compaction"}, "[compaction]"),
        ({"type": 7, "x": 1}, "[7]"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_described(told: Value, shown: str) -> None:
    """Other parts are shown as what they are, in brackets, and the message is kept as it came."""
    message = read_message({"role": "user", "parts": [told]}, "CUSTOMER")
    assert message.parts == [Text(shown)]
    assert not message.whole


@pytest.mark.parametrize("empty", [{"type": "text"}, {"type": "text", "content": ""}, {"type": "reasoning"}, None, ""])
def test_empty_parts_are_left_out(empty: Value) -> None:
    """A part without content, as with content switched off, is none."""
    assert parts(empty) == []


@pytest.mark.parametrize("broken", [{"toolUse": 7}, {"type": "toolResult"}, {"toolResult": None}])
def test_broken_blocks_are_kept_as_they_came(broken: Value) -> None:
    """A block of Bedrock's without what its key promises is a part of no known type."""
    assert not read_message({"role": "user", "parts": [broken]}, "CUSTOMER").whole


@pytest.mark.parametrize(
    ("message", "whole"),
    [
        ({"role": "user", "parts": [{"type": "text", "content": "a"}], "name": None}, True),
        ({"role": "user", "parts": [{"type": "text", "content": "a"}], "name": "Ann"}, False),
        ({"role": "user", "parts": [{"type": "text", "content": "a", "annotations": []}]}, True),
        ({"role": "user", "parts": [{"type": "text", "content": "a", "annotations": [1]}]}, False),
        ({"role": "assistant", "parts": [{"type": "thinking", "thinking": "a", "signature": "x"}]}, False),
    ],
)
def test_a_message_is_whole_unless_something_is_left_out(message: Value, whole: bool) -> None:  # noqa: FBT001
    """A field that nobody reads makes a message less than whole; an empty one does not."""
    assert read_message(message, "CUSTOMER").whole is whole


def test_chat_completions_messages_are_read() -> None:
    """Whole messages of the Chat Completions API stand for those of the conventions."""
    function: Value = {"name": "look_up", "arguments": '{"q": 1}'}
    call: Value = {"id": "c", "type": "function", "function": function}
    asked = read_message({"role": "assistant", "content": "Let me see.", "tool_calls": [call]}, "BOT")
    assert asked.parts == [Text("Let me see."), USE]
    answered = read_message({"role": "tool", "tool_call_id": "c", "content": "yes"}, "CUSTOMER")
    assert (answered.role, answered.parts) == ("BOT", [ToolResult("c", ["yes"])])
    assert read_message({"role": "assistant"}, "BOT").parts == []
    assert read_message("hi", "CUSTOMER") == Message("CUSTOMER", [Text("hi")])


def test_a_bots_parts_stand_in_the_order_they_were_said() -> None:
    """Text comes before the calls that it leads to, reasoning before the text; an answer is said once."""
    text: dict[str, Value] = {"type": "text", "content": "so"}
    thought: dict[str, Value] = {"type": "reasoning", "content": "hm"}
    call: dict[str, Value] = {"type": "tool_call", "id": "c", "name": "look_up", "arguments": {"q": 1}}
    answer: dict[str, Value] = {"type": "tool_call_response", "id": "c", "response": "so"}
    assert parts(call, text) == [Text("so"), USE]
    assert parts(text, thought) == [Reasoning("hm"), Text("so")]
    assert parts(text, call) == [Text("so"), USE]
    assert parts(text, answer, role="tool") == [ToolResult("c", ["so"])]


@pytest.mark.parametrize(("told", "arguments"), [(None, {}), ("", {}), ("null", {}), ("x", "x"), ("7", 7), ([1], [1])])
def test_arguments_are_a_document(told: Value, arguments: Value) -> None:
    """Arguments are JSON or its text, none at all is an empty object; what is no JSON is the text itself."""
    assert read_arguments(told) == arguments


@pytest.mark.parametrize(
    ("told", "texts"),
    [
        ("a", ["a"]),
        (None, []),
        ({"a": 1}, ['{"a":1}']),
        ([], ["[]"]),
        ([{"type": "text", "content": "a"}], ["a"]),
        ([{"type": "text", "text": "a", "meta": None}], ["a"]),
        ([{"type": "text", "text": "a", "meta": 1}], ['[{"type":"text","text":"a","meta":1}]']),
        ([{"type": "image", "text": "a"}], ['[{"type":"image","text":"a"}]']),
        ([{"text": "a"}, 7], ['[{"text":"a"},7]']),
    ],
)
def test_results_are_texts(told: Value, texts: list[str]) -> None:
    """Content blocks are texts, one by one; what says more than that is JSON, so nothing is lost."""
    assert read_result(told) == texts


@given(st.integers(0, 2**32))
def test_what_the_quick_reader_reads_the_other_reads_alike(seed: int) -> None:
    """Reading the conventions' own form at a stroke is a short cut, not another way."""
    wild = Wild(seed)
    for _ in range(20):
        raw = encode(wild.message())
        if (read := read_standard(raw)) is not None:
            assert read == read_message(msgspec.json.decode(raw), "AGENT")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"role":"user","parts":[{"type":"text","content":"hi"}]}',
        b'{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":""}],"name":null}',
        b'{"role":"assistant","parts":[{"type":"tool_call","name":"a","arguments":"{}"}],"finish_reason":"stop"}',
        b'{"role":"tool","parts":[{"type":"tool_call_response","id":"c","response":[{"text":"a"}]}]}',
    ],
)
def test_the_conventions_own_form_is_read_at_a_stroke(raw: bytes) -> None:
    """Messages as the conventions have them take the quick way, and come out alike."""
    assert read_standard(raw) == read_message(msgspec.json.decode(raw), "AGENT")


@pytest.mark.parametrize(
    "raw",
    [
        b"7",
        b'{"role":"?","parts":[]}',
        b'{"role":"user","parts":[{"type":"uri"}]}',
        b'{"role":"user","parts":[{"type":"text","content":"{\\"reasoningContent\\": 1}"}]}',
    ],
)
def test_other_forms_are_left_to_the_other_reader(raw: bytes) -> None:
    """What is more, less or other than the conventions' form is not read at a stroke."""
    assert read_standard(raw) is None
