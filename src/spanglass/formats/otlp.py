"""OTLP as files: export requests as the collector's file exporter writes them, in JSON a line each, in protobuf framed.

A frame is the length of a message in four bytes, the most significant first, and the message; the collector may
compress each with zstd. A file that is one message and nothing else is read, too. Traces and logs may stand in one
file: what is of which is told by its content.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

from spanglass.config import Limits
from spanglass.formats.files import ZSTD, peeked, zstd
from spanglass.formats.gathering import Batch, TelemetryGatherer
from spanglass.formats.interface import LINE_BYTES_MAX, Altered, FormatError, Piece, Refused, Session, Telemetry
from spanglass.mapping.original import Whole
from spanglass.otlp.codec import decode_protobuf, decode_protobuf_logs
from spanglass.otlp.encoder import encode_protobuf, encode_protobuf_logs
from spanglass.otlp.errors import RequestError
from spanglass.otlp.json_codec import decode_json, decode_json_logs
from spanglass.otlp.json_encoder import encode_json, encode_json_logs
from spanglass.telemetry import ExportRequest, LogRecord, Span

LENGTH_BYTES: Final = 4
BARE: Final = b"\x0a"
"""How a request in protobuf begins: its first field, a message. A frame of less than 160 MiB begins otherwise."""
ALTERED: Final = "spans that are not the same once they are read again"
_LIMITS: Final = Limits()


class Encoding(NamedTuple):
    """How requests are written."""

    spans: Callable[[Iterable[Span]], bytes]
    logs: Callable[[Iterable[LogRecord]], bytes]
    framed: Callable[[bytes], bytes]


JSON: Final = Encoding(encode_json, encode_json_logs, lambda message: message + b"\n")
PROTOBUF: Final = Encoding(
    encode_protobuf, encode_protobuf_logs, lambda message: len(message).to_bytes(LENGTH_BYTES, "big") + message
)


class OtlpWriter:
    """Writes export requests; see ``interface.Writer``. Each is of one session."""

    def __init__(self, file: BinaryIO, encoding: Encoding) -> None:
        self.losses: Counter[str] = Counter()
        self._file = file
        self._encoding = encoding

    def write(self, session: Session, spans: Iterable[Whole]) -> int:
        """See ``interface.Writer``."""
        return write_batches(session, spans, self.losses, self._batch)

    def _batch(self, batch: Batch) -> None:
        spans, logs, framed = self._encoding
        if batch.spans:
            self._file.write(framed(spans(batch.spans)))
        if batch.logs:
            self._file.write(framed(logs(batch.logs)))

    def close(self) -> None:
        """See ``interface.Writer``."""


def write_batches(session: Session, spans: Iterable[Whole], losses: Counter[str], put: Callable[[Batch], None]) -> int:
    """Hand the spans of a session over as telemetry, in batches, and return how many there were."""
    gatherer = TelemetryGatherer()
    count = 0

    def handed(told: Iterator[Batch | Altered]) -> None:
        for one in told:
            if isinstance(one, Altered):
                losses[ALTERED] += 1
            else:
                put(one)

    for whole in spans:
        handed(gatherer.add(whole, "", session))
        count += 1
    handed(gatherer.end())
    return count


def otlp_json_writer(file: BinaryIO) -> OtlpWriter:
    """Return what writes JSON Lines."""
    return OtlpWriter(file, JSON)


def otlp_protobuf_writer(file: BinaryIO) -> OtlpWriter:
    """Return what writes frames of protobuf."""
    return OtlpWriter(file, PROTOBUF)


def read_otlp(file: BinaryIO) -> Iterator[Piece]:
    """Read protobuf, framed or one message; see ``interface.Reader``."""
    if peeked(file).startswith(BARE):
        yield read_request(_read(file, LINE_BYTES_MAX, 0, whole=True), "the file")
        return
    at = 0
    while head := file.read(LENGTH_BYTES):
        if len(head) < LENGTH_BYTES:
            raise FormatError(f"byte {at}: the file is cut off within the length of a message")
        length = int.from_bytes(head, "big")
        if length > LINE_BYTES_MAX:
            raise FormatError(f"byte {at}: a message of {length} bytes; at most {LINE_BYTES_MAX} are read")
        message = _read(file, length, at)
        if message.startswith(ZSTD):
            message = _decompressed(message, at)
        yield read_request(message, f"byte {at}")
        at += LENGTH_BYTES + length


def _read(file: BinaryIO, length: int, at: int, *, whole: bool = False) -> bytes:
    message = file.read(length + whole)
    if len(message) > length:
        raise FormatError(f"byte {at}: a message of more than {length} bytes")
    if len(message) < length and not whole:
        raise FormatError(f"byte {at}: the file is cut off within a message of {length} bytes")
    return message


def _decompressed(message: bytes, at: int) -> bytes:
    decompressor = zstd.ZstdDecompressor()
    try:
        plain = decompressor.decompress(message, LINE_BYTES_MAX + 1)
    except zstd.ZstdError as error:
        raise FormatError(f"byte {at}: a message that cannot be decompressed: {error}") from None
    if len(plain) > LINE_BYTES_MAX:
        raise FormatError(f"byte {at}: a message of more than {LINE_BYTES_MAX} bytes, decompressed")
    if not decompressor.eof:
        raise FormatError(f"byte {at}: a message whose compressed content is cut off")
    return plain


def read_request(body: bytes, where: str) -> Piece:
    """Read an export request in protobuf, of traces or of logs: on the wire they look alike, but for their ids."""
    traces, logs = (_decoded(decode, body) for decode in (decode_protobuf, decode_protobuf_logs))
    has_spans = isinstance(traces, ExportRequest) and bool(traces.spans)
    if not has_spans and isinstance(logs, ExportRequest) and (logs.logs or logs.dropped_logs):
        return Telemetry(body, _count(logs), where, logs=True)
    if isinstance(traces, str):
        return Refused(where, traces)
    return Telemetry(body, _count(traces), where)


def _decoded(decode: Callable[[bytes, Limits], ExportRequest], body: bytes) -> ExportRequest | str:
    """Return a request, or why it is none."""
    try:
        return decode(body, _LIMITS)
    except RequestError as error:
        return str(error)


def read_json_request(body: bytes, where: str, *, logs: bool) -> Piece:
    """Read an export request in JSON."""
    request = _decoded(decode_json_logs if logs else decode_json, body)
    if isinstance(request, str):
        return Refused(where, request)
    return Telemetry(body, _count(request), where, logs=logs, json=True)


def _count(request: ExportRequest) -> int:
    return len(request.spans) + request.rejected + len(request.logs) + request.rejected_logs + request.dropped_logs
