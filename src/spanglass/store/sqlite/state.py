"""A session as the writer of a file holds it in memory: beside what all backends hold, its row and its loose blocks."""

from typing import NamedTuple

from spanglass.store.sqlite.facts import Facts, Identity
from spanglass.store.state import SessionState


class Loose(NamedTuple):
    """A block that is small enough to be merged: its row, the ordinal of its first item, the bytes of its pieces."""

    number: int
    first: int
    size: int


class FileState(SessionState):
    """The writer's picture of one session, true for as long as nobody else has written to the store."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.number = identity.number
        self.facts: Facts = frozenset()
        """What the file tells the session to be found by."""
        self.writes = 0
        """How often the session has been written to, as its row tells: another process's writes are seen by it."""
        super().__init__()

    def clear(self) -> None:
        """Begin anew, as a session that has nothing."""
        super().clear()
        self.places: list[tuple[int, int, bytes, int, bool]] = []
        """Rows of spans that are not in the file yet."""
        self.loose: list[Loose] = []
