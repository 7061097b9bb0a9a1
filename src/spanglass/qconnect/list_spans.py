"""ListSpans: the spans of a session, page by page."""

from typing import Final

from spanglass.qconnect import resources
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request
from spanglass.qconnect.inputs import read_input
from spanglass.reading import Listing

WITHHELD_HEADER: Final = "x-spanglass-withheld"
"""How many messages, and system instructions that did not fit, the service model's bounds kept out of the page."""


def _list_spans(backing: Backing, request: Request) -> Answer:
    given = read_input("ListSpans", request)
    ids = resources.session(request)
    listing = backing.reader.list_spans(*ids, max_results=given.get("maxResults"), next_token=given.get("nextToken"))
    return _answer(listing)


def _at_once(backing: Backing, request: Request) -> Answer | None:
    given = read_input("ListSpans", request)
    ids = resources.session(request)
    listing = backing.reader.recent_spans(*ids, max_results=given.get("maxResults"), next_token=given.get("nextToken"))
    return None if listing is None else _answer(listing)


def _answer(listing: Listing) -> Answer:
    return Answer(listing.body, headers={WITHHELD_HEADER: str(listing.withheld)})


OPERATIONS: Final = (Operation("ListSpans", _list_spans, _at_once),)
