"""Growing agent conversations as OTLP bodies, in the current OpenTelemetry GenAI conventions, the same for a seed.

A conversation has 2 to 20 turns. A turn is one trace: an ``invoke_agent`` root, 1 to 4 ``chat`` spans, each carrying
the whole conversation so far, and an ``execute_tool`` span for each tool call. Each live conversation is a process of
its own whose BatchSpanProcessor exports once a turn (a turn of an agent lasts longer than the processor's 5 seconds and
has fewer spans than its 512), so one request holds one turn's spans, in the order in which they ended.
"""

# ruff: noqa: S311 (a seeded generator is the point, nothing here is secret)

import itertools
import random
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from bench.agents import Agent, Tool, invent_agents
from bench.prose import Vocabulary, Writer

TURNS: Final = (2, 20)
CALLS: Final = {1: 0.52, 2: 0.32, 3: 0.12, 4: 0.04}
"""How often a turn takes how many calls of the model; each but the last asks for tools."""
PARALLEL_SHARE: Final = 0.15
"""How often a call asks for two tools at once."""
TOOL_ERROR_SHARE: Final = 0.03
QUESTION_CHARS: Final = (40, 250)
ANSWER_CHARS: Final = (80, 600)
FIRST_START_NS: Final = 1_767_225_600 * 10**9
"""When the first conversation starts, nanoseconds since the epoch: 2026-01-01."""
BETWEEN_CONVERSATIONS_NS: Final = 20 * 10**9
SECOND_NS: Final = 10**9
TOKEN_CHARS: Final = 4
CACHE_BLOCK_TOKENS: Final = 128
SCOPE: Final = ("opentelemetry.util.genai.handler", "1.3b0", "https://opentelemetry.io/schemas/1.37.0")

Attribute = str | int | float | list[str]


class Request(msgspec.Struct, frozen=True):
    """One export: a serialised ``ExportTraceServiceRequest`` and how many spans it holds."""

    body: bytes
    spans: int


class Conversation:
    """One conversation; its turns must be asked for in order, once.

    ``window`` bounds the messages that a call carries to about the last so many, as agents of long sessions do.
    """

    def __init__(self, agent: Agent, vocabulary: Vocabulary, seed: str, *, start_ns: int, window: int | None) -> None:
        self._agent = agent
        self._rng = random.Random(seed)
        self._writer = Writer(vocabulary, self._rng)
        self._window = window
        self._now_ns = start_ns
        self._cached_tokens = 0
        self._history: list[str] = []
        self._session_id: Final = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        self._instance_id: Final = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        customer = f"Customer: {self._writer.name()}, number {self._rng.randrange(10**9)}, since {self._writer.date()}."
        self._instructions: Final = _json([{"type": "text", "content": f"{agent.instructions}\n\n{customer}"}])
        self._trace_id = b""
        self._root_id = b""
        self.message_bytes = 0
        """Bytes of the JSON of all messages so far, each counted once."""

    @property
    def session_id(self) -> str:
        """The ``gen_ai.conversation.id``, a UUID."""
        return self._session_id

    @property
    def service(self) -> str:
        """The ``service.name`` of the process."""
        return self._agent.service

    def turn(self) -> Request:
        """Hold the next turn and return its export."""
        rng = self._rng
        self._trace_id, self._root_id = rng.randbytes(16), rng.randbytes(8)
        start_ns = self._now_ns
        question = self._say("user", [{"type": "text", "content": self._writer.text(rng.randint(*QUESTION_CHARS))}])
        spans: list[Span] = []
        for _ in range(rng.choices(tuple(CALLS), tuple(CALLS.values()))[0] - 1):
            spans += self._step()
        answer = [{"type": "text", "content": self._writer.text(rng.randint(*ANSWER_CHARS))}]
        spans.append(self._chat(answer, "stop"))
        root = {
            "gen_ai.agent.id": self._instance_id,
            "gen_ai.input.messages": f"[{question}]",
            "gen_ai.output.messages": f"[{self._history[-1]}]",
        }
        spans.append(self._span("invoke_agent", self._agent.name, Span.SPAN_KIND_INTERNAL, start_ns, root))
        self._now_ns += rng.randrange(5 * SECOND_NS, 90 * SECOND_NS)
        self._forget()
        return Request(self._export(spans), len(spans))

    def _step(self) -> list[Span]:
        """Let the model ask for one or two tools, and run them."""
        count = 1 + (self._rng.random() < PARALLEL_SHARE)
        calls = [(self._rng.choice(self._agent.tools), f"call_{self._rng.getrandbits(96):024x}") for _ in range(count)]
        parts = [tool.call(call_id, self._writer, self._rng) for tool, call_id in calls]
        chat = self._chat([{"type": "text", "content": self._writer.sentence()}, *parts], "tool_call")
        return [chat, *(self._run(tool, part) for (tool, _), part in zip(calls, parts, strict=True))]

    def _chat(self, parts: list[dict[str, Any]], finish_reason: str) -> Span:
        """Let the model answer with ``parts`` to all that was said."""
        agent, start_ns = self._agent, self._now_ns
        inputs = f"[{','.join(self._history)}]"
        tokens = (len(inputs) + len(self._instructions) + len(agent.definitions)) // TOKEN_CHARS
        cached, self._cached_tokens = self._cached_tokens, tokens // CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS
        said = self._say("assistant", parts)
        self._now_ns += self._rng.randrange(SECOND_NS // 2, 8 * SECOND_NS)
        attributes: dict[str, Attribute] = {
            "gen_ai.provider.name": agent.provider,
            "gen_ai.request.model": agent.model,
            "server.address": "llm.example.com",
            "server.port": 443,
            "gen_ai.request.temperature": agent.temperature,
            "gen_ai.request.top_p": 0.95,
            "gen_ai.request.max_tokens": 2048,
            "gen_ai.response.finish_reasons": [finish_reason],
            "gen_ai.response.model": agent.response_model,
            "gen_ai.response.id": f"resp_{self._rng.getrandbits(128):032x}",
            "gen_ai.usage.input_tokens": tokens,
            "gen_ai.usage.output_tokens": len(said) // TOKEN_CHARS,
            **({"gen_ai.usage.cache_read.input_tokens": min(cached, tokens)} if cached else {}),
            "gen_ai.system_instructions": self._instructions,
            "gen_ai.input.messages": inputs,
            "gen_ai.output.messages": _json([{"role": "assistant", "parts": parts, "finish_reason": finish_reason}]),
            "gen_ai.tool.definitions": agent.definitions,
        }
        return self._span("chat", agent.model, Span.SPAN_KIND_CLIENT, start_ns, attributes)

    def _run(self, tool: Tool, call: dict[str, Any]) -> Span:
        """Run a tool and tell the model of its result."""
        start_ns = self._now_ns
        self._now_ns += self._rng.randrange(SECOND_NS // 50, SECOND_NS)
        failed = self._rng.random() < TOOL_ERROR_SHARE
        result = f"Error: {self._writer.sentence()}" if failed else tool.result(self._writer, self._rng).decode()
        self._say("tool", [{"type": "tool_call_response", "id": call["id"], "response": result}])
        attributes: dict[str, Attribute] = {
            "gen_ai.tool.name": tool.name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.description": tool.description,
            "gen_ai.tool.call.id": call["id"],
            "gen_ai.tool.call.arguments": _json(call["arguments"]),
            **({"error.type": "ToolError"} if failed else {"gen_ai.tool.call.result": result}),
        }
        span = self._span("execute_tool", tool.name, Span.SPAN_KIND_INTERNAL, start_ns, attributes)
        if failed:
            span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=result))
        return span

    def _say(self, role: str, parts: list[dict[str, Any]]) -> str:
        """Add a message to the conversation and return its JSON."""
        message = _json({"role": role, "parts": parts})
        self._history.append(message)
        self.message_bytes += len(message.encode())
        return message

    def _forget(self) -> None:
        """Drop the oldest messages beyond the window, up to a question, so that no result stands without its call."""
        if self._window is None or len(self._history) <= self._window:
            return
        kept = self._history[-self._window :]
        first = next(index for index, message in enumerate(kept) if message.startswith('{"role":"user"'))
        self._history = kept[first:]

    def _span(
        self, operation: str, target: str, kind: Span.SpanKind.ValueType, start_ns: int, own: dict[str, Any]
    ) -> Span:
        """Build a span that ends now; an ``invoke_agent`` is its trace's root."""
        is_root = operation == "invoke_agent"
        attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.agent.name": self._agent.name,
            "gen_ai.conversation.id": self._session_id,
            **own,
        }
        return Span(
            trace_id=self._trace_id,
            span_id=self._root_id if is_root else self._rng.randbytes(8),
            parent_span_id=b"" if is_root else self._root_id,
            name=f"{operation} {target}",
            kind=kind,
            start_time_unix_nano=start_ns,
            end_time_unix_nano=self._now_ns,
            attributes=[_attribute(name, value) for name, value in attributes.items()],
            flags=256,
        )

    def _export(self, spans: Sequence[Span]) -> bytes:
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        resource = {
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "1.45.2",
            "service.instance.id": self._instance_id,
            "service.name": self._agent.service,
        }
        resource_spans.resource.attributes.extend(_attribute(name, value) for name, value in resource.items())
        name, version, schema_url = SCOPE
        scope_spans = ScopeSpans(spans=spans, schema_url=schema_url)
        scope_spans.scope.name, scope_spans.scope.version = name, version
        resource_spans.scope_spans.append(scope_spans)
        return request.SerializeToString()


class Workload:
    """The conversations of one seed: the n-th is the same whoever asks for it, in whatever order."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._vocabulary = Vocabulary(seed)
        self._agents = invent_agents(self._vocabulary, seed)

    def conversation(self, number: int, *, window: int | None = None) -> Conversation:
        """Begin the conversation of this number."""
        agent = self._agents[number % len(self._agents)]
        start_ns = FIRST_START_NS + number * BETWEEN_CONVERSATIONS_NS
        return Conversation(agent, self._vocabulary, f"{self._seed}-{number}", start_ns=start_ns, window=window)

    def turns(self, number: int) -> int:
        """Return how many turns the conversation of this number has."""
        return random.Random(f"{self._seed}-{number}-turns").randint(*TURNS)


def interleave(turns: Sequence[int], live: int, seed: int) -> Iterator[int]:
    """Say whose turn it is: conversation ``i`` appears ``turns[i]`` times, and at most ``live`` are under way.

    A conversation that ends makes room for the next; who of the live ones speaks is random.
    """
    rng = random.Random(seed)
    left = list(turns)
    waiting = iter(range(len(turns)))
    speaking = list(itertools.islice(waiting, live))
    while speaking:
        slot = rng.randrange(len(speaking))
        number = speaking[slot]
        yield number
        left[number] -= 1
        if left[number] == 0:
            speaking[slot : slot + 1] = [after] if (after := next(waiting, None)) is not None else []


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _attribute(name: str, value: Attribute) -> KeyValue:
    pair = KeyValue(key=name)
    match value:
        case int():
            pair.value.int_value = value
        case float():
            pair.value.double_value = value
        case str():
            pair.value.string_value = value
        case _:
            pair.value.array_value.values.extend(_attribute("", item).value for item in value)
    return pair
