"""Who sends a request, and what that one may do: the object that every face asks."""

import enum
from typing import Final

import msgspec
from starlette.types import Scope

from spanglass.access.errors import ForbiddenError
from spanglass.access.throttle import Throttle


class Action(enum.Enum):
    """What a request does to what is stored."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"


class Role(enum.StrEnum):
    """What a key is for."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"


PERMITTED: Final = {
    Role.READER: frozenset({Action.READ}),
    Role.WRITER: frozenset({Action.WRITE}),
    Role.ADMIN: frozenset(Action),
}
"""An agent's key writes and cannot read: it stands in many places, and what it leaks should be worth little."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The one who sends a request; without authentication anyone, who may do everything.

    ``role`` is None for one who gave no key. ``assistants`` holds the ids (16 bytes each) of those that may be touched,
    None is all.
    """

    key_id: str = ""
    role: Role | None = Role.ADMIN
    assistants: frozenset[bytes] | None = None
    throttle: Throttle | None = None

    def may(self, action: Action) -> bool:
        """Return whether the role permits it."""
        return self.role is not None and action in PERMITTED[self.role]

    def sees(self, assistant_id: bytes) -> bool:
        """Return whether this assistant is one that the caller may touch."""
        return self.assistants is None or assistant_id in self.assistants

    def admit(self, operation: str, action: Action, assistant_id: bytes | None = None) -> None:
        """Let an operation pass, or not; ``assistant_id`` is the one assistant that it touches, if that is known.

        Raises:
            ThrottledError: The caller has called this operation too often.
            ForbiddenError: The role does not permit the action, or the key is for other assistants.
        """
        if self.throttle is not None:
            self.throttle.take(self.key_id, operation)
        if not self.may(action):
            told = f"a key with the role {self.role}" if self.role else "a request without a key"
            raise ForbiddenError(f"{told} may not {action.value}")
        if assistant_id is not None and not self.sees(assistant_id):
            raise ForbiddenError("this key is for other assistants")


ANYONE: Final = Caller()
NOBODY: Final = Caller(role=None, assistants=frozenset())
"""One who gave no key where keys are asked for: sees pages without data, to log in by."""


def caller(scope: Scope) -> Caller:
    """Return who sends a request that the gate let in.

    A face that stands alone, without the gate, as in tests, is anyone's; ``app.create`` puts all behind it.
    """
    found = scope.get("state", {}).get("caller", ANYONE)
    assert isinstance(found, Caller)  # noqa: S101 (for the type checker)
    return found
