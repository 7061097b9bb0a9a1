"""Which assistant and session a request names, by UUID or ARN in either place, and what answers call them."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from spanglass.model.arn import ASSISTANT, SESSION, Arn, Misnomer, parse, read_assistant, read_session
from spanglass.model.constraints import SHOWN_CHARS_MAX, Violation, validation_message
from spanglass.qconnect.errors import ResourceNotFoundError, ValidationError
from spanglass.qconnect.exchange import Backing, Request

_CONSTRAINTS: Final = {
    Misnomer.UNMATCHED: "Member must be a UUID or an ARN",
    Misnomer.OTHER_KIND: "Member must be a UUID or the ARN of such a resource",
    Misnomer.OTHER_ASSISTANT: "Member must be a session of the assistant at 'assistantId'",
}
"""What the service model's pattern lets pass, since it is not anchored. AWS's own words for it are not known."""
_IDS: Final = {ASSISTANT: 1, SESSION: 2}
"""Kinds of resources that have tags here, with the ids in their ARNs."""


def arn(backing: Backing, assistant_id: bytes, session_id: bytes = b"") -> str:
    """Return the ARN of an assistant, or of a session of it."""
    ids = tuple(UUID(bytes=each) for each in (assistant_id, session_id) if each)
    return str(Arn("aws", backing.region, backing.account_id, SESSION if session_id else ASSISTANT, ids))


def assistant(request: Request) -> bytes:
    """Return the id (16 bytes) of the assistant that the label names.

    Raises:
        ValidationError: The label names something else.
    """
    return _id(request, "assistantId", read_assistant).bytes


def session(request: Request) -> tuple[bytes, bytes]:
    """Return the ids (16 bytes each) of the assistant and of the session that the labels name.

    Partition, region and account of an ARN may be any: those of this service are made up.

    Raises:
        ValidationError: A label names something else, or the session of another assistant.
    """
    parent = _id(request, "assistantId", read_assistant)
    return parent.bytes, _id(request, "sessionId", lambda label: read_session(label, parent)).bytes


def tagged(request: Request) -> tuple[bytes, bytes]:
    """Return the ids of the assistant and of the session that ``resourceArn`` names; the latter empty for an assistant.

    Raises:
        ValidationError: It is no ARN of the service.
        ResourceNotFoundError: It is the ARN of a resource of a kind that is not here.
    """
    label = request.labels["resourceArn"]
    named = parse(label)
    if named is None:
        shown = f"'{label[:SHOWN_CHARS_MAX]}'"
        raise ValidationError(validation_message([Violation("resourceArn", "Member must be an ARN", shown)]))
    if _IDS.get(named.kind) != len(named.ids):
        raise ResourceNotFoundError(label[:SHOWN_CHARS_MAX])
    parent, *own = (each.bytes for each in named.ids)
    return parent, own[0] if own else b""


def _id(request: Request, name: str, read: Callable[[str], UUID | Misnomer]) -> UUID:
    label = request.labels[name]
    found = read(label)
    if isinstance(found, Misnomer):
        shown = f"'{label[:SHOWN_CHARS_MAX]}'"
        raise ValidationError(validation_message([Violation(name, _CONSTRAINTS[found], shown)]))
    return found
