"""What the server under the browser is filled with: recorded exports, many conversations, and odd ones of each kind."""

import json
import random
import time
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.captures import CAPTURES, DATA
from tests.integration.exports import EPOCH_NS, SECOND_NS, Attribute, Conversation, Ids, export, place, said, span
from tests.integration.serving import JSON, Place, Server

CONTACT: Final = "4711aaaa-0000-4000-8000-000000004711"
SUPPORT: Final = "support-desk"
MANY: Final = 90
"""Conversations beside the special ones: more than a page of the list."""
LEVELS: Final = 400
BIG_CHARS: Final = 5_000_000
HOSTILE: Final = (
    "<script>window.ran=1</script><img src=x onerror='window.ran=1'>\x1b[31mred\x00\u202egnp.exe"
    "[click](javascript:window.ran=1) {{7*7}} &lt;b&gt;"
)
RIGHT_TO_LEFT: Final = "שלום, מה מזג האוויר בפריז? 👩‍👩‍👧 مرحبا"
MARKDOWN: Final = (
    "# Offers\n\n- **Paris** in `May`\n- [terms](https://example.com/terms)\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)

_RNG: Final = random.Random(5)  # noqa: S311 (the same world each time)


class Story:
    """One trace of a session, told span by span in order of time."""

    def __init__(self, session: str, service: str = SUPPORT, start_ns: int = EPOCH_NS + 2_000_000 * SECOND_NS) -> None:
        self.spans: list[Span] = []
        self._parents: dict[bytes, Span] = {}
        self.place: Final[Place] = place(str(uuid.UUID(session)), service)
        self.trace: Final = _RNG.randbytes(16)
        self._session, self._service, self._now_ns = session, service, start_ns

    def tell(
        self, name: str, attributes: dict[str, Attribute], *, parent: Span | None = None, seconds: float = 1.0
    ) -> Span:
        """Add a span, after calls before it ended and after anything else before it began.

        All above it are stretched to its end.
        """
        self._now_ns += SECOND_NS // 10
        begun_ns = self._now_ns
        end_ns = begun_ns + int(seconds * SECOND_NS)
        if attributes.get("gen_ai.operation.name") in {"chat", "execute_tool"}:
            self._now_ns = end_ns
        told = span(
            Ids(self.trace, _RNG.randbytes(8)),
            parent.span_id if parent else b"",
            name,
            attributes | {"gen_ai.conversation.id": self._session},
            start_ns=begun_ns,
            end_ns=end_ns,
        )
        self.spans.append(told)
        if parent:
            self._parents[told.span_id] = parent
        while parent:
            parent.end_time_unix_nano = max(parent.end_time_unix_nano, end_ns)
            parent = self._parents.get(parent.span_id)
        return told

    def fail(self, told: Span, description: str, error_type: str) -> None:
        """Let a span end in an error."""
        told.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=description))
        told.attributes.add(key="error.type").value.string_value = error_type

    @property
    def body(self) -> bytes:
        """The request that exports it."""
        return export(*self.spans, service=self._service).body


def chat(inputs: list[dict[str, Any]], outputs: list[dict[str, Any]], **more: Attribute) -> dict[str, Attribute]:
    """Return the attributes of a model's call."""
    attributes: dict[str, Attribute] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.usage.input_tokens": 400 + 150 * len(inputs),
        "gen_ai.usage.cache_read.input_tokens": 256,
        "gen_ai.usage.output_tokens": 60,
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "You book trips. Be brief."}]),
        "gen_ai.input.messages": json.dumps(inputs),
        "gen_ai.output.messages": json.dumps(outputs),
    }
    return attributes | more


def agent(name: str, **more: Attribute) -> dict[str, Attribute]:
    """Return the attributes of an agent's run."""
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name} | more


def tool(name: str, call: str, arguments: dict[str, Any], **more: Attribute) -> dict[str, Attribute]:
    """Return the attributes of a tool's run."""
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call,
        "gen_ai.tool.call.arguments": json.dumps(arguments),
    } | more


def contact() -> Story:
    """Tell the contact that people look for: two tools at once, one fails, a hand-off, a guardrail, an escalation."""
    story = Story(CONTACT, start_ns=time.time_ns() - 7_200 * SECOND_NS)  # above the recorded ones
    question = said(
        "user", "My booking BX-2231 to Lisbon was cancelled. Find me another flight and refund the old one."
    )
    calls = [
        {"type": "tool_call", "id": "call_f", "name": "find_flights", "arguments": {"to": "LIS", "day": "2026-06-01"}},
        {"type": "tool_call", "id": "call_b", "name": "get_booking", "arguments": {"id": "BX-2231"}},
    ]
    thought = {"type": "reasoning", "content": "Two things are asked for: a flight and a refund."}
    first = said("assistant", thought, "I will look for flights and at your booking.", *calls)
    results = [
        said("tool", {"type": "tool_call_response", "id": "call_f", "response": {"flights": ["TP 561", "LH 1172"]}}),
        said("tool", {"type": "tool_call_response", "id": "call_b", "response": "Error: no such booking"}),
    ]
    guard = [
        {
            "guardrailId": "gr-1",
            "guardrailName": "house rules",
            "source": "OUTPUT",
            "action": "MASKED",
            "policies": [
                {"policyType": "SENSITIVE_INFORMATION_PII", "action": "MASKED", "details": "NAME"},
                {"policyType": "TOPIC", "action": "NONE"},
            ],
        }
    ]
    root = story.tell("invoke_agent trip-planner", agent("trip-planner", **{"spanglass.contactId": CONTACT}))
    story.tell("chat", chat([question], [first], **{"gen_ai.response.time_to_first_chunk": 0.4}), parent=root)
    found = {"gen_ai.tool.call.result": '{"flights":["TP 561","LH 1172"]}'}
    story.tell("execute_tool find_flights", tool("find_flights", "call_f", {"to": "LIS"}, **found), parent=root)
    broken = story.tell("execute_tool get_booking", tool("get_booking", "call_b", {"id": "BX-2231"}), parent=root)
    story.fail(broken, "no such booking: BX-2231", "BookingError")
    answer = said("assistant", MARKDOWN)
    verdicts: dict[str, Attribute] = {"spanglass.guardrailAssessments": json.dumps(guard)}
    story.tell("chat", chat([question, first, *results], [answer], **verdicts), parent=root, seconds=3)
    handed: dict[str, Attribute] = {"spanglass.interactionMode": "HANDOFF", "spanglass.targetAgentId": "refunds"}
    refunds = story.tell("invoke_agent refunds", agent("refunds", **handed), parent=root)
    slow = story.tell(
        "execute_tool refund", tool("refund", "call_r", {"booking": "BX-2231"}), parent=refunds, seconds=8
    )
    story.fail(slow, "no answer within 8 s", "timeout")
    gone: dict[str, Attribute] = {
        "gen_ai.operation.name": "escalate_agent",
        "gen_ai.agent.name": "refunds",
        "spanglass.returnReason": "ESCALATE",
    }
    story.tell("escalate_agent", gone, parent=refunds, seconds=0.1)
    return story


def one(
    session: str,
    question: str,
    answer: str,
    more: dict[str, Attribute] | None = None,
    start_ns: int = EPOCH_NS + 1_000_000 * SECOND_NS,
) -> Story:
    """Tell a session of one call."""
    story = Story(session, start_ns=start_ns)
    story.tell("chat", chat([said("user", question)], [said("assistant", answer)], **(more or {})))
    return story


def deep() -> Story:
    """Tell a session of many levels, the deepest of which failed."""
    story = Story("dee00000-0000-4000-8000-000000000400")
    parent = story.tell("level 0", agent("deep"))
    for level in range(1, LEVELS):
        parent = story.tell(f"level {level}", {"step": level}, parent=parent, seconds=0.01)
    story.fail(parent, "the bottom gave way", "DepthError")
    return story


MAPPED_ID: Final = "3a990000-0000-4000-8000-000000003a99"
HOSTILE_ID: Final = "bad00000-0000-4000-8000-00000000bad0"
RTL_ID: Final = "0e110000-0000-4000-8000-00000000e110"
BIG_ID: Final = "b1600000-0000-4000-8000-00000000b160"
DEEP_ID: Final = "dee00000-0000-4000-8000-000000000400"


def mapped() -> Story:
    """Tell a session of one call whose attributes are of two dialects, some used, some not, some of nobody."""
    story = Story(MAPPED_ID)
    attributes: dict[str, Attribute] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.request.temperature": 1.3,
        "gen_ai.usage.prompt_tokens": 30,
        "gen_ai.usage.input_tokens": 31,
        "llm.provider": "openai",
        "app.note": "mine",
    }
    told = story.tell("chat", attributes)
    asked = told.events.add(name="gen_ai.user.message", time_unix_nano=told.start_time_unix_nano)
    asked.attributes.add(key="content").value.string_value = "Two nights in Porto, please."
    return story


def stories() -> Iterator[Story]:
    """Tell all special sessions."""
    yield contact()
    hostile: dict[str, Attribute] = {"gen_ai.agent.name": HOSTILE, "x<b>": HOSTILE}
    yield one(HOSTILE_ID, HOSTILE, HOSTILE, hostile)
    yield one(RTL_ID, RIGHT_TO_LEFT, RIGHT_TO_LEFT)
    yield one(BIG_ID, "Repeat the terms.", "x" * 79 + "\n" + ("terms and conditions " * 4 + "\n") * (BIG_CHARS // 85))
    yield deep()
    yield mapped()


def recorded() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Return the recorded exports: where each is sent, its body and its headers."""
    protobuf = {"content-type": "application/x-protobuf"}
    for capture in CAPTURES:
        for path in sorted((DATA / capture).parent.glob(f"{(DATA / capture).name}.*")):
            if path.name.endswith(".truth.json"):
                continue
            target = "/v1/logs" if ".logs" in path.name else "/v1/traces"
            yield target, path.read_bytes(), JSON if path.suffix == ".json" else protobuf


def fill(server: Server) -> None:
    """Send it all."""
    for target, body, headers in recorded():
        assert server.ask(target, body, headers).status == 200
    for number in range(MANY):
        conversation = Conversation(random.Random(number), words=12)  # noqa: S311
        for turn in islice(conversation.turns(2), 2):
            server.export(export(*turn, service=f"desk-{number % 3}").body)
    server.export(*(story.body for story in stories()))
