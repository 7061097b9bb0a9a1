"""The agents that hold the conversations: their instructions, their tools, and what the tools answer."""

# ruff: noqa: S311 (a seeded generator is the point, nothing here is secret)

import random
from collections.abc import Callable
from typing import Any, Final

import msgspec

from bench.prose import Vocabulary, Writer

AGENTS: Final = 12
SERVICES: Final = ("support-desk", "travel-desk", "billing-bot", "warehouse-agent")
"""The ``service.name`` of each process; an assistant of Spanglass is one of these."""
MODELS: Final = (
    ("openai", "gpt-5.2-mini", "gpt-5.2-mini-2026-08-01"),
    ("anthropic", "claude-sonnet-5", "claude-sonnet-5-20260715"),
    ("aws.bedrock", "us.amazon.nova-pro-v2:0", "us.amazon.nova-pro-v2:0"),
)
VERBS: Final = ("get", "find", "list", "check", "update", "create", "cancel", "search", "track", "estimate")
FIELDS: Final[dict[str, Callable[[Writer, random.Random], object]]] = {
    "id": lambda writer, _: writer.order_id(),
    "status": lambda _, rng: rng.choice(("pending", "confirmed", "shipped", "delivered", "cancelled", "on_hold")),
    "amount": lambda _, rng: rng.randrange(100, 500_000) / 100,
    "currency": lambda _, rng: rng.choice(("USD", "EUR", "GBP", "JPY")),
    "date": lambda writer, rng: f"{writer.date()}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00Z",
    "name": lambda writer, _: writer.name(),
    "note": lambda writer, rng: writer.text(rng.randint(20, 140)),
    "count": lambda _, rng: rng.randrange(1, 400),
    "active": lambda _, rng: rng.random() < 0.7,  # noqa: PLR2004 (a share)
    "token": lambda _, rng: f"{rng.getrandbits(64):016x}",
}
"""The kinds of a tool result's fields, each with how a value is made."""
INSTRUCTIONS_CHARS: Final = (900, 2400)
RESULT_BYTES: Final = (100, 1300)


class Tool(msgspec.Struct, frozen=True):
    """A function that a model may call; ``fields`` are those of its result, (name, kind in ``FIELDS``)."""

    name: str
    description: str
    parameters: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def invent(cls, writer: Writer, rng: random.Random) -> "Tool":
        """Make up a tool."""
        noun = writer.words(1)
        kinds = rng.sample(sorted(FIELDS), rng.randint(4, 8))
        return cls(
            name=f"{rng.choice(VERBS)}_{noun}",
            description=writer.sentence(),
            parameters=tuple(dict.fromkeys(f"{noun}_{word}" for word in writer.words(rng.randint(1, 4)).split())),
            fields=tuple((f"{writer.words(1)}_{kind}", kind) for kind in kinds),
        )

    def definition(self) -> dict[str, Any]:
        """Return the tool as an element of ``gen_ai.tool.definitions``."""
        properties = {name: {"type": "string", "description": name.replace("_", " ")} for name in self.parameters}
        schema = {"type": "object", "properties": properties, "required": self.parameters[:1]}
        return {"type": "function", "name": self.name, "description": self.description, "parameters": schema}

    def call(self, call_id: str, writer: Writer, rng: random.Random) -> dict[str, Any]:
        """Make up a call, as a part of a message."""
        makers = (writer.order_id, writer.name, writer.date, lambda: writer.words(rng.randint(1, 6)))
        arguments = {name: rng.choice(makers)() for name in self.parameters}
        return {"type": "tool_call", "id": call_id, "name": self.name, "arguments": arguments}

    def result(self, writer: Writer, rng: random.Random) -> bytes:
        """Make up a call's result, JSON of about ``RESULT_BYTES``."""
        wanted = rng.triangular(*RESULT_BYTES, RESULT_BYTES[0])
        items = [self._item(writer, rng)]
        while len(encoded := msgspec.json.encode({"items": items, "total": len(items)})) < wanted:
            items.append(self._item(writer, rng))
        return encoded if len(items) > 1 else msgspec.json.encode(items[0])

    def _item(self, writer: Writer, rng: random.Random) -> dict[str, Any]:
        return {name: FIELDS[kind](writer, rng) for name, kind in self.fields}


class Agent(msgspec.Struct, frozen=True):
    """One agent as deployed: what is equal in all its calls."""

    name: str
    service: str
    provider: str
    model: str
    response_model: str
    temperature: float
    instructions: str
    tools: tuple[Tool, ...]
    definitions: str
    """``gen_ai.tool.definitions``, JSON text."""

    @classmethod
    def invent(cls, vocabulary: Vocabulary, seed: str) -> "Agent":
        """Make up an agent; the same for the same seed."""
        rng = random.Random(seed)
        writer = Writer(vocabulary, rng)
        provider, model, response_model = rng.choice(MODELS)
        tools = tuple(Tool.invent(writer, rng) for _ in range(rng.randint(3, 7)))
        return cls(
            name=f"{writer.words(1)}-agent",
            service=rng.choice(SERVICES),
            provider=provider,
            model=model,
            response_model=response_model,
            temperature=rng.choice((0.0, 0.2, 0.7, 1.0)),
            instructions=writer.text(rng.randint(*INSTRUCTIONS_CHARS)),
            tools=tools,
            definitions=msgspec.json.encode([tool.definition() for tool in tools]).decode(),
        )


def invent_agents(vocabulary: Vocabulary, seed: int) -> list[Agent]:
    """Make up the agents of a workload."""
    return [Agent.invent(vocabulary, f"{seed}-agent-{number}") for number in range(AGENTS)]
