"""Strands Agents, which writes spans by itself."""

from common import INSTRUCTIONS, SESSION, WORDS, Telemetry, ask_all, calculate, get_exchange_rate, get_weather
from strands import Agent, tool
from strands.models.bedrock import BedrockModel
from strands.models.openai import OpenAIModel

telemetry = Telemetry()
model = (
    BedrockModel(model_id="anthropic.claude-3-5-sonnet-20241022-v2:0", temperature=0.2, top_p=0.9, max_tokens=512)
    if "bedrock" in WORDS
    else OpenAIModel(model_id="gpt-scripted-1", params={"temperature": 1.3, "max_tokens": 512})
)
agent = Agent(
    model=model,
    system_prompt=INSTRUCTIONS,
    tools=[tool(get_weather), tool(calculate), tool(get_exchange_rate)],
    name="travel-agent",
    agent_id="agent-42",
    callback_handler=None,
    trace_attributes={"session.id": SESSION, "user.id": "u-1"},
)
ask_all(lambda question: str(agent(question)))
telemetry.close()
