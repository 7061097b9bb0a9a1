"""What dialects make of attributes in other forms: what recordings do not show of it."""

import json
from typing import Any

import pytest

from spanglass.conventions import DIALECTS
from spanglass.conventions.dialect import View
from spanglass.conventions.google_adk import (
    as_content,
    as_failure,
    as_merging,
    as_own_id,
    as_response,
)
from spanglass.conventions.handoffs import hands_over_to
from spanglass.conventions.readers import as_int, as_word, within
from spanglass.conventions.vercel import as_operation
from spanglass.telemetry import Attributes, Scope, Value
from tests.telemetry import Wild, span

ADK = Scope("gcp.vertex.agent")


def made(dialect: str, attributes: Attributes, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what a dialect's views make of a span with these attributes."""
    (views,) = (one.views for one in DIALECTS if one.name == dialect)
    told = span(1, attributes, **fields)
    found: Attributes = {}
    for view in views:
        keys = tuple(key for key in attributes if any(key == name or key.startswith(name) for name in view.of))
        if keys:
            found |= view.make(told, keys)
    return found


@pytest.mark.parametrize("view", [view for dialect in DIALECTS for view in dialect.views])
def test_views_make_what_they_say(view: View) -> None:
    """No other attributes, of whatever telemetry, and none of it raises."""
    for seed in range(50):
        attributes = Wild(seed).attributes()
        keys = tuple(key for key in attributes if key in view.of)
        if keys:
            assert view.make(span(1, attributes), keys).keys() <= set(view.makes)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            {"role": "thinking", "content": "hm"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}]},
        ),
        ({"role": "user", "content": '[{"text": "a"}]'}, {"role": "user", "content": [{"text": "a"}]}),
        ({"role": "user", "content": "[{broken"}, {"role": "user", "content": "[{broken"}),
        ({"role": "user", "content": '[{"a": 1}, 2]'}, {"role": "user", "content": '[{"a": 1}, 2]'}),
        ({"role": "assistant", "content": '""'}, {"role": "assistant", "content": None}),
    ],
)
def test_indexed_content_may_be_json(told: dict[str, Value], message: Value) -> None:
    """Blocks of a provider's, or an empty text; anything else is the text that it is."""
    attributes = {f"gen_ai.prompt.0.{key}": value for key, value in told.items()}
    assert made("OpenTelemetry GenAI, indexed", attributes)["gen_ai.prompt.N"] == [message]
    assert made("OpenTelemetry GenAI, indexed", {"gen_ai.prompt.0": "bare"})["gen_ai.prompt.N"] == ["bare"]


def test_what_openinference_leaves_out_of_the_history_is_in_the_request() -> None:
    """A message of the model's that says nothing is looked up, if the request has as many messages."""
    attributes: Attributes = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "a",
        "llm.input_messages.1.message.role": "assistant",
    }
    refused = {"role": "assistant", "refusal": "no"}
    request = json.dumps({"messages": [{"role": "user", "content": "a"}, refused]})
    other = json.dumps({"messages": [refused]})
    told = made("OpenInference", attributes | {"input.value": request})["llm.input_messages"]
    assert told == [{"role": "user", "content": "a"}, refused]
    for body in (other, "__REDACTED__"):
        told = made("OpenInference", attributes | {"input.value": body})["llm.input_messages"]
        assert told == [{"role": "user", "content": "a"}, {"role": "assistant"}]


def test_openinferences_parts_lose_their_wrappings() -> None:
    """An image stands at the third level; content beside its parts is a text of its own if no part says it."""
    at = "llm.output_messages.0.message."
    attributes: Attributes = {
        f"{at}role": "assistant",
        f"{at}content": "b",
        f"{at}contents.0.message_content.type": "image",
        f"{at}contents.0.message_content.image.image.url": "https://x",
        f"{at}contents.1": "odd",
        f"{at}tool_calls": "odd",
    }
    (told,) = made("OpenInference", attributes)["llm.output_messages"]
    assert told == {
        "role": "assistant",
        "content": ["b", {"type": "image", "url": "https://x"}, {"content": "odd"}],
        "tool_calls": "odd",
    }
    assert made("OpenInference", {"llm.output_messages.0.message.role": "assistant"}) == {}


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        ("AGENT", "hi", [{"role": "user", "content": "hi"}]),
        ("AGENT", '{"state": 1}', None),
        ("AGENT", 3, None),
        ("CHAIN", "hi", None),
        (3, "hi", None),
    ],
)
def test_what_an_agent_is_told_is_a_text(kind: Value, given: Value, told: Value) -> None:
    """A framework's state is no message."""
    attributes: Attributes = {"openinference.span.kind": kind, "input.value": given}
    assert made("OpenInference", attributes).get("openinference.agent.input") == told


def test_a_hand_over_names_its_target_at_least_in_the_span() -> None:
    """Where ``output.value`` is hidden, the span's name tells."""
    attributes: Attributes = {"openinference.span.kind": "TOOL", "input.value": "a"}
    told = made("OpenInference", attributes, name="handoff to billing")
    assert told["openinference.handoff.target"] == "billing"


@pytest.mark.parametrize(
    ("word", "operation"),
    [
        ("ai.streamText.doStream", "inference"),
        ("ai.generateObject", "invoke_agent"),
        ("ai.embed.doEmbed", "ai.embed.doEmbed"),
        ("ai.other.doGenerate", "ai.other.doGenerate"),
        ("ai.toolCall", "execute_tool"),
        ("", None),
    ],
)
def test_vercels_operations(word: str, operation: str | None) -> None:
    """Runs are agents, calls within them are of models, all else keeps its word."""
    assert as_operation(word) == operation


@pytest.mark.parametrize(
    ("prompt", "messages"),
    [
        ({"system": "s", "prompt": "a"}, [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}]),
        ({"prompt": [{"role": "user", "content": "a"}]}, [{"role": "user", "content": "a"}]),
        ({"messages": [{"role": "user", "content": "a"}, 3]}, [{"role": "user", "content": "a"}, 3]),
        ({}, None),
        ("text", None),
    ],
)
def test_vercels_runs_have_a_prompt_in_one_of_three_forms(prompt: Value, messages: Value) -> None:
    """A text, or messages under either name."""
    assert made("Vercel AI SDK", {"ai.prompt": json.dumps(prompt)}).get("ai.input.messages") == messages


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (
            {"type": "tool-result", "toolCallId": "c", "toolName": "f", "result": {"a": 1}},
            {"type": "tool_call_response", "id": "c", "name": "f", "response": {"a": 1}, "is_error": False},
        ),
        (
            {
                "type": "tool-result",
                "toolCallId": "c",
                "toolName": "f",
                "output": {"type": "error-text", "value": "no"},
            },
            {"type": "tool_call_response", "id": "c", "name": "f", "response": "no", "is_error": True},
        ),
        (
            {"type": "image", "image": "https://x/a.png"},
            {"type": "uri", "mime_type": "image", "uri": "https://x/a.png"},
        ),
        (
            {"type": "file", "mediaType": "image/png", "data": "AAAA"},
            {"type": "blob", "mime_type": "image/png", "content": "AAAA"},
        ),
        ({"type": "text", "text": "a"}, {"type": "text", "text": "a"}),
        ("odd", "odd"),
    ],
)
def test_vercels_parts(part: Value, told: Value) -> None:
    """Calls, results, images and files in the conventions' form."""
    prompt = json.dumps([{"role": "user", "content": [part]}])
    assert made("Vercel AI SDK", {"ai.prompt.messages": prompt})["ai.input.messages"] == [
        {"role": "user", "content": [told]}
    ]


def test_vercels_answers_have_all_they_consist_of() -> None:
    """Thought, text, an object, files and calls, in the order of saying; a reason alone is no answer."""
    attributes: Attributes = {
        "ai.response.finishReason": "stop",
        "ai.response.text": "a",
        "ai.response.reasoning": "hm",
        "ai.response.object": "{}",
        "ai.response.files": '[{"mediaType": "image/png", "base64": "AAAA"}, 3]',
        "ai.response.toolCalls": '[{"toolCallId": "c", "toolName": "f", "args": {}}]',
    }
    (message,) = made("Vercel AI SDK", attributes)["ai.output.messages"]
    assert [part["type"] if isinstance(part, dict) else part for part in message["parts"]] == [
        "reasoning",
        "text",
        "text",
        "blob",
        3,
        "tool_call",
    ]
    assert made("Vercel AI SDK", {"ai.response.finishReason": "stop"}) == {}


@pytest.mark.parametrize(
    ("kind", "given", "name", "told"),
    [
        ("tool", '{"args": [], "kwargs": {"q": 1}}', "langfuse.tool.arguments", {"q": 1}),
        ("tool", '{"args": [1], "kwargs": {"q": 1}}', "langfuse.tool.arguments", {"args": [1], "kwargs": {"q": 1}}),
        ("tool", "plain", "langfuse.tool.arguments", "plain"),
        ("tool", None, "langfuse.tool.arguments", None),
        ("generation", "hi", "langfuse.input.messages", [{"role": "user", "content": "hi"}]),
        ("generation", '"hi"', "langfuse.input.messages", [{"role": "user", "content": "hi"}]),
        ("agent", '{"args": ["hi"], "kwargs": {}}', "langfuse.input.messages", [{"role": "user", "content": "hi"}]),
        ("agent", '{"args": [1, 2], "kwargs": {}}', "langfuse.input.messages", None),
        ("span", "hi", "langfuse.input.messages", None),
    ],
)
def test_langfuses_inputs_are_of_their_kind(kind: str, given: Value, name: str, told: Value) -> None:
    """An observed function's arguments, a generation's request, what an agent is told; nothing of a plain span."""
    attributes: Attributes = {"langfuse.observation.type": kind, "langfuse.observation.input": given}
    assert made("Langfuse", attributes).get(name) == told


def test_tools_of_google_adk() -> None:
    """What ADK merges ran nothing; its ids are nobody else's; content may be switched off; results may be wrapped."""
    assert as_merging("(merged tools)") == "merge_tools"
    assert as_merging("look_up") is None
    assert as_own_id("adk-1") is True
    assert as_own_id("call_1") is None
    assert as_content("{}") is None
    assert as_response('{"result": "a"}') == as_response('{"id": "i", "response": {"result": "a"}}') == "a"
    assert as_response('{"t": 18}') == {"t": 18}
    assert as_response("{}") is None
    assert as_response('{"error": "a"}') == as_failure('{"response": {"error": "a"}}') == "a"
    assert as_response('{"error": "a", "code": 3}') == {"error": "a", "code": 3}
    assert as_response("plain") == "plain"
    assert as_failure('{"result": "a"}') is as_failure("plain") is as_failure('{"response": "a"}') is None


def test_answers_of_google_adks_tools() -> None:
    """They are read in ADK's form where an emitter of ADK's has them, and left alone where another has."""
    failed = {"google_adk.tool.result": "a", "google_adk.tool.failure": "a"}
    within: Attributes = {"output.value": '{"id": "adk-1", "name": "look_up", "response": {"error": "a"}}'}
    alone: Attributes = {"gen_ai.tool.call.result": '{"error": "a"}'}
    assert made("Google ADK", within, scope=Scope("openinference.instrumentation.google_adk")) == failed
    assert made("Google ADK", alone, scope=ADK) == failed
    assert made("Google ADK", {"gcp.vertex.agent.tool_response": '{"result": "a"}'}) == {"google_adk.tool.result": "a"}
    assert made("Google ADK", within | alone) == {}


def test_answers_without_ids_are_taken_from_geminis_request() -> None:
    """A request that tells no more, or nothing, and another emitter's leave the messages what they are."""
    read = {"type": "tool_call_response", "id": None, "response": 1, "is_error": False}
    answer = {"role": "user", "parts": [{"function_response": {"name": "f", "response": {"result": 1}}}]}
    attributes: Attributes = {
        "input.value": json.dumps({"contents": [answer]}),
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.1.message.role": "tool",
        "llm.input_messages.1.message.content": "1",
    }
    system = {"role": "system", "content": "Be brief."}
    told = [system, {"role": "user", "parts": [read]}]
    assert made("Google ADK", attributes, scope=ADK) == {"google_adk.contents": told}
    assert made("Google ADK", attributes, scope=Scope("another")) == {}
    assert made("Google ADK", attributes | {"input.value": "{}"}, scope=ADK) == {}
    named: Attributes = {"llm.input_messages.1.message.tool_call_id": "c"}
    assert made("Google ADK", attributes | named, scope=ADK) == {}


def test_a_call_of_the_first_adk_is_told_by_its_request() -> None:
    """Its span names no operation; one that does keeps it, and content that is switched off tells nothing."""
    request = {"model": "m", "config": {"max_output_tokens": 9}, "contents": [{"role": "user", "parts": []}]}
    answer = {"content": {"role": "model", "parts": [{"text": "a"}]}, "finish_reason": "STOP"}
    told: Attributes = {
        "gcp.vertex.agent.llm_request": json.dumps(request),
        "gcp.vertex.agent.llm_response": json.dumps(answer),
    }
    found = made("Google ADK", told, scope=ADK)
    assert found.pop("google_adk.operation") == "generate_content"
    assert found == {
        "google_adk.request.model": "m",
        "google_adk.request.max_tokens": 9,
        "google_adk.request.messages": [{"role": "user", "parts": []}],
        "google_adk.response.messages": [
            {"role": "model", "parts": [{"type": "text", "content": "a"}], "finish_reason": "STOP"}
        ],
    }
    off: Attributes = {**dict.fromkeys(told, "{}"), "gen_ai.operation.name": "execute_tool"}
    assert made("Google ADK", off, scope=ADK) == {}


def test_names_and_wrappings_of_adks_messages_are_taken_off() -> None:
    """Ids that are a tool's name and a place go; a provider's stay, as does an answer that is an object of its own."""

    def message(*parts: Any) -> dict[str, Any]:  # noqa: ANN401
        return {"role": "user", "parts": list(parts)}

    def call(id_: str) -> dict[str, Any]:
        return {"type": "tool_call", "id": id_, "name": "look_up", "arguments": {}}

    def answer(id_: str, response: Any) -> dict[str, Any]:  # noqa: ANN401
        return {"type": "tool_call_response", "id": id_, "response": response}

    given = [
        message(call("look_up_1"), call("call_2")),
        message(answer("look_up_0", {"result": "a"})),
        "?",
        {"parts": 1},
    ]
    kept = message(answer("call_2", {"t": 18}), {"type": "text", "content": "b"})
    attributes: Attributes = {"gen_ai.input.messages": json.dumps([*given, kept]), "gen_ai.output.messages": "?"}
    found = made("Google ADK", attributes, scope=ADK)
    assert found.keys() == {"google_adk.input.messages"}
    nameless, unwrapped = call(""), answer("", "a")
    del nameless["id"], unwrapped["id"]
    assert found["google_adk.input.messages"] == [
        message(nameless, call("call_2")),
        message(unwrapped),
        "?",
        {"parts": 1},
        kept,
    ]
    assert made("Google ADK", attributes) == {}


def test_tools_of_llama_index() -> None:
    """A tool's arguments and answer are opened; what prepares a call is none; other emitters are left alone."""
    scope = Scope("openinference.instrumentation.llama_index")
    tool: Attributes = {
        "openinference.span.kind": "TOOL",
        "input.value": '{"kwargs": {"city": "Paris"}}',
        "output.value": '{"blocks": [{"text": "18 C"}], "raw_output": "18 C"}',
    }
    assert made("LlamaIndex", tool, scope=scope) == {
        "llama_index.tool.arguments": {"city": "Paris"},
        "llama_index.tool.result": [{"text": "18 C"}],
    }
    assert made("LlamaIndex", tool | {"input.value": "?", "output.value": 1}, scope=scope) == {}
    assert made("LlamaIndex", tool) == {}
    llm: Attributes = {"openinference.span.kind": "LLM"}
    prepares = made("LlamaIndex", llm, scope=scope, name="OpenAI._prepare_chat_with_tools")
    assert prepares == {"llama_index.operation": "prepare_chat"}
    assert made("LlamaIndex", llm, scope=scope, name="OpenAI.achat") == {}


TRACELOOP = Scope("opentelemetry.instrumentation.llamaindex")


def test_llama_index_under_openllmetry_is_told_by_its_own_messages() -> None:
    """A provider's answer and LlamaIndex's messages are read; what is none, and other scopes' spans, are left alone."""
    call = {"id": "c", "function": {"name": "look_up", "arguments": "{}"}}
    image = {"block_type": "image", "url": "https://a"}
    given = [
        {"role": "user", "blocks": [{"block_type": "text", "text": "a"}, image]},
        {"role": "assistant", "additional_kwargs": {"tool_calls": [call]}, "blocks": [{"block_type": "tool_call"}]},
        "?",
    ]
    told: Attributes = {
        "gen_ai.operation.name": "chat",
        "traceloop.entity.input": json.dumps({"messages": given}),
        "traceloop.entity.output": json.dumps(
            {"raw": {"choices": [{"message": {"role": "assistant", "content": "b"}}]}}
        ),
    }
    assert made("LlamaIndex", told, scope=TRACELOOP) == {
        "llama_index.input.messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image", "url": "https://a"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ],
        "llama_index.output.messages": [{"role": "assistant", "content": "b"}],
    }
    assert (
        made("LlamaIndex", told | {"traceloop.entity.input": "?", "traceloop.entity.output": "?"}, scope=TRACELOOP)
        == {}
    )
    assert made("LlamaIndex", told | {"gen_ai.operation.name": "task"}, scope=TRACELOOP) == {}
    assert made("LlamaIndex", told) == {}


def test_a_task_that_has_a_tools_name_is_a_call_of_it() -> None:
    """With the id of the call, and whether it failed, as far as they are told."""
    output = {"tool_id": "c", "tool_output": {"blocks": [{"block_type": "text", "text": "a"}], "is_error": True}}
    told: Attributes = {
        "tool.name": "look_up",
        "tool.arguments": "{}",
        "traceloop.entity.output": json.dumps(output),
    }
    assert made("LlamaIndex", told, scope=TRACELOOP) == {
        "llama_index.operation": "execute_tool",
        "llama_index.tool.call.id": "c",
        "llama_index.tool.arguments": "{}",
        "llama_index.tool.result": [{"type": "text", "text": "a"}],
        "llama_index.tool.failed": True,
    }
    bare: Attributes = {"tool.name": "look_up", "traceloop.entity.output": "?"}
    assert made("LlamaIndex", bare, scope=TRACELOOP) == {"llama_index.operation": "execute_tool"}


@pytest.mark.parametrize(
    ("tool", "arguments", "agent"),
    [
        ("transfer_to_billing", {}, "billing"),
        ("transfer_to_agent", {"agent_name": "billing"}, "billing"),
        ("transfer_to_agent", {}, "agent"),
        ("transfer_to_agent", "?", "agent"),
        ("transfer_back_to_triage", {}, "triage"),
        ("transfer_to_", {}, None),
        ("look_up", {"agent_name": "billing"}, None),
    ],
)
def test_tools_hand_over(tool: str, arguments: Value, agent: str | None) -> None:
    """By their name, or by an argument where one tool hands over to any agent."""
    assert hands_over_to(tool, arguments) == agent


def test_readers_look_into_json() -> None:
    """Texts and structures alike, long texts too; the first path that says something counts."""
    read = within(as_int, "a.b", "c", "")
    assert read('{"a": {"b": 3}}') == read({"a": {"b": "3"}}) == 3
    assert read('{"a": {"b": "x"}, "c": 4}') == 4
    assert read(json.dumps({"pad": "x" * 20_000, "c": 5})) == 5
    assert read("7") == 7
    assert read("{") is None
    assert as_word({"llm": "inference"})("LLM") == "inference"
    assert as_word({})("Retriever") == "retriever"
    assert as_word({})("") is None
