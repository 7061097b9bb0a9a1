"""Sessions in a few readable lines: what an agent did, turn by turn, as spans of ListSpans's shape.

    session = Session("contact-7")
    turn = session.turn("Where is my order?")
    turn.asks(Tool("find_order", {"id": 7}, result="shipped"), text="Let me look that up.")
    turn.says("It was shipped yesterday.")

Ids, times and tokens follow from what is built, so the same lines make the same session.
"""

import uuid
from collections.abc import Iterable
from typing import Any, Final, Self, TypeAlias

import msgspec

from spanglass.model.place import assistant_named, session_named

Json: TypeAlias = dict[str, Any]

START_SECONDS: Final = 1_767_225_600
"""When sessions begin, seconds since the epoch: 2026-01-01."""
BETWEEN_TURNS_MS: Final = 5_000
INFERENCE_MS: Final = 800
TOOL_MS: Final = 200
CHARS_A_TOKEN: Final = 4
MESSAGES_MAX: Final = 50
"""Messages of a list that the service model admits, the newest."""
INSTRUCTIONS: Final = "You help customers."


class Tool(msgspec.Struct, frozen=True):
    """A tool that a model asks for: it returns ``result``, or fails with ``error``."""

    name: str
    arguments: Any = {}
    result: str = ""
    error: str = ""


def text(value: str, **more: Any) -> Json:  # noqa: ANN401 (members of SpanTextValue)
    """Return a text as a SpanMessageValue."""
    return {"text": {"value": value} | more}


class Session:
    """A session and its spans; its ids follow from its name and its assistant's.

    A model is given the newest messages of the conversation, as many as the session ``remembers``.
    """

    def __init__(
        self,
        name: str = "session",
        *,
        assistant: str = "assistant",
        model: str = "anthropic.claude-sonnet-4",
        instructions: str = INSTRUCTIONS,
        remembers: int = MESSAGES_MAX,
    ) -> None:
        assistant_id, _ = assistant_named(assistant)
        session_id, _ = session_named(name, assistant_id)
        self.name: Final = name
        self.assistant_id: Final = str(uuid.UUID(bytes=assistant_id))
        self.session_id: Final = str(uuid.UUID(bytes=session_id))
        self.model: Final = model
        self.instructions: Final = instructions
        self.remembers: Final = remembers
        self.spans: Final[list[Json]] = []
        """In ListSpans's shape, in order of making."""
        self.said: Final[list[Json]] = []
        """The conversation so far, as SpanMessages."""
        self.now_ms: int = 0
        """Milliseconds since the session began."""

    def turn(self, question: str = "", *, agent: str = "assistant") -> "Turn":
        """Begin a turn: the customer says something, and an agent is invoked for it."""
        if self.spans:
            self.now_ms += BETWEEN_TURNS_MS
        return Turn(self, question, agent=agent)

    def id(self, *parts: object) -> str:
        """Return the UUID of something of this session, the same for the same parts."""
        return str(uuid.uuid5(uuid.UUID(self.session_id), repr(parts)))

    def seconds(self, ms: int) -> float:
        """Return a time of the session as ListSpans gives it."""
        return START_SECONDS + ms / 1000

    def span(self, operation: str, *, parent: str = "", lasts_ms: int = 0, **members: Any) -> Json:  # noqa: ANN401
        """Add a span that begins now; ``members`` are those of Span, ``attributes`` among them, over what is usual."""
        span: Json = {
            "spanId": self.id("span", len(self.spans)),
            "assistantId": self.assistant_id,
            "sessionId": self.session_id,
            "spanName": operation,
            "spanType": "INTERNAL",
            "startTimestamp": self.seconds(self.now_ms),
            "endTimestamp": self.seconds(self.now_ms + lasts_ms),
            "status": "OK",
            "requestId": self.id("request"),
        }
        if parent:
            span["parentSpanId"] = parent
        attributes = {"operationName": operation, "sessionName": self.name, "contactId": self.id("contact")}
        span |= members | {"attributes": attributes | members.get("attributes", {})}
        self.spans.append(span)
        self.now_ms += lasts_ms
        return span

    def message(self, participant: str, values: Iterable[Json]) -> Json:
        """Say something now; the message joins the conversation."""
        said = {
            "messageId": self.id("message", len(self.said)),
            "participant": participant,
            "timestamp": self.seconds(self.now_ms),
            "values": list(values),
        }
        self.said.append(said)
        return said


class Turn:
    """One turn: an ``invoke_agent`` span, and what was done below it."""

    def __init__(self, session: Session, question: str, *, agent: str, parent: "Turn | None" = None) -> None:
        self.session: Final = session
        self.agent: Final = agent
        self.parent: Final[Turn | None] = parent
        self._thought = ""
        self.request_id: Final[str] = parent.request_id if parent else session.id("request", len(session.spans))
        if question:
            session.message("CUSTOMER", [text(question)])
        self.root: Final[Json] = session.span(
            "invoke_agent",
            parent=parent.root["spanId"] if parent else "",
            spanType="INTERNAL" if parent else "SERVER",
            requestId=self.request_id,
            attributes=self._agent(),
        )
        session.now_ms += 1  # spans are listed in order of start, and what an agent does comes after it

    def thinks(self, reasoning: str) -> Self:
        """Have the next answer begin with reasoning."""
        self._thought = reasoning
        return self

    def says(self, answer: str, *, finish: str = "end_turn", **more: Any) -> Self:  # noqa: ANN401
        """Have the model answer; ``more`` are members of SpanTextValue, such as ``citations``."""
        return self.infers([text(answer, **more)], finish)

    def asks(self, *tools: Tool, text: str = "") -> Self:
        """Have the model ask for tools, all at once, then run them."""
        uses = [
            {"toolUseId": self.session.id("use", len(self.session.said), number), "name": tool.name}
            | {"arguments": tool.arguments}
            for number, tool in enumerate(tools)
        ]
        before = [{"text": {"value": text}}] if text else []
        self.infers([*before, *({"toolUse": use} for use in uses)], "tool_use")
        results = [self._run(tool, use) for tool, use in zip(tools, uses, strict=True)]
        self.session.message("BOT", results)
        return self

    def infers(self, values: Iterable[Json], finish: str = "end_turn", **members: Any) -> Self:  # noqa: ANN401
        """Have the model answer with these SpanMessageValues; ``members`` are the span's."""
        heard = self._heard()
        thought = [{"reasoning": {"value": self._thought}}] if self._thought else []
        self._thought = ""
        span = self._child("inference", INFERENCE_MS, spanType="CLIENT", **members)
        answer = self.session.message("BOT", [*thought, *values])
        span["attributes"] |= (
            self._model()
            | heard
            | {
                "outputMessages": [answer],
                "responseFinishReasons": [finish],
                "timeToFirstTokenMs": INFERENCE_MS // 4,
            }
        )
        span["attributes"] |= _usage(heard, [answer]) | members.get("attributes", {})
        return self._ended()

    def fails(self, error_type: str, description: str, *, status: str = "ERROR") -> Self:
        """Have the call of the model fail, without an answer."""
        told = {"status": status, "statusDescription": description}
        span = self._child("inference", INFERENCE_MS, spanType="CLIENT", **told)
        span["attributes"] |= self._model() | self._heard() | {"errorType": error_type}
        self.root.update(told)
        self.root["attributes"]["errorType"] = error_type
        return self._ended()

    def is_interrupted(self) -> Self:
        """Have the customer speak before the model has answered: barge-in."""
        span = self._child("inference", INFERENCE_MS, spanType="CLIENT")
        span |= {"status": "ERROR", "statusDescription": "Abandoning due to barge-in"}
        span["attributes"] |= self._model() | self._heard() | {"errorType": "barge_in"}
        self._child("barge_in", 0)
        return self._ended()

    def escalates(self) -> Self:
        """Have the agent give the contact to a person."""
        self._child("escalate_agent", 0)
        self.root["attributes"]["returnReason"] = "ESCALATE"
        return self._ended()

    def hands_over(self, agent: str) -> "Turn":
        """Have another agent take over; return its part of the turn."""
        return self._to("HANDOFF", agent)

    def delegates(self, agent: str) -> "Turn":
        """Have another agent do a part and report back; return its part of the turn."""
        return self._to("DELEGATE", agent)

    def returns(self, reason: str = "COMPLETE") -> Self:
        """Tell why the agent has ended."""
        self.root["attributes"]["returnReason"] = reason
        return self

    def is_blocked(
        self, *, policy: str = "TOPIC", source: str = "INPUT", instead: str = "I can't talk about that."
    ) -> Self:
        """Have a guardrail block what was asked or answered."""
        assessment = {
            "guardrailId": self.session.id("guardrail"),
            "guardrailName": "guardrail",
            "source": source,
            "action": "BLOCKED",
            "policies": [{"policyType": policy, "action": "BLOCKED", "details": "blocked by the scenario"}],
        }
        blocked = text(instead, aiGuardrailAssessment={"blocked": True})
        return self.infers([blocked], "guardrail_intervened", attributes={"guardrailAssessments": [assessment]})

    def _to(self, mode: str, agent: str) -> "Turn":
        other = Turn(self.session, "", agent=agent, parent=self)
        told = {"interactionMode": mode, "targetAgentId": self.session.id("agent", agent)}
        self.root["attributes"] |= told
        return other

    def _run(self, tool: Tool, use: Json) -> Json:
        failed: Json = {"status": "ERROR", "statusDescription": tool.error} if tool.error else {}
        span = self._child("execute_tool", TOOL_MS, **failed)
        asked = self._alone("use", {"toolUse": use})
        result: Json = {"toolUseId": use["toolUseId"], "values": [text(tool.result or tool.error or "null")]}
        if tool.error:
            result["error"] = tool.error
            span["attributes"]["errorType"] = "tool_execution"
        span["attributes"] |= {
            "inputMessages": [asked],
            "outputMessages": [self._alone("result", {"toolResult": result})],
        }
        self._ended()
        return {"toolResult": result}

    def _alone(self, what: str, value: Json) -> Json:
        """Return a message of a tool's span, which is no part of the conversation by itself."""
        session = self.session
        return {
            "messageId": session.id(what, len(session.spans)),
            "participant": "BOT",
            "timestamp": session.seconds(session.now_ms),
            "values": [value],
        }

    def _child(self, operation: str, lasts_ms: int, **members: Any) -> Json:  # noqa: ANN401
        usual = {"attributes": self._agent()}
        told = usual | members | {"attributes": usual["attributes"] | members.get("attributes", {})}
        return self.session.span(
            operation, parent=self.root["spanId"], lasts_ms=lasts_ms, requestId=self.request_id, **told
        )

    def _agent(self) -> Json:
        return {
            "aiAgentName": self.agent,
            "aiAgentId": self.session.id("agent", self.agent),
            "aiAgentType": "ORCHESTRATION",
        }

    def _model(self) -> Json:
        return {"providerName": "aws.bedrock", "requestModel": self.session.model, "responseModel": self.session.model}

    def _heard(self) -> Json:
        heard: Json = {"systemInstructions": [text(self.session.instructions)]} if self.session.instructions else {}
        if self.session.said:
            heard["inputMessages"] = self.session.said[-self.session.remembers :]
        return heard

    def _ended(self) -> Self:
        """Have all agents that this one works for last until now."""
        turn: Turn | None = self
        while turn is not None:
            turn.root["endTimestamp"] = self.session.seconds(self.session.now_ms)
            turn = turn.parent
        return self


def _usage(heard: Json, answers: Iterable[Json]) -> Json:
    """Count tokens from the length of what was said: small, and the same each time."""
    given = 1 + len(msgspec.json.encode(heard)) // CHARS_A_TOKEN
    made = 1 + sum(len(msgspec.json.encode(answer["values"])) for answer in answers) // CHARS_A_TOKEN
    return {"usageInputTokens": given, "usageOutputTokens": made, "usageTotalTokens": given + made}
