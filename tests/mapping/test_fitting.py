"""Members within the service model's limits."""

from typing import Any

import pytest

from spanglass.mapping.fitting import fitted, without_stack

ASSESSMENT = {"guardrailId": "g", "guardrailName": "g", "source": "INPUT", "action": "BLOCKED"}


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"request_model": "m" * 5000}, {"requestModel": "m" * 4096}),
        ({"ai_agent_name": "(x)"}, {"aiAgentName": "_(x)"}),
        (
            {"contact_id": "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"},
            {"contactId": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"},
        ),
        ({"response_finish_reasons": [str(number) for number in range(12)]},
         {"responseFinishReasons": [str(number) for number in range(10)]}),
        ({"guardrail_assessments": [ASSESSMENT]}, {"guardrailAssessments": [ASSESSMENT]}),
        ({"guardrail_assessments": '[{"guardrailId":"g","guardrailName":"g","source":"INPUT","action":"BLOCKED"}]'},
         {"guardrailAssessments": [ASSESSMENT]}),
        ({"return_reason": "COMPLETE"}, {"returnReason": "COMPLETE"}),
        ({"operation": "chat", "request_model": None}, {}),
    ],
)  # fmt: skip
def test_members_are_made_to_fit(facts: dict[str, Any], shown: dict[str, object]) -> None:
    """What can be cut is cut; facts that are no members, and absent ones, are passed over."""
    assert fitted(facts) == (shown, {})


@pytest.mark.parametrize(
    ("member", "wire", "value"),
    [
        ("temperature", "temperature", 1.3),
        ("top_p", "topP", -0.1),
        ("contact_id", "contactId", "42"),
        ("interaction_mode", "interactionMode", "CHAT"),
        ("instance_arn", "instanceArn", "connect"),
        ("guardrail_assessments", "guardrailAssessments", "nothing"),
    ],
)
def test_what_does_not_fit_is_withheld(member: str, wire: str, value: object) -> None:
    """A value that the model does not admit is not bent, but told beside the members."""
    assert fitted({member: value}) == ({}, {wire: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("boom", "boom"),
        ("boom\nTraceback (most recent call last):\n  …", "boom"),
        ("Traceback (most recent call last):\n  …", "Traceback (most recent call last):\n  …"),
    ],
)
def test_messages_end_where_the_stack_begins(text: str, message: str) -> None:
    """A stack behind a failure's message is left out; one without a message stands."""
    assert without_stack(text) == message
