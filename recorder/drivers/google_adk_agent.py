"""Google's Agent Development Kit, which writes spans by itself, alone or under OpenInference's instrumentation."""

from importlib import import_module
from typing import Any

from common import EMITTER, INSTRUCTIONS, SESSION, TOOLS, WORDS, Telemetry, ask_all
from google.adk.agents import LlmAgent, RunConfig
from google.adk.agents.run_config import StreamingMode
from google.adk.runners import InMemoryRunner
from google.genai import types

telemetry = Telemetry()
if EMITTER.endswith("openinference"):
    telemetry.instrument(import_module("openinference.instrumentation.google_adk").GoogleADKInstrumentor())


def only_ours(callback_context: Any, llm_request: Any) -> None:  # noqa: ARG001 (ADK calls it by name)
    """Take out what ADK adds to the instructions."""
    llm_request.config.system_instruction = INSTRUCTIONS


def told_to_the_model(tool: Any, args: Any, tool_context: Any, error: Exception) -> dict[str, str]:  # noqa: ARG001
    """Give the model what a tool raised."""
    return {"error": f"Error: {error}"}


agent = LlmAgent(
    name="travel_agent",
    model="gemini-scripted-1",
    static_instruction=INSTRUCTIONS,
    tools=list(TOOLS.values()),
    generate_content_config=types.GenerateContentConfig(temperature=0.3, max_output_tokens=512, top_p=0.9),
    before_model_callback=only_ours,
    on_tool_error_callback=told_to_the_model,
)
runner = InMemoryRunner(agent, app_name="travel")
runner.session_service.create_session_sync(app_name="travel", user_id="u-1", session_id=SESSION)
config = RunConfig(streaming_mode=StreamingMode.SSE if "stream" in WORDS else StreamingMode.NONE)


def _ask(question: str) -> str:
    content = types.Content(role="user", parts=[types.Part(text=question)])
    events = list(runner.run(user_id="u-1", session_id=SESSION, new_message=content, run_config=config))
    last = events[-1]
    if last.error_code and not last.content:
        raise RuntimeError(last.error_message)
    return "".join(part.text or "" for part in last.content.parts)


ask_all(_ask)
telemetry.close()
