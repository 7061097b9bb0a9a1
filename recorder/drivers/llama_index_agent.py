"""LlamaIndex's agent under one of its instrumentations."""

import asyncio
import os
from importlib import import_module

from common import EMITTER, INSTRUCTIONS, TOOLS, WORDS, Telemetry, ask_all
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.workflow import Context
from llama_index.llms.openai_like import OpenAILike

INSTRUMENTORS = {
    "genai": "opentelemetry.instrumentation.genai.llama_index",
    "openinference": "openinference.instrumentation.llama_index",
    "traceloop": "opentelemetry.instrumentation.llamaindex",
}
telemetry = Telemetry()
kind = EMITTER.partition("--")[2]
telemetry.instrument(import_module(INSTRUMENTORS[kind]).LlamaIndexInstrumentor())
if kind == "genai":  # has no spans for calls of models, those are the SDK's
    telemetry.instrument(import_module("opentelemetry.instrumentation.genai.openai").OpenAIInstrumentor())
model = OpenAILike(
    model="gpt-scripted-1",
    api_base=os.environ["OPENAI_BASE_URL"],
    api_key=os.environ["OPENAI_API_KEY"],
    temperature=1.3,
    max_tokens=512,
    max_retries=0,
    is_chat_model=True,
    is_function_calling_model=True,
)
agent = FunctionAgent(
    name="travel-agent",
    description="Answers questions about trips.",
    system_prompt=INSTRUCTIONS,
    tools=list(TOOLS.values()),
    llm=model,
    streaming="stream" in WORDS,
)
context = Context(agent)


async def _ask(question: str) -> str:
    return str(await agent.run(question, ctx=context))


with asyncio.Runner() as runner:
    ask_all(lambda question: runner.run(_ask(question)))
telemetry.close()
