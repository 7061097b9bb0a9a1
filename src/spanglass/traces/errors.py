"""What reading can fail with; each message is fit for a person.

ReadError                 the server or the store did not answer what was asked; ``status`` is HTTP's
├─ NotFoundError          there is no such thing
├─ AmbiguousError         a name or the beginning of an id stands for several things
└─ DeniedError            it asks for a key, or the key may not do this

``connection.UnreachableError`` is raised where nothing answers at all.
"""

from collections.abc import Sequence


class ReadError(Exception):
    """There is an answer, but not of what was asked for."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class NotFoundError(ReadError, LookupError):
    """There is no such thing."""


class DeniedError(ReadError):
    """It asks for a key, or the key that was shown may not do this."""


class AmbiguousError(ReadError, LookupError):
    """What was given stands for several things; ``found`` names each in a way that stands for it alone."""

    def __init__(self, message: str, found: Sequence[str]) -> None:
        super().__init__(message)
        self.found = tuple(found)
