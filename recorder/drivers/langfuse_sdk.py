"""OpenAI's SDK in a loop of the driver's own, traced by Langfuse's SDK."""

import json
import os
from typing import Any

from common import INSTRUCTIONS, PARAMETERS, SESSION, TOOLS, Telemetry, ask_all, schema
from langfuse import Langfuse, observe, propagate_attributes
from langfuse.openai import OpenAI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider

telemetry = Telemetry()
langfuse = Langfuse(
    base_url=os.environ["RECORDER_URL"],
    span_exporter=OTLPSpanExporter(),
    tracer_provider=TracerProvider(),  # the common one exports by itself
)
client = OpenAI(max_retries=0)
observed = {name: observe(tool, name=name, as_type="tool") for name, tool in TOOLS.items()}
definitions: list[Any] = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": schema(name)}}
    for name in PARAMETERS
]
messages: list[Any] = [{"role": "system", "content": INSTRUCTIONS}]


def _run(call: Any) -> str:
    try:
        return observed[call.function.name](**json.loads(call.function.arguments))
    except ValueError as error:
        return f"Error: {error}"


@observe(name="travel-agent", as_type="agent")
def _ask(question: str) -> str:
    messages.append({"role": "user", "content": question})
    with propagate_attributes(session_id=SESSION, user_id="u-1"):
        while True:
            message = (
                client.chat.completions.create(
                    model="gpt-scripted-1", temperature=1.3, max_tokens=512, tools=definitions, messages=messages
                )
                .choices[0]
                .message
            )
            messages.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return message.content or message.refusal or ""
            messages.extend(
                {"role": "tool", "tool_call_id": call.id, "content": _run(call)} for call in message.tool_calls
            )


ask_all(_ask)
langfuse.shutdown()
telemetry.close()
