"""Pages that were read lately, kept compressed: a session is looked at again and again once somebody looks at it."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, NamedTuple

import zstandard

LEVEL: Final = -1
"""zstd's level: a page says everything many times, so that a quick one leaves a twentieth of it. Level 1 leaves a
quarter less, and takes 50 µs to undo for 370 kB instead of 36."""
PAGE_BYTES: Final = 1000
"""About what a page takes beside its compressed body, its token included."""


class _Page(NamedTuple):
    version: Hashable
    body: bytes
    withheld: int

    @property
    def size(self) -> int:
        return len(self.body) + PAGE_BYTES


class _Contexts(threading.local):
    """zstd's contexts, which one thread at a time may use."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


class RecentPages:
    """Keeps pages of at most ``bytes_max`` bytes in all, those that were asked for last; used from any thread."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._pages: OrderedDict[Hashable, _Page] = OrderedDict()
        self._lock = threading.Lock()
        self._contexts = _Contexts()

    def get(self, key: Hashable, version: Hashable) -> tuple[bytes, int] | None:
        """Return the body and the count of what was withheld, if the page was put there at the same version."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.version != version:
                return None
            self._pages.move_to_end(key)
        return self._contexts.decompressor.decompress(page.body), page.withheld

    def put(self, key: Hashable, version: Hashable, body: bytes, withheld: int) -> None:
        """Keep a page that was read when the version was no newer."""
        page = _Page(version, self._contexts.compressor.compress(body), withheld)
        with self._lock:
            if (replaced := self._pages.pop(key, None)) is not None:
                self._bytes -= replaced.size
            self._pages[key] = page
            self._bytes += page.size
            while self._bytes > self._bytes_max:
                self._bytes -= self._pages.popitem(last=False)[1].size
