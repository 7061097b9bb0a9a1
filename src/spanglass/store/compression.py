"""Compression with dictionaries: one that comes with Spanglass, and those a store trains on its own content."""

import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Final

import zstandard

SHIPPED: Final = 1
"""The dictionary that comes with this version; those of a store's own have higher numbers."""
LEVEL_LOOSE: Final = 1
"""zstd's level for a block that will be merged soon: half the time of level 3."""
LEVEL: Final = 3
"""zstd's level for what is merged while a session is being written to."""
LEVEL_RESTED: Final = 9
"""zstd's level for what is merged once a session rests."""
DICTIONARY_BYTES: Final = 64 << 10
"""Size of a trained dictionary: twice as much gains another 1 %, half loses 2 %."""
SEGMENT_BYTES: Final = 200
"""Length of the pieces that a dictionary is put together from."""


class Compression:
    """Compresses with the newest dictionary and decompresses with whichever is named; used from any thread.

    ``load`` returns all dictionaries of the store by number. Each thread has its own contexts of zstd.
    """

    def __init__(self, load: Callable[[], Mapping[int, bytes]]) -> None:
        self._load = load
        self._known: Mapping[int, bytes] = {}
        self._threads = threading.local()

    @property
    def newest(self) -> int:
        """The number of the dictionary that is compressed with."""
        return max(self._known or self.renew())

    def renew(self) -> Mapping[int, bytes]:
        """Take note of dictionaries added to the store, for all threads, and return all there are."""
        self._known = known = self._load()
        return known

    def compress(self, data: bytes, level: int) -> bytes:
        """Compress with the newest dictionary."""
        return self._contexts().compressors[level].compress(data)

    def decompress(self, data: bytes) -> bytes:
        """Undo ``compress``, whichever dictionary it used."""
        number = zstandard.get_frame_parameters(data).dict_id
        if number not in self._contexts().decompressors:
            self.renew()
        return self._contexts().decompressors[number].decompress(data)

    def _contexts(self) -> "_Contexts":
        known = self._known or self.renew()
        contexts: _Contexts | None = getattr(self._threads, "contexts", None)
        if contexts is None or contexts.known is not known:
            contexts = self._threads.contexts = _Contexts(known)
        return contexts


class _Contexts:
    def __init__(self, dictionaries: Mapping[int, bytes]) -> None:
        self.known = dictionaries
        newest = dictionaries[max(dictionaries)]
        self.compressors = {level: _compressor(newest, level) for level in (LEVEL_LOOSE, LEVEL, LEVEL_RESTED)}
        known = map(zstandard.ZstdCompressionDict, dictionaries.values())
        self.decompressors = {data.dict_id(): zstandard.ZstdDecompressor(dict_data=data) for data in known}


def _compressor(dictionary: bytes, level: int) -> zstandard.ZstdCompressor:
    data = zstandard.ZstdCompressionDict(dictionary)
    data.precompute_compress(level=level)
    return zstandard.ZstdCompressor(level=level, dict_data=data)


def train(pieces: Sequence[bytes], size: int = DICTIONARY_BYTES) -> bytes:
    """Make a dictionary of at most so many bytes of what the pieces have in common."""
    return zstandard.train_dictionary(size, list(pieces), k=SEGMENT_BYTES, d=8).as_bytes()


def shipped_dictionary() -> bytes:
    """Return the bytes of the dictionary that comes with this version (``tools/train_dictionary.py`` made it)."""
    return resources.files(__package__).joinpath("dictionaries", f"{SHIPPED}.zdict").read_bytes()
