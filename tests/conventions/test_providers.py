"""Requests and answers of the providers' own APIs."""

import json
from typing import Any

import pytest

from spanglass.conventions.messages import read_message
from spanglass.conventions.providers import read_answer, read_request, response_id
from spanglass.conventions.said import Message, Part, Reasoning, Text, ToolResult, ToolUse

USE = ToolUse("c", "look_up", {"q": 1})
CALL = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": '{"q": 1}'}}
ITEM = {"type": "function_call", "id": "fc", "call_id": "c", "name": "look_up", "arguments": '{"q": 1}'}
LC = {"name": "look_up", "args": {"q": 1}, "id": "c", "type": "tool_call"}


def lc(kind: str, **kwargs: object) -> dict[str, Any]:
    """Return a message as LangChain serialises it."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", kind], "kwargs": kwargs}


def read(messages: list[Any] | None) -> list[tuple[str, list[Part], str]]:
    """Read messages, each as role, parts and reason to end."""
    told: list[Message] = [read_message(one, "BOT") for one in messages or []]
    return [(one.role, one.parts, one.finish_reason) for one in told]


ANSWERS: list[tuple[object, list[tuple[str, list[Part], str]]]] = [
    (
        {"choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}, {"text": "b"}, 3]},
        [("BOT", [Text("a")], "stop"), ("BOT", [Text("b")], "")],
    ),
    (
        {"choices": [{"message": {"content": None, "refusal": "no", "reasoning_content": "hm", "role": "assistant"}}]},
        [("BOT", [Reasoning("hm"), Text("no")], "")],
    ),
    ({"choices": [{"message": {"role": "assistant", "tool_calls": [CALL]}}]}, [("BOT", [USE], "")]),
    (
        {"choices": [{"message": {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}}]},
        [("BOT", [ToolUse("", "f", {})], "")],
    ),
    (
        {
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
                ITEM,
            ]
        },
        [("BOT", [Reasoning("hm")], ""), ("BOT", [Text("a")], ""), ("BOT", [USE], "")],
    ),
    ([{"output": [ITEM]}, {"output": []}], [("BOT", [USE], "")]),
    (
        {"role": "assistant", "content": [{"type": "text", "text": "a"}], "stop_reason": "end_turn"},
        [("BOT", [Text("a")], "end_turn")],
    ),
    (
        {"output": {"message": {"role": "assistant", "content": [{"text": "a"}]}}, "stopReason": "end_turn"},
        [("BOT", [Text("a")], "end_turn")],
    ),
    (
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "a"}]}, "finishReason": "STOP"}]},
        [("BOT", [Text("a")], "STOP")],
    ),
    ({"content": {"parts": [{"text": "hm", "thought": True}], "role": "model"}}, [("BOT", [Reasoning("hm")], "")]),
    (
        {
            "generations": [
                [
                    {"message": lc("AIMessage", content="a", tool_calls=[LC, 7]), "generation_info": None},
                    {"text": "b", "generation_info": {"finish_reason": "stop"}},
                ],
                3,
            ]
        },
        [("BOT", [Text("a"), USE, Text("7")], ""), ("BOT", [Text("b")], "stop")],
    ),
    (
        {"generations": [[{"message": lc("AIMessage", content="", additional_kwargs={"refusal": "no"})}]]},
        [("BOT", [Text("no")], "")],
    ),
]


@pytest.mark.parametrize(("body", "told"), ANSWERS)
def test_answers_of_all_apis_are_read(body: object, told: list[tuple[str, list[Part], str]]) -> None:
    """As structure and as its JSON, by what it looks like."""
    assert read(read_answer(body)) == told  # type: ignore[arg-type]  # JSON
    assert read(read_answer(json.dumps(body))) == told


REQUESTS: list[tuple[object, list[tuple[str, list[Part], str]]]] = [
    (
        {"system": "s", "messages": [{"role": "user", "content": "a"}]},
        [("SYSTEM", [Text("s")], ""), ("CUSTOMER", [Text("a")], "")],
    ),
    (
        {"instructions": "s", "input": "a"},
        [("SYSTEM", [Text("s")], ""), ("CUSTOMER", [Text("a")], "")],
    ),
    (
        {"input": [ITEM, {"type": "function_call_output", "call_id": "c", "output": "r"}]},
        [("BOT", [USE], ""), ("BOT", [ToolResult("c", ["r"])], "")],
    ),
    (
        {
            "config": {"system_instruction": {"parts": [{"text": "s"}]}},
            "contents": [
                {"role": "user", "parts": [{"text": "a"}, {"executable_code": {}}]},
                {"role": "model", "parts": [{"functionCall": {"name": "look_up", "args": {"q": 1}, "id": "c"}}]},
                {
                    "role": "user",
                    "parts": [{"function_response": {"name": "f", "id": "c", "response": {"error": "e"}}}],
                },
            ],
        },
        [
            ("SYSTEM", [Text("s")], ""),
            ("CUSTOMER", [Text("a"), Text("[part]")], ""),
            ("BOT", [USE], ""),
            ("CUSTOMER", [ToolResult("c", ["e"], "e")], ""),
        ],
    ),
    (
        {"contents": [{"role": "user", "parts": [{"function_response": {"id": "c", "response": {"t": 18}}}]}]},
        [("CUSTOMER", [ToolResult("c", ['{"t":18}'])], "")],
    ),
    (
        {
            "messages": [
                [
                    lc("SystemMessage", content="s"),
                    lc("HumanMessage", content=[{"type": "text", "text": "a"}]),
                    lc("AIMessage", content=[{"type": "tool_use", "id": "c"}, "t"], tool_calls=[LC]),
                    lc("ToolMessage", content="r", tool_call_id="c", status="error"),
                ]
            ]
        },
        [
            ("SYSTEM", [Text("s")], ""),
            ("CUSTOMER", [Text("a")], ""),
            ("BOT", [Text("t"), USE], ""),
            ("BOT", [ToolResult("c", ["r"], "r")], ""),
        ],
    ),
    ([{"type": "human", "data": {"type": "human", "content": "a"}}], [("CUSTOMER", [Text("a")], "")]),
    ({"prompt": "a"}, [("CUSTOMER", [Text("a")], "")]),
]


@pytest.mark.parametrize(("body", "told"), REQUESTS)
def test_requests_of_all_apis_are_read(body: object, told: list[tuple[str, list[Part], str]]) -> None:
    """Instructions first, wherever the API takes them."""
    assert read(read_request(body)) == told  # type: ignore[arg-type]  # JSON
    assert read(read_request(json.dumps(body))) == told


@pytest.mark.parametrize(
    "body",
    [None, 3, "text", "{", {}, [], [1], [{"a": 1}], {"messages": []}, {"messages": [{"a": 1}]}, {"role": "user"}],
)
def test_anything_else_is_no_conversation(body: Any) -> None:  # noqa: ANN401
    """What does not say who speaks is neither a request nor an answer."""
    assert read_request(body) is None
    assert read_answer(body) is None


@pytest.mark.parametrize(
    "told", [{"lc": 1, "kwargs": 3}, {"lc": 1, "id": ["Thing"], "kwargs": {"content": "a"}}, {"role": "user", "n": 1}]
)
def test_what_only_looks_like_langchains_stays(told: dict[str, Any]) -> None:
    """Objects of another class, or broken ones, are messages without content at most."""
    assert [one[1] for one in read(read_request([told]))] in ([[]], [[Text("[part]")]], [[Text("[constructor]")]])


def test_an_answer_has_an_id() -> None:
    """As most APIs call it, or as Gemini does."""
    assert response_id('{"id": "r"}') == response_id({"responseId": "r"}) == "r"
    assert response_id({"id": 3}) == response_id([]) == response_id("x") == ""


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ({"inline_data": {"mime_type": "image/png", "data": "AAAA"}}, "[image/png, 3 B, sha256 "),
        ({"fileData": {"mimeType": "image/png", "fileUri": "gs://x"}}, "[image/png gs://x]"),
    ],
)
def test_geminis_other_parts_are_shown_as_what_they_are(part: Any, shown: str) -> None:  # noqa: ANN401
    """A blob with size and hash, a file by its address, anything unknown as something."""
    ((_, (told,), _),) = read(read_request({"contents": [{"role": "user", "parts": [part]}]}))
    assert isinstance(told, Text)
    assert told.text.startswith(shown)
