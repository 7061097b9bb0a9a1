"""A stand-in for the recorder where a test only reads."""

from spanglass.mappers import Read
from spanglass.recording import Recorded


async def unwritten(_read: Read, _size: int) -> Recorded:
    raise AssertionError("nothing is written here")
