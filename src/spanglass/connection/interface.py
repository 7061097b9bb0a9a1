"""What a connection promises, whatever is behind it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class UnreachableError(Exception):
    """There was no answer, or none that ended; the message says where and why, fit for a person."""


class Answer(NamedTuple):
    """An HTTP answer, read to its end; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Streamed(NamedTuple):
    """An HTTP answer that comes piece by piece."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class Connection(Protocol):
    """Asks one server, or one store within this process. Threads may share it.

    A ``target`` is a raw path with its query, percent-encoded, as on HTTP's request line.
    """

    @property
    def place(self) -> str:
        """What is asked, as people name it: a URL, or the address of a store."""

    def ask(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """Ask and return the answer, whatever its status. Over HTTP a GET that is answered 429 or 503 is sent again.

        Raises:
            UnreachableError: There is no answer.
        """

    def stream(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS
    ) -> AbstractContextManager[Streamed]:
        """Ask for an answer that is read as it comes, within the block; leaving the block ends it.

        Raises:
            UnreachableError: There is no answer; also of the pieces, when it breaks off.
        """

    def close(self) -> None:
        """Let go of what is behind it."""
