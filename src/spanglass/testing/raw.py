"""A body of an answer that botocore did not get from the network."""

import io
from collections.abc import Iterator
from typing import Final

PIECE_BYTES: Final = 1 << 16


class RawBody(io.BytesIO):
    """A body as urllib3 gives it to botocore."""

    def stream(self, **_told: object) -> Iterator[bytes]:
        """Yield the body in pieces."""
        yield from iter(lambda: self.read(PIECE_BYTES), b"")
