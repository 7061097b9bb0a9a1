"""ListSpans: the spans of a session, page by page."""

from typing import Final

from spanglass.model.constraints import validation_message, violations
from spanglass.qconnect import resources
from spanglass.qconnect.errors import ValidationError
from spanglass.qconnect.exchange import Answer, Operation, Request
from spanglass.reading import Reader

WITHHELD_HEADER: Final = "x-spanglass-withheld"
"""How many messages, and system instructions that did not fit, the service model's bounds kept out of the page."""


def operation(reader: Reader) -> Operation:
    """Return ListSpans over what ``reader`` reads."""

    def answer(request: Request) -> Answer:
        max_results, next_token = request.integer("maxResults"), request.text("nextToken")
        given = {"maxResults": max_results, "nextToken": next_token}
        found = violations("ListSpansRequest", request.labels | {k: v for k, v in given.items() if v is not None})
        if found:
            raise ValidationError(validation_message(found))
        listing = reader.list_spans(*resources.session(request), max_results=max_results, next_token=next_token)
        return Answer(listing.body, headers={WITHHELD_HEADER: str(listing.withheld)})

    return Operation("ListSpans", "GET", "/assistants/{assistantId}/sessions/{sessionId}/spans", answer)
