"""Microsoft's Semantic Kernel, which writes spans by itself, and what was said into log records."""

import asyncio
import logging

from common import INSTRUCTIONS, TOOLS, Telemetry, ask_all
from opentelemetry.sdk._logs import LoggingHandler
from semantic_kernel.agents import ChatCompletionAgent, ChatHistoryAgentThread
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.functions import KernelArguments, kernel_function

telemetry = Telemetry()
logging.getLogger().addHandler(LoggingHandler(logger_provider=telemetry.loggers))
logging.getLogger("semantic_kernel").setLevel(logging.INFO)
settings = OpenAIChatPromptExecutionSettings(temperature=1.3, max_tokens=512, top_p=0.9)
agent = ChatCompletionAgent(
    service=OpenAIChatCompletion("gpt-scripted-1"),
    name="travel-agent",
    instructions=INSTRUCTIONS,
    plugins=[type("Trip", (), {name: staticmethod(kernel_function(tool)) for name, tool in TOOLS.items()})()],
    arguments=KernelArguments(settings),
)
thread = ChatHistoryAgentThread()


async def _ask(question: str) -> str:
    return str(await agent.get_response(question, thread=thread))


with asyncio.Runner() as runner:
    ask_all(lambda question: runner.run(_ask(question)))
telemetry.close()
