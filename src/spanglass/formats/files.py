"""Files as streams: compressed by their suffix when they are written, by their content when they are read."""

import contextlib
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from spanglass.formats.interface import LINE_BYTES_MAX, FormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STANDARD: Final = "-"
"""The name that stands for standard input and output."""
PEEK_BYTES: Final = 4096
"""Bytes of a file's beginning that tell what it is."""
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
WINDOW_LOG_MAX: Final = 27
"""Memory that a zstd file may ask for to be read: 128 MiB, what zstd itself grants."""

__all__ = ["PEEK_BYTES", "STANDARD", "ZSTD", "lines", "opened", "peeked", "written", "zstd"]


@contextlib.contextmanager
def written(name: str) -> Iterator[BinaryIO]:
    """Open a file to be written as a whole: it is there once the block has ended well, or not at all.

    ``-`` is standard output. The suffixes ``.gz`` and ``.zst`` compress, always into the same bytes.

    Raises:
        FormatError: The file cannot be written.
    """
    if name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = Path(f"{name}.part")
    with _told():
        try:
            with part.open("wb") as file:
                with _compressing(file, Path(name).suffix) as stream:
                    yield stream
                file.flush()
                os.fsync(file.fileno())
            part.replace(name)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _compressing(file: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    if suffix == ".gz":
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as zipped:
            yield cast("BinaryIO", zipped)
    elif suffix == ".zst":
        with zstd.ZstdFile(file, "wb") as zipped:
            yield cast("BinaryIO", zipped)
    else:
        yield file


@contextlib.contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file to be read, decompressed; ``-`` is standard input.

    Raises:
        FormatError: The file cannot be read.
    """
    with _told(), contextlib.ExitStack() as stack:
        file = sys.stdin.buffer if name == STANDARD else stack.enter_context(Path(name).open("rb"))
        head = peeked(file)
        if head.startswith(GZIP):
            yield cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=file)))
        elif head.startswith(ZSTD):
            options = {int(zstd.DecompressionParameter.window_log_max): WINDOW_LOG_MAX}
            yield cast("BinaryIO", io.BufferedReader(zstd.ZstdFile(file, options=options)))
        else:
            yield file


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell in words what a file does not let be done."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zstd.ZstdError, zlib.error) as error:
        raise FormatError(f"its compressed content is cut off or damaged: {error}") from None
    except IsADirectoryError:
        raise FormatError("it is a folder; Parquet is for analysis and cannot be read back, an archive can") from None
    except OSError as error:
        raise FormatError(error.strerror or str(error)) from None


def peeked(file: BinaryIO) -> bytes:
    """Return how a file begins, or goes on, without reading it."""
    return cast("io.BufferedReader", file).peek(PEEK_BYTES)[:PEEK_BYTES]


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers, counting from 1.

    Raises:
        FormatError: A line is longer than any span.
    """
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            raise FormatError(f"line {number} is longer than {LINE_BYTES_MAX >> 20} MiB")
        if line.strip():
            yield number, line
