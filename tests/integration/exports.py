"""OTLP requests as an agent's exporter sends them: conversations that grow, with the session's id on any span."""

import json
import random
import uuid
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from spanglass.model.place import NAMESPACE_ASSISTANT, NAMESPACE_SPAN
from tests.integration.serving import Place

Json: TypeAlias = dict[str, Any]
Attribute: TypeAlias = str | int | float | bool | list[str]

ID_NAMES: Final = ("traceId", "spanId", "parentSpanId")
SERVICE: Final = "travel-desk"
SECOND_NS: Final = 1_000_000_000
EPOCH_NS: Final = 1_780_000_000 * SECOND_NS
WORDS: Final = ("Paris", "weather", "refund", "Größe", "17*23", "ticket", "тариф", "invoice", "hotel", "naïve", "🙂")


class Ids(NamedTuple):
    """A span as OpenTelemetry names it."""

    trace: bytes
    span: bytes

    @property
    def uuid(self) -> str:
        """The spanId that ListSpans shows."""
        return str(uuid.uuid5(NAMESPACE_SPAN, self.trace.hex() + self.span.hex()))


class Export(NamedTuple):
    """A request in protobuf, and the spans in it."""

    body: bytes
    ids: tuple[Ids, ...]


def place(session: str | bytes, service: str = SERVICE) -> Place:
    """Return where the spans of a session are listed: its id, a UUID, or the trace that stands for it."""
    shown = session if isinstance(session, str) else str(uuid.UUID(bytes=session))
    return Place(str(uuid.uuid5(NAMESPACE_ASSISTANT, service)), shown)


def span(
    ids: Ids, parent: bytes, name: str, attributes: Mapping[str, Attribute], *, start_ns: int, end_ns: int
) -> Span:
    """Return a span."""
    return Span(
        trace_id=ids.trace,
        span_id=ids.span,
        parent_span_id=parent,
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=end_ns,
        attributes=[KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()],
    )


def any_value(value: Attribute) -> AnyValue:
    """Return an attribute's value."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
    made = AnyValue()
    made.array_value.values.extend(map(any_value, value))
    return made


def message(*spans: Span, service: str = SERVICE) -> ExportTraceServiceRequest:
    """Return a request of one resource and one scope."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = service
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "agent"
    scope_spans.spans.extend(spans)
    return request


def export(*spans: Span, service: str = SERVICE) -> Export:
    """Return a request with the ids of its spans."""
    body = message(*spans, service=service).SerializeToString()
    return Export(body, tuple(Ids(each.trace_id, each.span_id) for each in spans))


def as_json(body: bytes) -> bytes:
    """Return a request in OTLP/JSON instead of protobuf: proto3's JSON but for ids, which are hexadecimal."""
    made = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    for resource_spans in made["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for each in scope_spans["spans"]:
                each |= {name: b64decode(each[name]).hex() for name in ID_NAMES if name in each}
    return json.dumps(made).encode()


def chat(
    ids: Ids,
    start_ns: int,
    inputs: Sequence[Json],
    outputs: Sequence[Json],
    *,
    parent: bytes = b"",
    **attributes: Attribute,
) -> Span:
    """Return a call of a model; further attributes are written with ``__`` for a dot."""
    given: dict[str, Attribute] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-fake-1",
        "gen_ai.usage.input_tokens": 20 * len(inputs),
        "gen_ai.usage.output_tokens": 20 * len(outputs),
        "gen_ai.input.messages": json.dumps(inputs, ensure_ascii=False),
        "gen_ai.output.messages": json.dumps(outputs, ensure_ascii=False),
    }
    given |= {key.replace("__", "."): value for key, value in attributes.items()}
    return span(ids, parent, "chat gpt-fake-1", given, start_ns=start_ns, end_ns=start_ns + SECOND_NS)


def said(role: str, *parts: Json | str, **members: str) -> Json:
    """Return a message of the conventions; a text stands for a text part."""
    made = [{"type": "text", "content": part} if isinstance(part, str) else part for part in parts]
    return {"role": role, "parts": made, **members}


class Turn(NamedTuple):
    """What one question of a customer's leads to: an agent's span, two calls of a model, and a tool's run between."""

    agent: Span
    first: Span
    tool: Span
    second: Span


class Conversation:
    """A conversation that repeats itself in each call, as agents' do; the same ``rng`` makes the same one."""

    def __init__(self, rng: random.Random, *, words: int = 30, vocabulary: Sequence[str] = WORDS) -> None:
        self.session = str(uuid.UUID(bytes=rng.randbytes(16), version=4))
        self.messages: list[Json] = []
        self._rng = rng
        self._words = words
        self._vocabulary = vocabulary
        self._now_ns = EPOCH_NS + rng.randrange(10**6) * SECOND_NS

    def turns(self, count: int, *, session_on: frozenset[str] = frozenset({"agent"})) -> Iterator[Turn]:
        """Go on; the session's id stands on the spans of these names in ``Turn``."""
        for _ in range(count):
            yield self._turn({name: {"gen_ai.conversation.id": self.session} for name in session_on})

    def _turn(self, told: Mapping[str, Mapping[str, Attribute]]) -> Turn:
        rng, trace = self._rng, self._rng.randbytes(16)
        agent, first, tool, second = (Ids(trace, rng.randbytes(8)) for _ in range(4))
        use = f"call_{rng.getrandbits(64):x}"
        arguments, result = {"query": self._text(), "limit": rng.randrange(9)}, self._text()
        started = self._now_ns
        self.messages.append(said("user", self._text()))
        call = said("assistant", {"type": "tool_call", "id": use, "name": "find_offers", "arguments": arguments})
        spans = [self._call(first, agent.span, call | {"finish_reason": "tool_call"}, told.get("first", {}))]
        start_ns = self._tick()
        tool_attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "find_offers",
            "gen_ai.tool.call.id": use,
            "gen_ai.tool.call.arguments": json.dumps(arguments),
            "gen_ai.tool.call.result": result,
        }
        spans.append(
            span(
                tool,
                agent.span,
                "execute_tool find_offers",
                tool_attributes | dict(told.get("tool", {})),
                start_ns=start_ns,
                end_ns=self._tick(),
            )
        )
        self.messages.append(said("tool", {"type": "tool_call_response", "id": use, "response": result}))
        answer = said("assistant", self._text())
        spans.append(self._call(second, agent.span, answer | {"finish_reason": "stop"}, told.get("second", {})))
        agent_attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "travel-agent",
        }
        root = span(
            agent,
            b"",
            "invoke_agent travel-agent",
            agent_attributes | dict(told.get("agent", {})),
            start_ns=started,
            end_ns=self._tick(),
        )
        return Turn(root, *spans)

    def _call(self, ids: Ids, parent: bytes, answer: Json, told: Mapping[str, Attribute]) -> Span:
        start_ns = self._tick()
        made = chat(ids, start_ns, self.messages, [answer], parent=parent)
        made.attributes.extend(KeyValue(key=key, value=any_value(value)) for key, value in told.items())
        made.end_time_unix_nano = self._tick()
        self.messages.append({key: value for key, value in answer.items() if key != "finish_reason"})
        return made

    def _text(self) -> str:
        return " ".join(self._rng.choices(self._vocabulary, k=self._words))

    def _tick(self) -> int:
        """Let some time pass, a few microseconds aside from any whole millisecond."""
        self._now_ns += self._rng.randrange(1, SECOND_NS)
        return self._now_ns
