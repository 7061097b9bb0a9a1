"""JSON of all kinds, a document a line or one in all: each tells by its members what it is."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from spanglass.formats.files import lines
from spanglass.formats.foreign import is_foreign, read_foreign
from spanglass.formats.gathering import Gatherer
from spanglass.formats.interface import LINE_BYTES_MAX, FormatError, Piece, Refused
from spanglass.formats.lines import LineReader
from spanglass.formats.otlp import read_json_request

OPENINGS: Final = frozenset({b"{", b"["})
"""What the first line of a document holds that is written for people."""


def read_documents(file: BinaryIO) -> Iterator[Piece]:
    """Read JSON; see ``interface.Reader``."""
    gatherer = Gatherer()
    reader = LineReader(gatherer)
    for where, document in _documents(file):
        try:
            told: Any = msgspec.json.decode(document)
        except (ValueError, RecursionError) as error:
            yield Refused(where, f"it is no JSON: {error}", 1)
            continue
        if isinstance(told, dict) and ("resourceSpans" in told or "resourceLogs" in told):
            yield read_json_request(document, where, logs="resourceLogs" in told)
        elif is_page(told):
            for place, span in enumerate(told["spans"], start=1):
                yield from reader.read(span, len(document) // len(told["spans"]), f"{where}, span {place}")
        elif is_foreign(told):
            yield from read_foreign(told, where)
        else:
            yield from reader.read(told, len(document), where)
    yield from gatherer.end()


def is_page(told: object) -> bool:
    """Tell whether a document is a page of spans, as ListSpans and the JSON API answer."""
    spans = told.get("spans") if isinstance(told, dict) else None
    return isinstance(spans, list) and bool(spans) and isinstance(spans[0], dict) and "spanId" in spans[0]


def _documents(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    for number, line in lines(file):
        if number == 1 and line.strip() in OPENINGS:
            document = line + file.read(LINE_BYTES_MAX + 1)
            if len(document) > LINE_BYTES_MAX:
                raise FormatError(f"a JSON document of more than {LINE_BYTES_MAX >> 20} MiB; write one a line")
            yield "the file", document
            return
        yield f"line {number}", line
