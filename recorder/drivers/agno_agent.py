"""Agno under one of its instrumentations."""

from importlib import import_module

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai import OpenAIChat
from common import EMITTER, INSTRUCTIONS, SESSION, TOOLS, Telemetry, ask_all

INSTRUMENTORS = {
    "genai": "opentelemetry.instrumentation.genai.agno",
    "openinference": "openinference.instrumentation.agno",
    "traceloop": "opentelemetry.instrumentation.agno",
}
telemetry = Telemetry()
kind = EMITTER.partition("--")[2]
telemetry.instrument(import_module(INSTRUMENTORS[kind]).AgnoInstrumentor())
if kind == "genai":  # has no spans for calls of models, those are the SDK's
    telemetry.instrument(import_module("opentelemetry.instrumentation.genai.openai").OpenAIInstrumentor())
agent = Agent(
    name="travel-agent",
    model=OpenAIChat(id="gpt-scripted-1", temperature=1.3, max_tokens=512, top_p=0.9, max_retries=0),
    instructions=INSTRUCTIONS,
    tools=list(TOOLS.values()),
    session_id=SESSION,
    db=InMemoryDb(),
    add_history_to_context=True,
    telemetry=False,
)
ask_all(lambda question: str(agent.run(question).content))
telemetry.close()
