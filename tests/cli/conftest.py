"""Recorded sessions on a running server, for the commands that read."""

from tests.traces.conftest import recorded, store

__all__ = ["recorded", "store"]
