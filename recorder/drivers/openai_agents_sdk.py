"""OpenAI's Agents SDK under one of its instrumentations."""

import asyncio
from importlib import import_module
from typing import Any

from agents import (
    Agent,
    GuardrailFunctionOutput,
    ModelSettings,
    OpenAIChatCompletionsModel,
    RunConfig,
    Runner,
    function_tool,
    input_guardrail,
    set_default_openai_client,
)
from agents.tracing import set_trace_processors
from common import EMITTER, INSTRUCTIONS, TOOLS, WORDS, Telemetry, ask_all, note
from openai import AsyncOpenAI

INSTRUMENTORS = {
    "genai": ("genai.openai_agents.OpenAIAgentsInstrumentor", "genai.openai.OpenAIInstrumentor"),
    "openinference": ("openai_agents.OpenAIAgentsInstrumentor",),
    "traceloop": ("openai_agents.OpenAIAgentsInstrumentor",),
    "v2": ("openai_agents.OpenAIAgentsInstrumentor",),
}
"""OpenTelemetry's own has no spans for calls of models, those are the SDK's."""

set_trace_processors([])  # the SDK's own would export to the provider
telemetry = Telemetry()
kind = EMITTER.partition("--")[2]
for place in INSTRUMENTORS[kind]:
    module, _, name = place.rpartition(".")
    package = "openinference" if kind == "openinference" else "opentelemetry"
    telemetry.instrument(getattr(import_module(f"{package}.instrumentation.{module}"), name)())
client = AsyncOpenAI(max_retries=0)
set_default_openai_client(client, use_for_tracing=False)


@input_guardrail
async def no_crime(_context: Any, _agent: Any, asked: Any) -> GuardrailFunctionOutput:
    """Trip over a word."""
    tripped = "TRIP" in str(asked)
    note(guardrail="no_crime", triggered=tripped)
    return GuardrailFunctionOutput(output_info={"why": "the word"}, tripwire_triggered=tripped)


def _model() -> Any:
    return OpenAIChatCompletionsModel("gpt-scripted-1", client) if "chat" in WORDS else "gpt-scripted-1"


billing = Agent(name="billing_agent", instructions="You handle refunds.", model=_model())
travel = Agent(
    name="travel-agent",
    instructions=INSTRUCTIONS,
    model=_model(),
    tools=[function_tool(tool) for tool in TOOLS.values()],
    handoffs=[billing],
    input_guardrails=[no_crime],
    model_settings=ModelSettings(temperature=1.3, max_tokens=512, top_p=0.9),
)
history: list[Any] = []


async def _run(question: str) -> str:
    history.append({"role": "user", "content": question})
    config = RunConfig(workflow_name="Travel workflow", group_id="thread-7")
    if "stream" in WORDS:
        result: Any = Runner.run_streamed(travel, history, run_config=config)
        async for _ in result.stream_events():
            pass
    else:
        result = await Runner.run(travel, history, run_config=config)
    history[:] = result.to_input_list()
    return str(result.final_output)


ask_all(lambda question: asyncio.run(_run(question)))
telemetry.close()
