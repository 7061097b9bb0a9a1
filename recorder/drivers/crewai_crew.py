"""CrewAI under OpenInference's instrumentation or OpenLLMetry's, with those of OpenAI's SDK beneath."""

from importlib import import_module

from common import EMITTER, INSTRUCTIONS, TOOLS, Telemetry, ask_all
from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

INSTRUMENTORS = {
    "openinference": ("openinference.instrumentation.crewai", "openinference.instrumentation.openai"),
    "traceloop": ("opentelemetry.instrumentation.crewai", "opentelemetry.instrumentation.openai"),
}
telemetry = Telemetry()
of_crews, of_calls = map(import_module, INSTRUMENTORS[EMITTER.partition("--")[2]])
telemetry.instrument(of_crews.CrewAIInstrumentor())
telemetry.instrument(of_calls.OpenAIInstrumentor())
agent = Agent(
    role="travel assistant",
    goal="Answer questions about trips.",
    backstory=INSTRUCTIONS,
    llm=LLM(model="openai/gpt-scripted-1", temperature=1.0, max_tokens=512),
    tools=[tool(function) for function in TOOLS.values()],
)


def _ask(question: str) -> str:
    task = Task(description=question, expected_output="A short answer.", agent=agent)
    return str(Crew(agents=[agent], tasks=[task]).kickoff())


ask_all(_ask)
telemetry.close()
