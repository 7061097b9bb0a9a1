"""A server dies before any statement of what it does, and another one goes on.

``make test-cluster`` does the same to processes.
"""

from collections.abc import Callable
from contextlib import closing

import pytest

from spanglass.store.cassandra import following, leftovers
from tests.cassandra.killing import Case, deleting, killed_before_each, moving, replacing
from tests.cassandra.victim import Dying
from tests.store.cassandra.conftest import Open


@pytest.mark.parametrize(("made", "pending_bytes_max"), [(moving, 500), (replacing, 1 << 20), (deleting, 1 << 20)])
def test_a_server_dies_before_any_statement(
    opener: Open, monkeypatch: pytest.MonkeyPatch, made: Callable[[int], Case], pending_bytes_max: int
) -> None:
    """Whichever statement it dies before, nothing is lost, and what it began is finished."""
    monkeypatch.setattr(leftovers, "AGE_SECONDS", -1)
    monkeypatch.setattr(leftovers, "PARTS", 2)  # which are looked at one by one
    monkeypatch.setattr(following, "PENDING_BYTES_MAX", pending_bytes_max)
    with closing(opener()) as store, closing(opener()) as other:
        killed_before_each(store, made, Dying(other).do)
