"""What was pulled so far: a small SQLite file, so that every step is kept whole or not at all."""

import threading
from pathlib import Path
from typing import Final

import apsw
import msgspec

from spanglass.config import ConfigError

BUSY_MS: Final = 10_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sessions (
    assistant_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    token TEXT,            -- where reading goes on; null if it was read to its end
    begun REAL NOT NULL,   -- when it was begun to be read, in seconds since the epoch
    last REAL NOT NULL,    -- the latest end of its spans
    spans INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (assistant_id, session_id)
) STRICT, WITHOUT ROWID
"""
_READ: Final = "SELECT token, begun, last, spans, refused FROM sessions WHERE assistant_id = ? AND session_id = ?"
_WRITE: Final = "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)"


class StateError(ConfigError):
    """The file of the state cannot be used; the message says why."""


class Progress(msgspec.Struct, frozen=True):
    """How far a session was read; ``token`` is where it goes on, None at its end. Times are seconds since the epoch."""

    token: str | None
    begun: float
    last: float = 0.0
    spans: int = 0
    refused: int = 0

    def is_settled(self, after_seconds: float) -> bool:
        """Tell whether it was read to its end, long enough after the last of its spans ended that no more will come."""
        return self.token is None and self.begun - self.last > after_seconds


class PullState:
    """The progress of sessions, by their ids; used from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if need be.

        Raises:
            StateError: It is no such file, or cannot be written.
        """
        self._path = path
        self._lock = threading.Lock()
        try:
            self._database = apsw.Connection(str(path))
            self._database.set_busy_timeout(BUSY_MS)
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
        except apsw.Error as error:
            raise StateError(f"{path}: the state of the pull cannot be kept there: {error}") from None

    def get(self, assistant_id: str, session_id: str) -> Progress | None:
        """Return how far a session was read; None if it was not begun."""
        with self._lock:
            row = self._database.execute(_READ, (assistant_id, session_id)).fetchone()
        return None if row is None else Progress(*row)

    def put(self, assistant_id: str, session_id: str, progress: Progress) -> None:
        """Note how far a session was read; it is kept once this returns.

        Raises:
            StateError: It cannot be written.
        """
        try:
            with self._lock:
                self._database.execute(_WRITE, (assistant_id, session_id, *msgspec.structs.astuple(progress)))
        except apsw.Error as error:
            raise StateError(f"{self._path}: the state of the pull cannot be kept there: {error}") from None

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
