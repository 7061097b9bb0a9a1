"""What the stand-in for a model answers: one scripted conversation, the same through every provider's API."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
Finish: TypeAlias = Literal["stop", "tools", "refusal"]


class Said(msgspec.Struct, frozen=True):
    """A message of a request, as far as the script looks at it: who, what, and how many results of tools."""

    role: Role
    text: str = ""
    results: int = 0


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a call: ``input`` counts all of the prompt, cached ones included."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


class Call(msgspec.Struct, frozen=True):
    """A tool that the model asks for; the id lacks the provider's prefix."""

    id: str
    name: str
    arguments: dict[str, Any]


class Reply(msgspec.Struct, frozen=True):
    """A model's answer."""

    step: str
    usage: Usage
    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    finish: Finish = "stop"

    def id(self, prefix: str) -> str:
        """Return the same id for the same answer, with a provider's prefix."""
        return prefix + _digest("response", self.step, self.usage.input)


class Failure(msgspec.Struct, frozen=True):
    """A model's refusal to answer at all: an HTTP status, after some seconds."""

    step: str
    status: int
    message: str
    after_seconds: float = 0.0


HANG_SECONDS: Final = 3.0
"""Longer than the time-out that drivers set where they provoke one."""
FAILURES: Final = {
    "boom429": Failure("boom429", 429, "Too many requests"),
    "boom500": Failure("boom500", 500, "The model's server failed"),
    "hang": Failure("hang", 500, "The model's server failed", HANG_SECONDS),
}
"""Word in the user's last message to failure."""
REPLIES: Final = {
    reply.step: reply
    for reply in (
        Reply("tools", Usage(212, 48, cache_write=128), "Let me look that up.", finish="tools"),
        Reply("rate", Usage(288, 27, cache_read=128), finish="tools"),
        Reply(
            "final",
            Usage(341, 39, cache_read=192),
            "Paris: 18 C and cloudy. 17*23 = 391. The EUR/XYZ rate lookup failed: unknown currency XYZ.",
        ),
        Reply("refusal", Usage(365, 12, cache_read=192), "I can't help with picking locks.", finish="refusal"),
        Reply(
            "think",
            Usage(64, 90, reasoning=60),
            "The answer is 42.",
            "The user asks for the answer; six times seven is 42.",
        ),
        Reply("long", Usage(30, 1500), "".join(f"Paragraph {n:04} of a very long answer.\n" for n in range(1, 161))),
        Reply("handoff", Usage(150, 18), finish="tools"),
        Reply("billing", Usage(170, 22), "Your refund of 42.00 EUR is on its way."),
        Reply("hello", Usage(20, 8), "Hello! How can I help?"),
    )
}
TOOLS: Final[dict[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "tools": (
        ("get_weather", {"city": "Paris", "unit": "celsius"}),
        ("calculate", {"expression": "17*23"}),
    ),
    "rate": (("get_exchange_rate", {"base": "EUR", "quote": "XYZ"}),),
}
"""Step to the tools that the model asks for in it."""
_HANDOFF: Final = "transfer_to"
_PLUGIN: Final = "-"
"""What stands between the name of a plugin and that of its tool, in Semantic Kernel's requests."""
_TOPICS: Final = {"lock": "refusal", "think": "think", "long": "long"}
"""Word in the user's last message to step, where nothing else decides."""


def answer(messages: Sequence[Said], tools: Sequence[str]) -> Reply | Failure:
    """Return what the model says to messages, given the names of the tools that it may use."""
    asked = max((at for at, said in enumerate(messages) if said.role == "user" and not said.results), default=-1)
    question = messages[asked].text.lower() if asked >= 0 else ""
    results = sum(said.results for said in messages[asked + 1 :])
    for word, failure in FAILURES.items():
        if word in question:
            return failure
    handoffs = [name for name in tools if name.startswith(_HANDOFF)]
    if "refund" in question and handoffs and not results:
        return _calling(REPLIES["handoff"], ((handoffs[0], {}),), len(messages))
    named = {name.rpartition(_PLUGIN)[2]: name for name in tools}
    step = _step(question, results, [*named])
    calls = [(named[name], arguments) for name, arguments in TOOLS.get(step, ()) if name in named]
    return _calling(REPLIES[step], calls, len(messages))


def _step(question: str, results: int, tools: Sequence[str]) -> str:
    if "refund" in question:
        return "billing"
    if "weather" in question and "get_weather" in tools:
        if results == 0:
            return "tools"
        return "rate" if results == len(TOOLS["tools"]) and "get_exchange_rate" in tools else "final"
    return next((step for word, step in _TOPICS.items() if word in question), "hello")


def _calling(reply: Reply, tools: Sequence[tuple[str, dict[str, Any]]], messages: int) -> Reply:
    calls = tuple(
        Call(_digest("call", reply.step, at, messages), name, arguments) for at, (name, arguments) in enumerate(tools)
    )
    return msgspec.structs.replace(reply, calls=calls)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]
