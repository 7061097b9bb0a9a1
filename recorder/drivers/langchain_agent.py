"""LangChain's agent under one of its instrumentations, or traced by LangSmith's SDK."""

from importlib import import_module
from typing import Any

from common import EMITTER, INSTRUCTIONS, SESSION, TOOLS, Telemetry, ask_all
from langchain.agents import create_agent
from langchain.agents.middleware import wrap_tool_call
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langchain_core.tracers.langchain import wait_for_all_tracers
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

INSTRUMENTORS = {
    "genai": ("opentelemetry.instrumentation.genai.langchain", "LangChainInstrumentor"),
    "openinference": ("openinference.instrumentation.langchain", "LangChainInstrumentor"),
    "traceloop": ("opentelemetry.instrumentation.langchain", "LangchainInstrumentor"),
}
telemetry = Telemetry()
if instrumentor := INSTRUMENTORS.get(EMITTER.partition("--")[2]):
    telemetry.instrument(getattr(import_module(instrumentor[0]), instrumentor[1])())


@wrap_tool_call
def told_to_the_model(request: Any, run: Any) -> Any:
    """Give the model what a tool raised."""
    try:
        return run(request)
    except ValueError as error:
        return ToolMessage(content=f"Error: {error}", tool_call_id=request.tool_call["id"], status="error")


agent = create_agent(
    ChatOpenAI(model="gpt-scripted-1", temperature=1.3, max_tokens=512, top_p=0.9, max_retries=0),
    [tool(function) for function in TOOLS.values()],
    system_prompt=INSTRUCTIONS,
    checkpointer=InMemorySaver(),
    name="travel_agent",
    middleware=[told_to_the_model],
)
CONFIG: Any = {"configurable": {"thread_id": "thread-7"}, "metadata": {"session_id": SESSION, "user_id": "u-1"}}


def _ask(question: str) -> str:
    state = agent.invoke({"messages": [{"role": "user", "content": question}]}, config=CONFIG)
    return str(state["messages"][-1].content)


ask_all(_ask)
wait_for_all_tracers()
telemetry.close()
