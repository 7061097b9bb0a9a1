"""What guardrails did, as the service model's assessments: from the conventions' spans and from Bedrock's filters.

An assessment is made only where the emitter says what was assessed and what came of it; the names alone, as on the
guardrail spans of OpenInference and of OpenAI's agents, are kept with the span.
"""

from typing import Final

from spanglass.conventions.plain import Plain
from spanglass.conventions.readers import as_text, within
from spanglass.telemetry import Attributes, Span, Value

ASSESSMENT: Final = "gen_ai.guardrail.assessment"
ACTIONS: Final = {
    "block": "BLOCKED",
    "deny": "BLOCKED",
    "modify": "MASKED",
    "mask": "MASKED",
    "redact": "MASKED",
    "allow": "NONE",
    "audit": "NONE",
    "warn": "NONE",
}
"""``gen_ai.guardrail.action.type`` or ``.verdict.type`` → action."""
SOURCES: Final = {"input": "INPUT", "output": "OUTPUT", "llm_input": "INPUT", "llm_output": "OUTPUT"}
"""``gen_ai.guardrail.target.type`` → source."""
POLICIES: Final = {
    "topic": "TOPIC",
    "content": "CONTENT_FILTER",
    "words": "WORD",
    "sensitive.pii": "SENSITIVE_INFORMATION_PII",
    "sensitive.regex": "SENSITIVE_INFORMATION_REGEX",
}
"""Path in OpenLLMetry's filter → policy."""
UNNAMED: Final = "guardrail"


def assessed(span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Make the assessment that a ``run_guardrail`` span tells."""
    told = {name: as_text(span.attributes.get(f"gen_ai.guardrail.{name}")) or "" for name in _TOLD}
    action = ACTIONS.get(told["action.type"]) or ACTIONS.get(told["verdict.type"])
    source = SOURCES.get(told["target.type"])
    if action is None or source is None:
        return {}
    name = told["component.name"] or told["security.policy.id"] or UNNAMED
    return {ASSESSMENT: [_assessment(told["security.policy.id"] or name, name, source, action, [])]}


_TOLD: Final = ("action.type", "verdict.type", "target.type", "component.name", "security.policy.id")


def filtered(attributes: Attributes, filters: dict[str, str]) -> list[Value]:
    """Return the assessments of Bedrock's guardrail; ``filters`` are attributes that hold what it found, by source.

    Each is ``{"topic": […], "content": […], "words": […], "sensitive": {"pii": […], "regex": […]}}``. What it found it
    blocked, but for personal data, which it may have masked as well: those are told as masked.
    """
    guardrail = as_text(attributes.get("aws.bedrock.guardrail.id")) or UNNAMED
    found: list[Value] = []
    for attribute, source in filters.items():
        policies: list[Plain] = []
        for path, policy in POLICIES.items():
            if names := within(_names, path)(attributes.get(attribute)):
                action = "MASKED" if path.startswith("sensitive.") else "BLOCKED"
                policies.append({"policyType": policy, "action": action, "details": names})
        if policies:
            blocked = any(isinstance(one, dict) and one["action"] == "BLOCKED" for one in policies)
            found.append(_assessment(guardrail, guardrail, source, "BLOCKED" if blocked else "MASKED", policies))
    return found


def _names(value: Value) -> str | None:
    return ", ".join(filter(None, map(as_text, value))) or None if isinstance(value, list) else None


def _assessment(guardrail: str, name: str, source: str, action: str, policies: list[Plain]) -> Value:
    told: dict[str, Value] = {"guardrailId": guardrail, "guardrailName": name, "source": source, "action": action}
    return told | {"policies": policies} if policies else told
