"""Which format a file is of: by its name when it is written, by what is in it when it is read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from spanglass.formats.archive import MAGIC, ArchiveWriter, read_archive
from spanglass.formats.documents import read_documents
from spanglass.formats.files import STANDARD, ZSTD, peeked
from spanglass.formats.interface import LINE_BYTES_MAX, FormatError, Reader, Writer
from spanglass.formats.lines import LinesWriter
from spanglass.formats.otlp import BARE, LENGTH_BYTES, otlp_json_writer, otlp_protobuf_writer, read_otlp

COMPRESSED: Final = frozenset({".gz", ".zst"})


class Format(NamedTuple):
    """A format of single files: what a name of it ends with, and how it is written."""

    suffixes: tuple[str, ...]
    write: Callable[[BinaryIO], Writer]


FORMATS: Final[Mapping[str, Format]] = {
    "otlp-json": Format((".otlp.json", ".otlp.jsonl"), otlp_json_writer),
    "otlp-proto": Format((".otlp", ".otlp.pb"), otlp_protobuf_writer),
    "jsonl": Format((".jsonl", ".ndjson"), LinesWriter),
    "archive": Format((".spanglass",), ArchiveWriter),
}


PARQUET: Final = "parquet"
"""The format that is a folder, of the name's end."""
NAMES: Final = (*FORMATS, PARQUET)


def format_of(name: str) -> str:
    """Return the format that a file's name tells; on standard output it is lines.

    Raises:
        FormatError: It tells none.
    """
    if name == STANDARD:
        return "jsonl"
    path = Path(name)
    plain = path.stem if path.suffix in COMPRESSED else path.name
    for form, told in FORMATS.items():
        if plain.lower().endswith(told.suffixes):
            return form
    if plain.lower().endswith(f".{PARQUET}"):
        return PARQUET
    known = ", ".join((*(suffix for told in FORMATS.values() for suffix in told.suffixes), f".{PARQUET}"))
    raise FormatError(f"its name tells no format (it would end with {known}); name one with --format")


def reader_of(file: BinaryIO) -> Reader:
    """Return what reads a file, by how it begins.

    Raises:
        FormatError: It is of no format that is known.
    """
    head = peeked(file)
    if head.startswith(MAGIC):
        return read_archive
    if head.startswith(b"PAR1"):
        raise FormatError("Parquet is for analysis and cannot be read back; an archive can")
    if head.lstrip()[:1] in {b"{", b"["} or not head.strip():
        return read_documents
    length, message = int.from_bytes(head[:LENGTH_BYTES], "big"), head[LENGTH_BYTES:]
    if head.startswith(BARE) or (length <= LINE_BYTES_MAX and message.startswith((BARE, ZSTD))):
        return read_otlp
    raise FormatError("byte 0: this is of no format that can be read")
