"""What guardrails did."""

import json

import pytest

from spanglass.conventions.guardrails import ASSESSMENT, assessed, filtered
from spanglass.model.constraints import violations
from spanglass.telemetry import Attributes
from tests.telemetry import span

FILTERS = {"in": "INPUT", "out": "OUTPUT"}
NOTHING: Attributes = {"topic": [], "sensitive": None}


def test_a_guardrails_span_is_an_assessment() -> None:
    """Who assessed what, and what came of it; the verdict counts where no action is told."""
    told: Attributes = {
        "gen_ai.guardrail.component.name": "no crime",
        "gen_ai.guardrail.security.policy.id": "p-1",
        "gen_ai.guardrail.target.type": "llm_input",
        "gen_ai.guardrail.verdict.type": "deny",
    }
    one = {"guardrailId": "p-1", "guardrailName": "no crime", "source": "INPUT", "action": "BLOCKED"}
    assert assessed(span(1, told), ()) == {ASSESSMENT: [one]}
    assert violations("SpanGuardrailAssessment", one) == []
    masked = assessed(span(1, told | {"gen_ai.guardrail.action.type": "modify"}), ())[ASSESSMENT]
    assert masked == [{**one, "action": "MASKED"}]


@pytest.mark.parametrize("missing", ["gen_ai.guardrail.target.type", "gen_ai.guardrail.verdict.type"])
def test_half_an_assessment_is_none(missing: str) -> None:
    """What was assessed, or what came of it, is not guessed."""
    told: Attributes = {"gen_ai.guardrail.target.type": "output", "gen_ai.guardrail.verdict.type": "allow"}
    assert ASSESSMENT in assessed(span(1, told), ())
    assert assessed(span(1, {key: value for key, value in told.items() if key != missing}), ()) == {}


def test_bedrocks_filters_are_assessments() -> None:
    """One an input or output in which something was found; personal data is masked, all else blocked."""
    found = {"topic": ["Burglary", "Arson"], "content": [], "words": "x", "sensitive": {"pii": ["EMAIL"], "regex": []}}
    told: Attributes = {"aws.bedrock.guardrail.id": "gr:1", "in": json.dumps(found), "out": json.dumps(NOTHING)}
    policies = [
        {"policyType": "TOPIC", "action": "BLOCKED", "details": "Burglary, Arson"},
        {"policyType": "SENSITIVE_INFORMATION_PII", "action": "MASKED", "details": "EMAIL"},
    ]
    (one,) = filtered(told, FILTERS)
    who = {"guardrailId": "gr:1", "guardrailName": "gr:1", "source": "INPUT"}
    assert one == {**who, "action": "BLOCKED", "policies": policies}
    assert violations("SpanGuardrailAssessment", one) == []
    (one,) = filtered({"out": {"sensitive": {"regex": ["card"]}}}, FILTERS)
    assert isinstance(one, dict)
    assert (one["guardrailId"], one["source"], one["action"]) == ("guardrail", "OUTPUT", "MASKED")
    assert filtered({}, FILTERS) == []
