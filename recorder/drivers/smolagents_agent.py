"""smolagents under OpenInference's instrumentation."""

from common import TOOLS, Telemetry, ask_all
from openinference.instrumentation.smolagents import SmolagentsInstrumentor
from smolagents import OpenAIServerModel, ToolCallingAgent, tool

telemetry = Telemetry()
telemetry.instrument(SmolagentsInstrumentor())
agent = ToolCallingAgent(
    tools=[tool(function) for function in TOOLS.values()],
    model=OpenAIServerModel("gpt-scripted-1", temperature=1.3, max_tokens=512),
    max_steps=6,
    verbosity_level=0,
)
ask_all(lambda question: str(agent.run(question, reset=False)))
telemetry.close()
