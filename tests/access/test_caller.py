"""What a caller may do, by role and by the assistants that a key is limited to."""

import pytest

from spanglass.access.caller import ANYONE, NOBODY, Action, Caller, Role, caller
from spanglass.access.errors import ForbiddenError, ThrottledError
from spanglass.access.throttle import Throttle

OURS, THEIRS = b"o" * 16, b"t" * 16


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.READER, {Action.READ}),
        (Role.WRITER, {Action.WRITE}),
        (Role.ADMIN, {Action.READ, Action.WRITE, Action.DELETE}),
        (None, set()),
    ],
)
def test_a_role_permits_its_actions(role: Role | None, actions: set[Action]) -> None:
    """A reader reads, a writer writes and reads nothing, an admin does everything, nobody does nothing."""
    who = Caller(role=role)
    for action in Action:
        assert who.may(action) == (action in actions)
        if action in actions:
            who.admit("an operation", action)
        else:
            with pytest.raises(ForbiddenError, match=f"may not {action.value}"):
                who.admit("an operation", action)


def test_a_key_is_for_its_assistants() -> None:
    """A limited key touches its own assistants alone, one without limits all."""
    limited = Caller(assistants=frozenset({OURS}))
    limited.admit("an operation", Action.READ, OURS)
    with pytest.raises(ForbiddenError, match="for other assistants"):
        limited.admit("an operation", Action.READ, THEIRS)
    for assistant in (OURS, THEIRS):
        ANYONE.admit("an operation", Action.DELETE, assistant)
        assert ANYONE.sees(assistant)
        assert not NOBODY.sees(assistant)


def test_what_is_refused_counts_for_the_throttle() -> None:
    """Calls that are not permitted are throttled like others."""
    who = Caller(key_id="a", role=Role.READER, throttle=Throttle(0.001, 1))
    with pytest.raises(ForbiddenError):
        who.admit("an operation", Action.DELETE)
    with pytest.raises(ThrottledError):
        who.admit("an operation", Action.READ)


def test_the_gate_tells_who_calls() -> None:
    """A face finds the caller in the request's state; one that stands without the gate is anyone's."""
    assert caller({"type": "http", "state": {"caller": NOBODY}}) is NOBODY
    assert caller({"type": "http"}) is ANYONE
