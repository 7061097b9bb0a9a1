"""Spans as JSON, one a line: written as ListSpans lists them; whole ones, as ``/api`` has them, are read, too."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from spanglass.formats.gathering import Gatherer
from spanglass.formats.interface import Piece, Refused, Session
from spanglass.formats.listing import in_listed_order
from spanglass.mapping.original import Whole
from spanglass.model.place import parse_uuid

IDS: Final = ("assistantId", "sessionId")
_encode: Final = msgspec.json.Encoder().encode


class LinesWriter:
    """Writes lines; see ``interface.Writer``."""

    def __init__(self, file: BinaryIO) -> None:
        self.losses: Counter[str] = Counter()
        self._file = file

    def write(self, session: Session, spans: Iterable[Whole]) -> int:  # noqa: ARG002 (each span tells its session)
        """See ``interface.Writer``."""
        count = 0
        for span in in_listed_order(spans, self.losses):
            self._file.write(_encode(span) + b"\n")
            count += 1
        return count

    def close(self) -> None:
        """See ``interface.Writer``."""


class LineReader:
    """Reads lines of spans, or that tell which session follows."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._session = Session("", "")

    def read(self, told: Any, size: int, where: str) -> Iterator[Piece]:  # noqa: ANN401 (any JSON)
        """Read what a line of so many bytes says; it may be given with the next."""
        if fault := _fault(told):
            yield Refused(where, fault, 1)
            return
        ids = (told["assistantId"], told["sessionId"])
        if "spanId" not in told:
            self._session = Session(*ids, str(told.get("name", "")), str(told.get("assistantName", "")))
            return
        if self._session[:2] != ids:
            self._session = Session(*ids)
        if "detail" not in told:
            yield from self._gatherer.add(told, size, where)
            return
        try:
            yield from self._gatherer.add_whole(told, size, where, self._session)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            yield Refused(where, f"it is no span as /api has them: {type(error).__name__}: {error}", 1)


def _fault(told: object) -> str:
    if not isinstance(told, dict):
        return "it is no JSON object"
    for name in IDS:
        if not isinstance(told.get(name), str) or parse_uuid(told[name]) is None:
            return f"it has no {name} that is a UUID"
    return ""
