"""Spans of agents written by hand, on top of the OpenTelemetry SDK, with what only QConnect has.

``setup`` says where spans go. ``agent``, ``inference`` and ``tool`` are contexts, and decorators, around what they
record; ``conversation`` says which session, contact and assistant all spans within belong to, those of other
instrumentations included. Nothing here raises into the program that is recorded.
"""

try:
    import opentelemetry.sdk  # noqa: F401 (told apart from what else may be missing)
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "spanglass.record needs the OpenTelemetry SDK: pip install 'spanglass[record]'", name="opentelemetry"
    ) from error

from spanglass.record.inheritance import Inheriting, conversation
from spanglass.record.messages import bot, customer, human, reasoning, text, tool_call, tool_result
from spanglass.record.sending import setup
from spanglass.record.spans import agent, barge_in, escalation, inference, tool

__all__ = [
    "Inheriting",
    "agent",
    "barge_in",
    "bot",
    "conversation",
    "customer",
    "escalation",
    "human",
    "inference",
    "reasoning",
    "setup",
    "text",
    "tool",
    "tool_call",
    "tool_result",
]
