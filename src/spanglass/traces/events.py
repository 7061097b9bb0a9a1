"""Server-sent events, read from a stream of bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Event(NamedTuple):
    """One event; ``id`` is empty where it brings none."""

    name: str
    data: str
    id: str


def events(pieces: Iterable[bytes]) -> Iterator[Event]:
    """Yield the events of a stream; what it ends within is none."""
    told: dict[str, str] = {}
    for line in _lines(pieces):
        name, _, value = line.partition(":")
        if line and name:
            value = value.removeprefix(" ")
            told[name] = f"{told[name]}\n{value}" if name == "data" and name in told else value
        elif not line:
            if "data" in told:
                yield Event(told.get("event", "message"), told["data"], told.get("id", ""))
            told = {}


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines, which end with a line feed as Spanglass writes them."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.decode().removesuffix("\r")
