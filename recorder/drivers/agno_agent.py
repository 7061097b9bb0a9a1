"""Agno under OpenInference's instrumentation."""

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai import OpenAIChat
from common import INSTRUCTIONS, SESSION, TOOLS, Telemetry, ask_all
from openinference.instrumentation.agno import AgnoInstrumentor

telemetry = Telemetry()
telemetry.instrument(AgnoInstrumentor())
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
