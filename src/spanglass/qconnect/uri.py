"""The request target, still encoded: it is split before it is decoded, so an ARN stays one label (RFC 3986 §2.4)."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from spanglass.qconnect.errors import SerializationError

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def segments(raw_path: bytes) -> list[bytes]:
    """Split a path, still encoded, at its slashes; one slash at the end says nothing."""
    return raw_path.removeprefix(b"/").removesuffix(b"/").split(b"/")


def decoded(raw: bytes, name: str) -> str:
    """Undo percent-encoding; a plus sign is a plus sign.

    Raises:
        SerializationError: An escape is broken, or the bytes are no UTF-8; it tells of ``name``.
    """
    if _BROKEN_ESCAPE.search(raw):
        raise SerializationError(f"The value at '{name}' is not percent-encoded.")
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise SerializationError(f"The value at '{name}' is not UTF-8.") from None


def parameters(query: bytes, name: str) -> list[str]:
    """Return a query's parameters of that name in order, decoded."""
    pairs = [pair.partition(b"=") for pair in query.split(b"&")]
    return [decoded(value, name) for key, _, value in pairs if unquote_to_bytes(key) == name.encode()]
