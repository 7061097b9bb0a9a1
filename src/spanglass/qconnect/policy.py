"""Who may call which operation on which assistant, refused in AWS's words."""

from typing import Final
from uuid import UUID

from spanglass.access import Action, Caller
from spanglass.access.errors import ForbiddenError
from spanglass.model.arn import Misnomer, parse, read_assistant, read_session
from spanglass.qconnect.errors import AccessDeniedError
from spanglass.qconnect.exchange import Backing
from spanglass.qconnect.resources import arn

ACTIONS: Final = {
    "GetAssistant": Action.READ,
    "GetSession": Action.READ,
    "ListAssistants": Action.READ,
    "ListMessages": Action.READ,
    "ListSpans": Action.READ,
    "ListTagsForResource": Action.READ,
    "SearchSessions": Action.READ,
    "CreateAssistant": Action.WRITE,
    "CreateSession": Action.WRITE,
    "TagResource": Action.WRITE,
    "UntagResource": Action.WRITE,
    "UpdateSession": Action.WRITE,
    "UpdateSessionData": Action.WRITE,
    "DeleteAssistant": Action.DELETE,
}
"""What an operation does; one that is not here is for those who may do everything."""
WIDE: Final = frozenset({"CreateAssistant"})
"""Operations on what no key can be limited to beforehand."""


def admit(caller: Caller, operation: str, labels: dict[str, str], backing: Backing) -> None:
    """Let a call pass, or not, whether or not what it names exists: so neither tells what does.

    Labels that name no assistant pass, since they name nothing at all; the operation refuses them.

    Raises:
        ThrottledError: The caller has called this operation too often.
        AccessDeniedError: The role does not permit it, or the key is for other assistants.
    """
    try:
        caller.admit(operation, ACTIONS.get(operation, Action.DELETE), _assistant(labels))
    except ForbiddenError:
        raise _denied(caller, operation, labels, backing) from None
    if operation in WIDE and caller.assistants is not None:
        raise _denied(caller, operation, labels, backing)


def _denied(caller: Caller, operation: str, labels: dict[str, str], backing: Backing) -> AccessDeniedError:
    user = f"arn:aws:iam::{backing.account_id}:user/{caller.key_id or 'anonymous'}"
    return AccessDeniedError(
        f"User: {user} is not authorized to perform: wisdom:{operation} on resource: {_resource(labels, backing)}"
        f" because no identity-based policy allows the wisdom:{operation} action"
    )


def _assistant(labels: dict[str, str]) -> bytes | None:
    """Return the id of the assistant that the labels name, its own or that of a resource of it."""
    if "resourceArn" in labels:
        arn = parse(labels["resourceArn"])
        return arn.ids[0].bytes if arn else None
    found = read_assistant(labels["assistantId"]) if "assistantId" in labels else None
    return found.bytes if isinstance(found, UUID) else None


def _resource(labels: dict[str, str], backing: Backing) -> str:
    """Return the ARN of what the labels name; ``*`` for what has no name yet."""
    if "resourceArn" in labels:
        return labels["resourceArn"]
    assistant = read_assistant(labels.get("assistantId", ""))
    if isinstance(assistant, Misnomer):
        return "*"
    session = read_session(labels.get("sessionId", ""), assistant)
    return arn(backing, assistant.bytes, b"" if isinstance(session, Misnomer) else session.bytes)
