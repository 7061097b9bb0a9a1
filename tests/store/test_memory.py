"""The reference store passes the battery that it is the oracle of."""

import pytest

from spanglass.store.memory import MemoryStore
from spanglass.store.testing import Opener, StoreBattery


class TestMemoryStore(StoreBattery):
    @pytest.fixture
    def opener(self) -> Opener:
        """Open one store again and again: closing it does nothing."""
        kept = MemoryStore()
        return lambda: kept
