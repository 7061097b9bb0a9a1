"""What AI guardrails made of a text or of a model's call, as the service model shapes it."""

from typing import Literal, TypeAlias

from spanglass.model.structure import Structure

GuardrailSource: TypeAlias = Literal["INPUT", "OUTPUT"]
GuardrailAction: TypeAlias = Literal["NONE", "BLOCKED", "MASKED"]
GuardrailPolicyType: TypeAlias = Literal[
    "CONTENT_FILTER",
    "TOPIC",
    "WORD",
    "SENSITIVE_INFORMATION_PII",
    "SENSITIVE_INFORMATION_REGEX",
    "CONTEXTUAL_GROUNDING",
]


class AIGuardrailAssessment(Structure, frozen=True):
    """Whether a guardrail blocked one text."""

    blocked: bool


class GuardrailPolicyResult(Structure, frozen=True):
    """What one policy of a guardrail did, and why."""

    policy_type: GuardrailPolicyType
    action: GuardrailAction
    details: str | None = None


class SpanGuardrailAssessment(Structure, frozen=True):
    """What one guardrail made of the input or the output of a model's call."""

    guardrail_id: str
    guardrail_name: str
    source: GuardrailSource
    action: GuardrailAction
    policies: list[GuardrailPolicyResult] | None = None
