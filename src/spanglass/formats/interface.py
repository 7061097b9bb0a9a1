"""What all formats have in common: sessions go in with their spans whole, pieces that a server takes come out.

A writer is handed one session after another, each with its spans in order; a reader yields pieces, each small enough to
be one request. Whoever moves them, between what ever two places, needs nothing of the format.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final, NamedTuple, Protocol, TypeAlias

from spanglass.mapping.original import Whole

PIECE_BYTES_MAX: Final = 4 << 20
"""About how many bytes of JSON or protobuf one request to a server holds."""
PIECE_SPANS_MAX: Final = 100
"""Spans of one request: what a ListSpansResponse may hold."""
LINE_BYTES_MAX: Final = 64 << 20
"""Bytes of one line of a file: the largest span by far."""


class FormatError(ValueError):
    """A file cannot be read at all, or not beyond a place; the message says where and why."""


class Session(NamedTuple):
    """Which session spans are of, and what it and its assistant are called."""

    assistant_id: str
    session_id: str
    name: str = ""
    assistant_name: str = ""


class Spans(NamedTuple):
    """Spans of one session in ListSpans's shape, and where each stood in its file."""

    assistant_id: str
    session_id: str
    spans: list[Mapping[str, Any]]
    where: list[str]


class Telemetry(NamedTuple):
    """An export request of so many spans, or log records where it is of ``logs``, and where it stood.

    It is in protobuf, or else in JSON.
    """

    body: bytes
    spans: int
    where: str
    logs: bool = False
    json: bool = False


class Refused(NamedTuple):
    """What cannot be read, where it stands, and how many spans it was, if that is known."""

    where: str
    reason: str
    spans: int = 0


class Altered(NamedTuple):
    """What is read, but will not be the same as it was, and why."""

    where: str
    reason: str


Piece: TypeAlias = Spans | Telemetry | Refused | Altered


class Writer(Protocol):
    """Writes sessions in one format. ``losses`` counts what the format, or its reading back, leaves out, by kind."""

    losses: Counter[str]

    def write(self, session: Session, spans: Iterable[Whole]) -> int:
        """Write a session and return how many spans were written."""

    def close(self) -> None:
        """Write what a file of the format ends with."""


class Reader(Protocol):
    """Reads one format from a file that was opened at its beginning.

    Raises:
        FormatError: While pieces are taken: nothing more can be read, those before it hold.
    """

    def __call__(self, file: BinaryIO) -> Iterator[Piece]:
        """Yield what is in the file, in order."""
