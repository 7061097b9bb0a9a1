"""Anthropic's SDK, called in a loop of the driver's own, under one of its instrumentations."""

from importlib import import_module
from typing import Any

from anthropic import Anthropic
from common import EMITTER, INSTRUCTIONS, PARAMETERS, WORDS, Telemetry, ask_all, handled_request, run_tool, schema

INSTRUMENTORS = {
    "genai": "opentelemetry.instrumentation.genai.anthropic",
    "openinference": "openinference.instrumentation.anthropic",
    "traceloop": "opentelemetry.instrumentation.anthropic",
}
TOOLS = [{"name": name, "description": name, "input_schema": schema(name)} for name in PARAMETERS]


class Conversation:
    """A conversation over the Messages API."""

    def __init__(self) -> None:
        self._client = Anthropic(max_retries=0)
        self._messages: list[Any] = []

    def ask(self, question: str) -> str:
        """Answer a question, running the tools that the model asks for."""
        self._messages.append({"role": "user", "content": question})
        while True:
            reply = self._reply()
            content = [block.model_dump(exclude_none=True) for block in reply.content]
            self._messages.append({"role": "assistant", "content": content})
            uses = [block for block in content if block["type"] == "tool_use"]
            if not uses:
                return " ".join(block["text"] for block in content if block["type"] == "text")
            self._messages.append({"role": "user", "content": [self._result(use) for use in uses]})

    def _reply(self) -> Any:
        options: dict[str, Any] = {"model": "claude-scripted-4", "system": INSTRUCTIONS, "max_tokens": 512}
        options |= {"messages": self._messages, "tools": TOOLS}
        if "stream" in WORDS:
            with self._client.messages.stream(**options) as stream:
                return stream.get_final_message()
        return self._client.messages.create(**options)

    @staticmethod
    def _result(use: dict[str, Any]) -> dict[str, Any]:
        told, failed = run_tool(use["name"], use["input"])
        return {"type": "tool_result", "tool_use_id": use["id"], "content": told, "is_error": failed}


telemetry = Telemetry()
telemetry.instrument(import_module(INSTRUMENTORS[EMITTER.partition("--")[2]]).AnthropicInstrumentor())
with handled_request():
    ask_all(Conversation().ask)
telemetry.close()
