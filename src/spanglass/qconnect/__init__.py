"""The wire face: AWS's QConnect REST-JSON API, as unmodified AWS clients call it."""

from concurrent.futures import Executor
from typing import Final

from spanglass.config import Limits
from spanglass.qconnect import list_spans
from spanglass.qconnect.service import Service
from spanglass.reading import Reader

FIRST_SEGMENTS: Final = frozenset({"assistants", "tags"})
"""The paths that are this API's, by their first segment; also those of operations that are not offered."""


def app(reader: Reader, threads: Executor, limits: Limits) -> Service:
    """Return the API over a reader; ``threads`` are those that may wait for its store."""
    return Service([list_spans.operation(reader)], threads, limits)
