"""Times and ids between the store's form and the API's."""

import uuid
from typing import Final

from spanglass.store.where import MOST

_NS: Final = 1_000_000_000


def seconds(ns: int) -> float:
    """Return a time in seconds since the epoch, cut to milliseconds, as ListSpans does."""
    return ns // 1_000_000 / 1000


def milliseconds(ns: int) -> float:
    """Return a duration in milliseconds, to the microsecond."""
    return ns // 1000 / 1000


def nanoseconds(seconds: float) -> int:
    """Return a time given in seconds since the epoch, to the microsecond, in nanoseconds."""
    return min(round(seconds * 1_000_000) * 1000, MOST)


def uuid_text(raw: bytes) -> str:
    """Write an id of 16 bytes."""
    return str(uuid.UUID(bytes=raw))
