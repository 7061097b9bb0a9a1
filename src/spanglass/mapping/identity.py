"""Ids of QConnect, which are UUIDs, from ids of OpenTelemetry and of emitters. Anybody can compute them again."""

import functools
import hashlib
from typing import Final

from spanglass.model.place import NAMESPACE_SPAN, NAMESPACE_TOOL_USE, parse_uuid

_SPANS: Final = hashlib.sha1(NAMESPACE_SPAN.bytes, usedforsecurity=False)
_TOOL_USES: Final = hashlib.sha1(NAMESPACE_TOOL_USE.bytes, usedforsecurity=False)
_VERSION: Final = [bytes((0x50 | byte & 0x0F,)) for byte in range(256)]
_VARIANT: Final = [bytes((0x80 | byte & 0x3F,)) for byte in range(256)]


def span_uuid(trace_id: bytes, span_id: bytes) -> bytes:
    """Return a span's id: ``uuid.uuid5(NAMESPACE_SPAN, trace_id.hex() + span_id.hex())``, as bytes.

    Both ids are needed, since span ids alone repeat over traces.
    """
    return _uuid5(_SPANS.copy(), (trace_id.hex() + span_id.hex()).encode())


@functools.lru_cache(maxsize=16384)
def tool_use_id(emitters: str) -> str:
    """Return the toolUseId for an emitter's: a UUID as it is, else UUIDv5 in ``NAMESPACE_TOOL_USE``.

    It does not depend on the session, so a late session id rewrites nothing.
    """
    if (parsed := parse_uuid(emitters)) is not None:
        return str(parsed)
    digits = _uuid5(_TOOL_USES.copy(), emitters.encode()).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _uuid5(namespace: "hashlib._Hash", name: bytes) -> bytes:
    """Return the bytes of ``uuid.uuid5``, which takes five times as long; it is needed several times a span."""
    namespace.update(name)
    digest = namespace.digest()
    return b"%b%b%b%b%b" % (digest[:6], _VERSION[digest[6]], digest[7:8], _VARIANT[digest[8]], digest[9:16])
