"""Which assistant and session a request names, by UUID or ARN in either place."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from spanglass.model.arn import Misnomer, read_assistant, read_session
from spanglass.model.constraints import SHOWN_CHARS_MAX, Violation, validation_message
from spanglass.qconnect.errors import ValidationError
from spanglass.qconnect.exchange import Request

_CONSTRAINTS: Final = {
    Misnomer.UNMATCHED: "Member must be a UUID or an ARN",
    Misnomer.OTHER_KIND: "Member must be a UUID or the ARN of such a resource",
    Misnomer.OTHER_ASSISTANT: "Member must be a session of the assistant at 'assistantId'",
}
"""What the service model's pattern lets pass, since it is not anchored. AWS's own words for it are not known."""


def session(request: Request) -> tuple[bytes, bytes]:
    """Return the ids (16 bytes each) of the assistant and of the session that the labels name.

    Partition, region and account of an ARN may be any: those of this service are made up.

    Raises:
        ValidationError: A label names something else, or the session of another assistant.
    """
    assistant = _id(request, "assistantId", read_assistant)
    return assistant.bytes, _id(request, "sessionId", lambda label: read_session(label, assistant)).bytes


def _id(request: Request, name: str, read: Callable[[str], UUID | Misnomer]) -> UUID:
    label = request.labels[name]
    found = read(label)
    if isinstance(found, Misnomer):
        shown = f"'{label[:SHOWN_CHARS_MAX]}'"
        raise ValidationError(validation_message([Violation(name, _CONSTRAINTS[found], shown)]))
    return found
