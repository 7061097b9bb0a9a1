"""A few hundred generated requests; ``make fuzz`` sends a hundred thousand."""

import os
import random
from pathlib import Path

import pytest

from tests.fuzz.runs import fuzzed

REQUESTS = 400
NEW = 2 if "CI" in os.environ else random.SystemRandom().randrange(1 << 32)
"""A chance find should not stop what it has nothing to do with."""


@pytest.mark.parametrize("seed", [1, NEW], ids=["same", "new"])
def test_whatever_is_asked_is_answered_in_form(tmp_path: Path, seed: int) -> None:
    """Right, spoiled and mangled requests to both APIs: no 5xx, no error logged, each answer as it is described."""
    fuzz, logged = fuzzed(tmp_path, REQUESTS, seed)
    assert fuzz.wrong == [], f"seed {seed}"
    assert logged == [], f"seed {seed}"
    statuses = {status for _, status in fuzz.answered}
    assert {200, 400, 404} <= statuses
