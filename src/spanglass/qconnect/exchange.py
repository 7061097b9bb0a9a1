"""What an operation is made of, what it is given and what it gives back."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from spanglass.access import Caller, limited
from spanglass.qconnect import uri
from spanglass.qconnect.errors import SerializationError
from spanglass.reading import Reader
from spanglass.registry import Registry

_INTEGER: Final = re.compile(r"-?[0-9]{1,10}")
_INTEGER_MAX: Final = (1 << 31) - 1


class Request(msgspec.Struct, frozen=True):
    """A request whose operation is known: ``labels`` are the path's, decoded; ``query`` and ``body`` as they came."""

    labels: dict[str, str]
    query: bytes = b""
    body: bytes = b""

    def text(self, name: str) -> str | None:
        """Return a parameter of the query, the first of its name, or None.

        Raises:
            SerializationError: It is no percent-encoded UTF-8.
        """
        return next(iter(self.texts(name)), None)

    def texts(self, name: str) -> list[str]:
        """Return all parameters of that name.

        Raises:
            SerializationError: One is no percent-encoded UTF-8.
        """
        return uri.parameters(self.query, name)

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

    def document(self) -> dict[str, Any]:
        """Return the JSON object that the body is; without a body, an empty one.

        Raises:
            SerializationError: It is anything else.
        """
        try:
            document = msgspec.json.decode(self.body or b"{}")
        except (ValueError, RecursionError):  # msgspec's errors and those of Unicode are ValueErrors
            document = None
        if not isinstance(document, dict):
            raise SerializationError("The body is not a JSON object.")
        return document


class Answer(msgspec.Struct, frozen=True):
    """A success: the JSON of the operation's output, and headers of its own."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


def answered(output: Mapping[str, object]) -> Answer:
    """Return an operation's output as its answer."""
    return Answer(msgspec.json.encode(output))


class Backing(msgspec.Struct, frozen=True):
    """What operations answer from."""

    reader: Reader
    registry: Registry
    region: str = "us-east-1"
    account_id: str = "000000000000"
    """Region and account of the ARNs in answers."""

    def seen_by(self, who: Caller) -> "Backing":
        """Return of it what the caller may touch."""
        seen = limited(self.reader, who), limited(self.registry, who)
        return msgspec.structs.replace(self, reader=seen[0], registry=seen[1])


class Operation(msgspec.Struct, frozen=True):
    """An operation of the service model and what answers it; ``routes.ROUTES`` tells what calls it.

    ``answer`` runs in a thread of the readers' pool and may raise whatever ``errors`` lists. ``at_once`` is asked
    before, in the event loop: it answers what it can without waiting, or raises alike, and returns None for all else.
    """

    name: str
    answer: Callable[[Backing, Request], Answer]
    at_once: Callable[[Backing, Request], Answer | None] = lambda _backing, _request: None
