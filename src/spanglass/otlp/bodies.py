"""A request's body, whoever sent it, decompressed within bounds on bytes."""

import sys
import zlib
from collections.abc import Callable
from typing import Final, Protocol

from spanglass.bodies import TooLargeError
from spanglass.otlp.errors import BadRequestError, UnsupportedEncodingError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ENCODINGS_MAX: Final = 2
"""Encodings laid over each other; a second one happens by accident (a proxy's), a third does not."""
STEP_BYTES: Final = 16 << 10
"""Compressed bytes decompressed at a time: what follows the end of a gzip member is copied, so it is kept short."""


class _Stream(Protocol):
    """A decompressor as zlib and zstd have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _inflating(head: bytes) -> _Stream:
    """Open a ``deflate`` body: a zlib stream, or the bare deflate that some clients send (RFC 9110 §8.4.1.2)."""
    is_zlib = len(head) > 1 and head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


_STREAMS: Final[dict[str, Callable[[bytes], _Stream]]] = {
    "gzip": lambda _: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "x-gzip": lambda _: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "deflate": _inflating,
    "zstd": lambda _: zstd.ZstdDecompressor(),
}


def decompressed(body: bytes, encoding: str, bytes_max: int) -> bytes:
    """Undo a Content-Encoding, such as ``gzip`` or ``gzip, zstd`` (the last was put on last); an empty body stays so.

    Raises:
        UnsupportedEncodingError: An encoding is unknown, or there are too many.
        TooLargeError: A stage of it has more than ``bytes_max`` bytes; never is more than about twice that held.
        BadRequestError: The body is not so encoded, is cut off, or something follows it.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if len(names) > ENCODINGS_MAX:
        raise UnsupportedEncodingError(f"more than {ENCODINGS_MAX} content encodings")
    for name in reversed(names):
        if name not in _STREAMS:
            raise UnsupportedEncodingError(f"unsupported content encoding {name!r}")
        try:
            body = _expanded(body, _STREAMS[name], bytes_max) if body else body
        except (zlib.error, zstd.ZstdError, EOFError) as error:
            raise BadRequestError(f"the body is no valid {name}: {error}") from None
    return body


def _expanded(body: bytes, opened: Callable[[bytes], _Stream], bytes_max: int) -> bytes:
    """Decompress all members (gzip) or frames (zstd) of a body."""
    stream, pieces, left = opened(body[:2]), [], bytes_max
    for start in range(0, len(body), STEP_BYTES):
        rest = body[start : start + STEP_BYTES]
        while rest:
            if stream.eof:
                stream = opened(rest[:2])
            pieces.append(stream.decompress(rest, left + 1))
            left -= len(pieces[-1])
            if left < 0:
                raise TooLargeError(f"the body is larger than {bytes_max} bytes once decompressed")
            rest = stream.unused_data
    if not stream.eof:
        raise EOFError("it is cut off")
    return b"".join(pieces)
