"""The SQLite store passes the battery, and keeps what only a file can promise."""

from pathlib import Path

import pytest

from spanglass.store.sqlite import SqliteStore
from spanglass.store.testing import Opener, StoreBattery


class TestSqliteStore(StoreBattery):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        """Open the file of this test."""
        return lambda: SqliteStore(tmp_path / "store.db")
