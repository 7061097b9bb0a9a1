"""What a key may do, in the words of IAM."""

import pytest

from spanglass.access import Action, Caller, Role
from spanglass.access.errors import ThrottledError
from spanglass.access.throttle import Throttle
from spanglass.config import Limits
from spanglass.qconnect import OPERATIONS, policy
from spanglass.qconnect.errors import AccessDeniedError
from spanglass.qconnect.exchange import Backing
from spanglass.reading import Reader
from spanglass.registry import Registry
from spanglass.store.memory import MemoryStore

STORE = MemoryStore()
BACKING = Backing(Reader(STORE, Limits()), Registry(STORE, Limits()), "eu-central-1", "123456789012")
ASSISTANT = "0f4f0000-0000-4000-8000-000000006666"
SESSION = "aaaa0000-0000-4000-8000-00000000eeee"
ARN = f"arn:aws:wisdom:us-east-1:000000000000:assistant/{ASSISTANT}"
SESSION_ARN = f"arn:aws:wisdom:us-east-1:000000000000:session/{ASSISTANT}/{SESSION}"
OURS = bytes.fromhex(ASSISTANT.replace("-", ""))


def denied(who: Caller, operation: str, **labels: str) -> str:
    """Return the sentence by which a call is denied."""
    with pytest.raises(AccessDeniedError) as raised:
        policy.admit(who, operation, labels, BACKING)
    return str(raised.value)


def test_every_operation_has_its_action() -> None:
    """Somebody decided for each operation that is offered what it does; an unknown one is for admins alone."""
    assert {operation.name for operation in OPERATIONS} <= policy.ACTIONS.keys()
    for role in (Role.READER, Role.WRITER):
        assert "wisdom:NewOperation" in denied(Caller(role=role), "NewOperation")
    policy.admit(Caller(role=Role.ADMIN), "NewOperation", {}, BACKING)


@pytest.mark.parametrize("operation", policy.ACTIONS)
def test_roles_call_what_their_actions_permit(operation: str) -> None:
    """A reader reads, a writer writes, an admin does all, by each operation."""
    for role in Role:
        who = Caller(key_id="SPANA", role=role)
        if who.may(policy.ACTIONS[operation]):
            policy.admit(who, operation, {"assistantId": ASSISTANT}, BACKING)
        else:
            assert f"user/SPANA is not authorized to perform: wisdom:{operation} on" in denied(who, operation)
    assert set(policy.ACTIONS.values()) == set(Action)


@pytest.mark.parametrize(
    ("labels", "resource"),
    [
        ({"assistantId": ASSISTANT}, f"arn:aws:wisdom:eu-central-1:123456789012:assistant/{ASSISTANT}"),
        ({"assistantId": ARN}, f"arn:aws:wisdom:eu-central-1:123456789012:assistant/{ASSISTANT}"),
        (
            {"assistantId": ARN, "sessionId": SESSION},
            f"arn:aws:wisdom:eu-central-1:123456789012:session/{ASSISTANT}/{SESSION}",
        ),
        (
            {"assistantId": ASSISTANT, "sessionId": SESSION_ARN},
            f"arn:aws:wisdom:eu-central-1:123456789012:session/{ASSISTANT}/{SESSION}",
        ),
        ({"resourceArn": ARN}, ARN),
        ({"resourceArn": SESSION_ARN}, SESSION_ARN),
    ],
)
def test_a_limited_key_is_for_its_assistants(labels: dict[str, str], resource: str) -> None:
    """However an assistant, a session or a tagged resource is named, a key for another assistant is denied it."""
    operation = "ListTagsForResource" if "resourceArn" in labels else "GetAssistant"
    policy.admit(Caller(assistants=frozenset({OURS})), operation, labels, BACKING)
    assert denied(Caller(key_id="SPANA", assistants=frozenset({b"another"})), operation, **labels) == (
        f"User: arn:aws:iam::123456789012:user/SPANA is not authorized to perform: wisdom:{operation} on resource:"
        f" {resource} because no identity-based policy allows the wisdom:{operation} action"
    )


@pytest.mark.parametrize("labels", [{"assistantId": "x"}, {"resourceArn": "x"}, {}])
def test_what_names_nothing_is_left_to_the_operation(labels: dict[str, str]) -> None:
    """A label that names no assistant passes: it cannot name another's."""
    policy.admit(Caller(assistants=frozenset({OURS})), "GetAssistant", labels, BACKING)
    assert " on resource: " in denied(Caller(role=Role.WRITER), "GetAssistant", **labels)


def test_a_limited_key_makes_no_assistants() -> None:
    """An assistant that is not there yet is none of those that a key is limited to."""
    assert "wisdom:CreateAssistant on resource: *" in denied(Caller(assistants=frozenset({OURS})), "CreateAssistant")
    policy.admit(Caller(), "CreateAssistant", {}, BACKING)


def test_a_throttled_call_is_no_denial() -> None:
    """Who calls too often is told that, not that they may not."""
    who = Caller(throttle=Throttle(0.001, 1))
    policy.admit(who, "ListSpans", {}, BACKING)
    with pytest.raises(ThrottledError):
        policy.admit(who, "ListSpans", {}, BACKING)
