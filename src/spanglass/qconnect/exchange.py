"""What an operation is made of, what it is given and what it gives back."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from spanglass.qconnect import uri
from spanglass.qconnect.errors import SerializationError

_INTEGER: Final = re.compile(r"-?[0-9]{1,10}")
_INTEGER_MAX: Final = (1 << 31) - 1


class Request(msgspec.Struct, frozen=True):
    """A request whose operation is known: ``labels`` are the path's, decoded; ``query`` is as it came."""

    labels: dict[str, str]
    query: bytes = b""

    def text(self, name: str) -> str | None:
        """Return a parameter of the query, or None.

        Raises:
            SerializationError: It is no percent-encoded UTF-8.
        """
        return uri.parameter(self.query, name)

    def integer(self, name: str) -> int | None:
        """Return a parameter that the service model calls an integer (32 bits), or None.

        Raises:
            SerializationError: It is no such integer.
        """
        text = self.text(name)
        if text is None:
            return None
        if not _INTEGER.fullmatch(text) or not -_INTEGER_MAX - 1 <= (number := int(text)) <= _INTEGER_MAX:
            raise SerializationError(f"The value at '{name}' is not an integer.")
        return number


class Answer(msgspec.Struct, frozen=True):
    """A success: the JSON of the operation's output, and headers of its own."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


class Operation(msgspec.Struct, frozen=True):
    """An operation of the service model and what answers it.

    ``template`` is the model's ``requestUri``. ``answer`` runs in a thread of the readers' pool and may raise whatever
    ``errors`` lists.
    """

    name: str
    method: str
    template: str
    answer: Callable[[Request], Answer]
