"""Times on the wire: JSON numbers of seconds since the epoch with a fraction of milliseconds (restJson1)."""

from typing import Final

import msgspec

# A quotient of whole milliseconds by 1000 is the double nearest to the decimal fraction, and the encoder writes the
# shortest text that reads back as that double: exactly the milliseconds, for every time of 64 bits of nanoseconds.
_encode: Final = msgspec.json.Encoder().encode


def seconds(ns: int) -> bytes:
    """Write nanoseconds since the epoch, floored to milliseconds, as JSON: ``1700000000.123``, ``1700000000.0``."""
    return _encode(ns // 1_000_000 / 1000)


def seconds_ms(ms: int) -> bytes:
    """Write milliseconds since the epoch likewise."""
    return _encode(ms / 1000)
