"""The messages of a span: who said what when, in text, tool calls, their results and reasoning."""

from typing import Literal, TypeAlias

from spanglass.model.guardrail import AIGuardrailAssessment
from spanglass.model.structure import Document, Structure, Timestamp

Participant: TypeAlias = Literal["CUSTOMER", "AGENT", "BOT"]


class SpanCitation(Structure, frozen=True):
    """A piece of a knowledge base that a text cites."""

    content_id: str | None = None
    title: str | None = None
    knowledge_base_id: str | None = None
    knowledge_base_arn: str | None = None


class SpanTextValue(Structure, frozen=True):
    """Text, with what it cites."""

    value: str
    citations: list[SpanCitation] | None = None
    ai_guardrail_assessment: AIGuardrailAssessment | None = None


class SpanToolUseValue(Structure, frozen=True):
    """A call of a tool."""

    tool_use_id: str
    name: str
    arguments: Document


class SpanToolResultValue(Structure, frozen=True):
    """What a call of a tool came to; ``tool_use_id`` names the call."""

    tool_use_id: str
    values: list["SpanMessageValue"]
    error: str | None = None


class SpanReasoningValue(Structure, frozen=True):
    """What a model thought before it answered."""

    value: str


class SpanMessageValue(Structure, frozen=True, kw_only=True):
    """One piece of a message: a union, so exactly one member is set.

    Raises:
        ValueError: None or several are set. Clients could not read the page it stands on.
    """

    text: SpanTextValue | None = None
    tool_use: SpanToolUseValue | None = None
    tool_result: SpanToolResultValue | None = None
    reasoning: SpanReasoningValue | None = None

    def __post_init__(self) -> None:
        if (self.text, self.tool_use, self.tool_result, self.reasoning).count(None) != 3:  # noqa: PLR2004 (all but one)
            raise ValueError("a SpanMessageValue has exactly one of text, toolUse, toolResult and reasoning")


class SpanMessage(Structure, frozen=True):
    """What one participant said at one time."""

    message_id: str
    participant: Participant
    timestamp: Timestamp
    values: list[SpanMessageValue]
