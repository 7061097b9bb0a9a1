"""Sessions for the formats' tests: stores of recorded and generated ones, written in a format and taken from it."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, TypeAlias

import msgspec

from spanglass.config import Limits
from spanglass.formats.interface import Altered, Piece, Reader, Refused, Session, Spans, Telemetry, Writer
from spanglass.mapping import received
from spanglass.otlp.codec import decode_protobuf, decode_protobuf_logs
from spanglass.otlp.json_codec import decode_json, decode_json_logs
from spanglass.reading import Reader as StoreReader
from spanglass.store.memory import MemoryStore
from spanglass.telemetry import ExportRequest, LogRecord, Span
from spanglass.viewer.times import uuid_text
from tests.captures import exported, logged, mapper
from tests.model_values import values

Json: TypeAlias = Any
Format: TypeAlias = tuple[Callable[[BinaryIO], Writer], Reader]
PUT = ("0f4f0000-0000-4000-8000-000000006666", "aaaa0000-0000-4000-8000-00000000eeee")


_DECODERS: dict[tuple[bool, bool], Callable[[bytes, Limits], ExportRequest]] = {
    (False, False): decode_protobuf,
    (False, True): decode_protobuf_logs,
    (True, False): decode_json,
    (True, True): decode_json_logs,
}
"""What reads a request that is in JSON, and that is of logs."""


def of_telemetry(spans: Iterable[Span], logs: Iterable[LogRecord] = ()) -> MemoryStore:
    """Return a store of what came over OTLP."""
    known, store = mapper(), MemoryStore()
    store.write(known.parts(spans, list(logs)), known.relate)
    return store


def of_capture(capture: str) -> MemoryStore:
    """Return a store of a recorded session."""
    return of_telemetry(exported(capture), logged(capture))


def of_spans(spans: Iterable[Json]) -> MemoryStore:
    """Return a store of spans that were put."""
    store = MemoryStore()
    for span in spans:
        store.write([received.part([span], (span["assistantId"], span["sessionId"]))])
    return store


def drawn_spans(count: int = 4) -> Any:  # noqa: ANN401 (a strategy)
    """Draw spans of one session, all that the service model allows in them."""
    from hypothesis import strategies as st  # noqa: PLC0415 (few tests draw)

    placed = values("Span").map(lambda span: span | {"assistantId": PUT[0], "sessionId": PUT[1]})
    return st.lists(placed, min_size=1, max_size=count, unique_by=lambda span: span["spanId"])


def wholes(store: MemoryStore) -> Iterator[tuple[Session, list[Json]]]:
    """Yield a store's sessions with their spans, as the JSON API tells them."""
    reader = StoreReader(store, Limits())
    for session in store.sessions(limit=1000).sessions:
        ids = (session.assistant_id, session.session_id)
        spans: list[Json] = []
        cursor = None
        while True:
            page = msgspec.json.decode(reader.whole_spans(*ids, cursor=cursor).body)
            spans += page["spans"]
            if (cursor := page.get("nextCursor")) is None:
                break
        yield Session(uuid_text(ids[0]), uuid_text(ids[1]), session.name, session.assistant_name), spans


def listed(store: MemoryStore) -> list[Json]:
    """Return the spans of all sessions as ListSpans lists them."""
    reader, found = StoreReader(store, Limits()), []
    for session in store.sessions(limit=1000).sessions:
        token = None
        while True:
            body = reader.list_spans(session.assistant_id, session.session_id, next_token=token).body
            page = msgspec.json.decode(body)
            found += page["spans"]
            if (token := page.get("nextToken")) is None:
                break
    return found


def write(store: MemoryStore, form: Format) -> tuple[bytes, Writer]:
    """Write a store's sessions in a format."""
    file = io.BytesIO()
    writer = form[0](file)
    for session, spans in wholes(store):
        writer.write(session, iter(spans))
    writer.close()
    return file.getvalue(), writer


def read(data: bytes, form: Format) -> list[Piece]:
    """Read a file of a format."""
    return list(form[1](io.BytesIO(data)))


def taken(pieces: Iterable[Piece]) -> MemoryStore:
    """Return a store that took the pieces, as a server does."""
    known, store, limits = mapper(), MemoryStore(), Limits()
    for piece in pieces:
        match piece:
            case Spans():
                place = (piece.assistant_id, piece.session_id)
                assert received.faults({"spans": piece.spans}, place) == []
                assert len(piece.spans) == len(piece.where)
                store.write([received.part(piece.spans, place)])
            case Telemetry():
                request = _DECODERS[piece.json, piece.logs](piece.body, limits)
                assert request.rejected == request.rejected_logs == 0
                store.write(known.parts(request.spans, request.logs), known.relate)
            case Altered():
                pass
            case Refused():
                raise AssertionError(piece)
    return store
