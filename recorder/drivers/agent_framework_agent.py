"""Microsoft's Agent Framework, which writes spans by itself."""

import asyncio

from agent_framework import Agent
from agent_framework.observability import enable_instrumentation
from agent_framework.openai import OpenAIChatCompletionClient
from common import INSTRUCTIONS, TOOLS, WORDS, Telemetry, ask_all

telemetry = Telemetry()
enable_instrumentation(enable_sensitive_data=True, enable_message_events="events" in WORDS)
agent = Agent(
    OpenAIChatCompletionClient("gpt-scripted-1"),
    INSTRUCTIONS,
    name="travel-agent",
    tools=list(TOOLS.values()),
    default_options={"temperature": 1.3, "max_tokens": 512, "top_p": 0.9},
)
session = agent.create_session()


async def _ask(question: str) -> str:
    return str(await agent.run(question, session=session))


with asyncio.Runner() as runner:
    ask_all(lambda question: runner.run(_ask(question)))
telemetry.close()
