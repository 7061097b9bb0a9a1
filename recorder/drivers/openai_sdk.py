"""OpenAI's SDK, called in a loop of the driver's own, under one of its instrumentations."""

import json
from importlib import import_module
from typing import Any

from common import (
    CASE,
    EMITTER,
    INSTRUCTIONS,
    PARAMETERS,
    TIMEOUT_SECONDS,
    WORDS,
    Telemetry,
    ask_all,
    handled_request,
    run_tool,
    schema,
)
from openai import OpenAI

INSTRUMENTORS = {
    "genai": "opentelemetry.instrumentation.genai.openai",
    "openinference": "openinference.instrumentation.openai",
    "traceloop": "opentelemetry.instrumentation.openai",
    "v2": "opentelemetry.instrumentation.openai_v2",
}
SETTINGS: dict[str, Any] = {"model": "gpt-scripted-1", "temperature": 1.3, "top_p": 0.9}


class Chat:
    """A conversation over Chat Completions."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client
        self._messages: list[Any] = [{"role": "system", "content": INSTRUCTIONS}]

    def ask(self, question: str) -> str:
        """Answer a question, running the tools that the model asks for."""
        self._messages.append({"role": "user", "content": question})
        while True:
            message = self._streamed() if "stream" in WORDS else self._whole()
            self._messages.append(message)
            if not message.get("tool_calls"):
                return message.get("content") or message.get("refusal") or ""
            for call in message["tool_calls"]:
                told, _ = run_tool(call["function"]["name"], json.loads(call["function"]["arguments"]))
                self._messages.append({"role": "tool", "tool_call_id": call["id"], "content": told})

    def _options(self) -> dict[str, Any]:
        tools = [
            {"type": "function", "function": {"name": name, "description": name, "parameters": schema(name)}}
            for name in PARAMETERS
        ]
        return SETTINGS | {"messages": self._messages, "tools": tools, "max_tokens": 512, "seed": 7}

    def _whole(self) -> dict[str, Any]:
        message = self._client.chat.completions.create(**self._options()).choices[0].message
        return message.model_dump(include={"role", "content", "refusal", "tool_calls"}, exclude_none=True)

    def _streamed(self) -> dict[str, Any]:
        said: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": {}}
        options = self._options() | {"stream": True, "stream_options": {"include_usage": True}}
        for chunk in self._client.chat.completions.create(**options):
            for choice in chunk.choices:
                said["content"] += choice.delta.content or choice.delta.refusal or ""
                for part in choice.delta.tool_calls or []:
                    call = said["tool_calls"].setdefault(
                        part.index, {"id": part.id, "type": "function", "function": {"name": "", "arguments": ""}}
                    )
                    call["function"]["name"] += part.function.name or ""
                    call["function"]["arguments"] += part.function.arguments or ""
        calls = list(said.pop("tool_calls").values())
        return said | ({"tool_calls": calls} if calls else {})


class Responses:
    """A conversation over the Responses API."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client
        self._items: list[Any] = []

    def ask(self, question: str) -> str:
        """Answer a question, running the tools that the model asks for."""
        self._items.append({"role": "user", "content": question})
        tools = [
            {"type": "function", "name": name, "description": name, "parameters": schema(name)} for name in PARAMETERS
        ]
        while True:
            options = SETTINGS | {"instructions": INSTRUCTIONS, "tools": tools, "max_output_tokens": 512}
            response = self._client.responses.create(input=self._items, **options)
            self._items += [item.model_dump(exclude_none=True) for item in response.output]
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                return response.output_text
            for call in calls:
                told, _ = run_tool(call.name, json.loads(call.arguments))
                self._items.append({"type": "function_call_output", "call_id": call.call_id, "output": told})


telemetry = Telemetry()
telemetry.instrument(import_module(INSTRUMENTORS[EMITTER.partition("--")[2]]).OpenAIInstrumentor())
client = OpenAI(max_retries=0, timeout=TIMEOUT_SECONDS if "timeout" in WORDS else 60)
conversation = Responses(client) if CASE.startswith("responses") else Chat(client)
with handled_request():
    ask_all(conversation.ask)
telemetry.close()
