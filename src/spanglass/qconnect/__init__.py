"""The wire face: AWS's QConnect REST-JSON API, as unmodified AWS clients call it."""

from concurrent.futures import Executor
from typing import Final

from spanglass.config import Limits
from spanglass.qconnect import assistants, list_spans, messages, sessions, tags
from spanglass.qconnect.exchange import Backing
from spanglass.qconnect.routes import ROUTES
from spanglass.qconnect.service import Service

__all__ = ["FIRST_SEGMENTS", "OPERATIONS", "Backing", "app"]

OPERATIONS: Final = (
    *assistants.OPERATIONS,
    *sessions.OPERATIONS,
    *tags.OPERATIONS,
    *list_spans.OPERATIONS,
    *messages.OPERATIONS,
)
"""What is offered."""
FIRST_SEGMENTS: Final = frozenset(template.split("/")[1] for _, template in ROUTES.values())
"""The paths that are this API's, by their first segment; also those of operations that are not offered."""


def app(backing: Backing, threads: Executor, limits: Limits) -> Service:
    """Return the API over what it answers from; ``threads`` are those that may wait for the store."""
    return Service(OPERATIONS, backing, threads, limits)
