"""Amazon Bedrock through boto3, called in a loop of the driver's own, under one of its instrumentations."""

import json
from importlib import import_module
from typing import Any

import boto3
from common import EMITTER, INSTRUCTIONS, PARAMETERS, WORDS, Telemetry, ask_all, handled_request, run_tool, schema

INSTRUMENTORS = {
    "botocore": ("opentelemetry.instrumentation.botocore", "BotocoreInstrumentor"),
    "genai": ("opentelemetry.instrumentation.genai.bedrock", "BedrockInstrumentor"),
    "openinference": ("openinference.instrumentation.bedrock", "BedrockInstrumentor"),
    "traceloop": ("opentelemetry.instrumentation.bedrock", "BedrockInstrumentor"),
}
TOOLS = [
    {"toolSpec": {"name": name, "description": name, "inputSchema": {"json": schema(name)}}} for name in PARAMETERS
]
OPTIONS: dict[str, Any] = {
    "modelId": "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "system": [{"text": INSTRUCTIONS}],
    "toolConfig": {"tools": TOOLS},
    "inferenceConfig": {"maxTokens": 512, "temperature": 0.2, "topP": 0.9},
    "guardrailConfig": {"guardrailIdentifier": "gr-abc123", "guardrailVersion": "1", "trace": "enabled"},
}


class Conversation:
    """A conversation over Converse or ConverseStream."""

    def __init__(self) -> None:
        self._client = boto3.client("bedrock-runtime")
        self._messages: list[Any] = []

    def ask(self, question: str) -> str:
        """Answer a question, running the tools that the model asks for."""
        self._messages.append({"role": "user", "content": [{"text": question}]})
        while True:
            content = self._content()
            self._messages.append({"role": "assistant", "content": content})
            uses = [block["toolUse"] for block in content if "toolUse" in block]
            if not uses:
                return " ".join(block.get("text", "") for block in content)
            self._messages.append({"role": "user", "content": [self._result(use) for use in uses]})

    def _content(self) -> list[dict[str, Any]]:
        options = OPTIONS | {"messages": self._messages}
        if "stream" not in WORDS:
            return list(self._client.converse(**options)["output"]["message"]["content"])
        blocks: dict[int, dict[str, Any]] = {}
        for event in self._client.converse_stream(**options)["stream"]:
            if start := event.get("contentBlockStart"):
                blocks[start["contentBlockIndex"]] = {"toolUse": start["start"]["toolUse"] | {"input": ""}}
            if told := event.get("contentBlockDelta"):
                _extend(blocks.setdefault(told["contentBlockIndex"], {}), told["delta"])
        for block in blocks.values():
            if "toolUse" in block:
                block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
        return [blocks[at] for at in sorted(blocks)]

    @staticmethod
    def _result(use: dict[str, Any]) -> dict[str, Any]:
        told, failed = run_tool(use["name"], use["input"])
        status = "error" if failed else "success"
        return {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": told}], "status": status}}


def _extend(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    else:
        thought = block.setdefault("reasoningContent", {"reasoningText": {}})["reasoningText"]
        thought.update(delta["reasoningContent"])


telemetry = Telemetry()
module, name = INSTRUMENTORS[EMITTER.partition("--")[2]]
telemetry.instrument(getattr(import_module(module), name)())
with handled_request():
    ask_all(Conversation().ask)
telemetry.close()
