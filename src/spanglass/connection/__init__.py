"""How a program asks Spanglass: over HTTP, or of a store that it opens itself. There is one way to ask for both."""

from spanglass.connection.connecting import connect
from spanglass.connection.interface import Answer, Connection, Streamed, UnreachableError

__all__ = ["Answer", "Connection", "Streamed", "UnreachableError", "connect"]
