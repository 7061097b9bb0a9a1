"""Pydantic AI, which writes spans by itself; the case's last word is the version of its telemetry."""

import re
from typing import Any

from common import CASE, INSTRUCTIONS, SESSION, TOOLS, Telemetry, ask_all
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings

telemetry = Telemetry()
version = re.search(r"_v(\d+)", CASE)
settings = InstrumentationSettings(version=int(version[1]))  # type: ignore[index,arg-type]  # every case names one
agent = Agent(
    "openai-responses:gpt-scripted-1" if CASE.startswith("responses") else "openai-chat:gpt-scripted-1",
    instructions=INSTRUCTIONS,
    name="travel_agent",
    capabilities=[Instrumentation(settings=settings)],
    model_settings={"temperature": 1.3, "max_tokens": 512, "top_p": 0.9},
)
agent.tool_plain(TOOLS["get_weather"])
agent.tool_plain(TOOLS["calculate"])


@agent.tool_plain
def get_exchange_rate(base: str, quote: str) -> str:
    """Tell an exchange rate."""
    try:
        return TOOLS["get_exchange_rate"](base, quote)
    except ValueError as error:
        raise ModelRetry(str(error)) from error


history: list[Any] = []


def _ask(question: str) -> str:
    run = agent.run_sync(question, message_history=history, conversation_id=SESSION)
    history[:] = run.all_messages()
    return str(run.output)


ask_all(_ask)
telemetry.close()
