"""The archive: sessions with nothing left out in one file, whose every block tells whether it is whole.

An archive is a valid zstd file: ``zstd -dc`` prints its lines. What only an archive has stands in zstd's skippable
frames, each JSON:

1. first ``{"format": "spanglass-archive", "version": 1, "lines": …}``, which says in words what the lines are;
2. before each block ``{"block": N, "bytes": …, "sha256": …}``, length and hash of the block's frame;
3. last ``{"blocks": …, "sessions": …, "spans": …, "bytes": …, "sha256": …}``, length and hash of all before it.

A block is a frame of lines: one that names a session, then its spans as ``/api`` has them (``Reader.whole_spans``). A
session may go on in the next block, which then names it again, so each block can be read alone. No time of making is in
it: one content is one file.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final, TypeVar, cast

import msgspec

from spanglass.formats.files import lines, zstd
from spanglass.formats.gathering import Gatherer
from spanglass.formats.interface import FormatError, Piece, Refused, Session
from spanglass.formats.lines import LineReader
from spanglass.mapping.original import Whole

FORMAT: Final = "spanglass-archive"
VERSION: Final = 1
MAGIC: Final = b"\x5e\x2a\x4d\x18"
"""How a skippable frame begins; of the sixteen that zstd passes over, the one that is ours."""
BLOCK_BYTES: Final = 8 << 20
"""Bytes of lines from which on a block is closed: long enough to find what the calls of a conversation repeat."""
BLOCK_BYTES_MAX: Final = 256 << 20
"""Bytes of a block, compressed or not, that are read at all: its last line may be as long as a line may be."""
NOTE_BYTES_MAX: Final = 1 << 16
"""Bytes of a skippable frame; ours have a few hundred."""
LEVEL: Final = 9
WINDOW_LOG: Final = 24
"""How far back a block's repetitions are looked for: 16 MiB, more than a block mostly has."""
_LINES: Final = (
    "Each block is lines of JSON: one with assistantId, sessionId and names, then that session's spans, in ListSpans's"
    " shape with all messages, times in nanoseconds, and under detail what came in beside them."
)
_SETTINGS: Final = {
    int(zstd.CompressionParameter.compression_level): LEVEL,
    int(zstd.CompressionParameter.enable_long_distance_matching): 1,
    int(zstd.CompressionParameter.window_log): WINDOW_LOG,
}
_encode: Final = msgspec.json.Encoder().encode


class _Opening(msgspec.Struct):
    format: str
    version: int


class _Block(msgspec.Struct):
    block: int
    bytes: int
    sha256: str


class _Closing(msgspec.Struct):
    blocks: int
    sessions: int
    spans: int
    bytes: int
    sha256: str


_Note = TypeVar("_Note", _Opening, _Block, _Closing)


class ArchiveWriter:
    """Writes an archive; see ``interface.Writer``. Nothing is left out."""

    def __init__(self, file: BinaryIO) -> None:
        self.losses: Counter[str] = Counter()
        self._file = file
        self._hash = hashlib.sha256()
        self._bytes = self._blocks = self._sessions = self._spans = 0
        self._lines: list[bytes] = []
        self._size = 0
        self._note({"format": FORMAT, "version": VERSION, "lines": _LINES})

    def write(self, session: Session, spans: Iterable[Whole]) -> int:
        """See ``interface.Writer``."""
        named = _encode(_head(session)) + b"\n"
        self._add(named)
        count = 0
        for span in spans:
            if self._size >= BLOCK_BYTES:
                self._block()
                self._add(named)
            self._add(_encode(span) + b"\n")
            count += 1
        self._sessions += 1
        self._spans += count
        if self._size >= BLOCK_BYTES:
            self._block()
        return count

    def close(self) -> None:
        """See ``interface.Writer``."""
        if self._lines:
            self._block()
        told = {"blocks": self._blocks, "sessions": self._sessions, "spans": self._spans, "bytes": self._bytes}
        self._note(told | {"sha256": self._hash.hexdigest()})

    def _add(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)

    def _block(self) -> None:
        frame = zstd.compress(b"".join(self._lines), options=_SETTINGS)
        self._lines.clear()
        self._size = 0
        self._note({"block": self._blocks, "bytes": len(frame), "sha256": hashlib.sha256(frame).hexdigest()})
        self._put(frame)
        self._blocks += 1

    def _note(self, told: dict[str, Any]) -> None:
        note = _encode(told)
        self._put(MAGIC + len(note).to_bytes(4, "little") + note)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self._bytes += len(data)


def _head(session: Session) -> dict[str, str]:
    named = {"name": session.name, "assistantName": session.assistant_name}
    return {"assistantId": session.assistant_id, "sessionId": session.session_id} | named


def read_archive(file: BinaryIO) -> Iterator[Piece]:
    """Read an archive; see ``interface.Reader``. A block that is damaged is told, and the others are read."""
    source = _Source(file)
    opening = source.opening()
    if opening.format != FORMAT:
        raise FormatError(f"byte 0: this is no {FORMAT}, but {opening.format!r}")
    if opening.version > VERSION:
        raise FormatError(f"this archive is of version {opening.version}; this Spanglass reads up to {VERSION}")
    gatherer = Gatherer()
    reader = LineReader(gatherer)
    blocks = 0
    try:
        while isinstance(note := source.note(), _Block):
            yield from _block(note, source, reader)
            blocks += 1
    except FormatError:
        yield from gatherer.end()
        raise
    yield from gatherer.end()
    if note.sha256 != source.before or note.blocks != blocks:
        yield Refused("the whole archive", "its checksum differs: a block was changed, taken away or put in")
    if source.goes_on():
        yield Refused(f"byte {source.at}", "something follows the archive's end")


def _block(note: _Block, source: "_Source", reader: LineReader) -> Iterator[Piece]:
    at, where = source.at, f"block {note.block}"
    frame = source.read(note.bytes, BLOCK_BYTES_MAX, where)
    if hashlib.sha256(frame).hexdigest() != note.sha256:
        yield Refused(f"{where} at byte {at}", "it is damaged: its checksum differs")
        return
    options = {int(zstd.DecompressionParameter.window_log_max): WINDOW_LOG}
    try:
        for number, line in lines(
            cast("BinaryIO", io.BufferedReader(zstd.ZstdFile(io.BytesIO(frame), options=options)))
        ):
            yield from reader.read(msgspec.json.decode(line), len(line), f"{where}, line {number}")
    except (EOFError, zstd.ZstdError, ValueError, RecursionError) as error:
        yield Refused(f"{where} at byte {at}", f"it cannot be read: {error}")


class _Source:
    """An archive's bytes, counted and hashed. ``before`` is the hash of all before the last note."""

    def __init__(self, file: BinaryIO) -> None:
        self.at = 0
        self.before = ""
        self._file = file
        self._hash = hashlib.sha256()

    def opening(self) -> _Opening:
        return self._told(self._note("its opening"), _Opening)

    def note(self) -> _Block | _Closing:
        """Read the note that stands before a block, or the one at the end."""
        told = self._note("a block's note or its end")
        return self._told(told, _Block) if "block" in told else self._told(told, _Closing)

    def _note(self, what: str) -> dict[str, Any]:
        self.before, at = self._hash.hexdigest(), self.at
        head = self.read(len(MAGIC) + 4, NOTE_BYTES_MAX, what)
        if not head.startswith(MAGIC):
            raise FormatError(f"byte {at}: here should be {what}; the archive is damaged from here on")
        note = self.read(int.from_bytes(head[len(MAGIC) :], "little"), NOTE_BYTES_MAX, what)
        try:
            told = msgspec.json.decode(note, type=dict[str, Any])
        except ValueError as error:
            raise FormatError(f"byte {at}: {what} is damaged: {error}") from None
        return told

    def _told(self, told: dict[str, Any], kind: type[_Note]) -> _Note:
        try:
            return msgspec.convert(told, kind)
        except msgspec.ValidationError as error:
            raise FormatError(f"byte {self.at}: the note before it is damaged: {error}") from None

    def read(self, count: int, most: int, what: str) -> bytes:
        """Read so many bytes of what is named."""
        if not 0 <= count <= most:
            raise FormatError(f"byte {self.at}: {what} says that it has {count} bytes; at most {most} are read")
        data = self._file.read(count)
        self._hash.update(data)
        self.at += len(data)
        if len(data) < count:
            raise FormatError(f"the archive is cut off: it ends at byte {self.at}, within {what}")
        return data

    def goes_on(self) -> bool:
        return bool(self._file.read(1))
