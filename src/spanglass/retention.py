"""Deletes, while a server runs, the sessions that were last heard of too long ago: one server of a store at a time."""

import secrets
import threading
import time
from typing import Final

import structlog

from spanglass.recording import Counts
from spanglass.store.interface import Store, StoreError

ROUND_SECONDS: Final = 3_600.0
"""Seconds from one look for old sessions to the next."""
DELETED_SESSIONS: Final = 20
"""Sessions that are deleted at a time; after each time what else the store has to do has as long."""
_DAY_NS: Final = 86_400_000_000_000
_log = structlog.get_logger(__name__)


class Retention:
    """Deletes in a thread of its own what was last heard of more than ``keep_days`` ago, and counts it.

    Servers that share a store take turns: one that looks has the store remember so, and the others let it.
    """

    def __init__(self, store: Store, keep_days: float, counts: Counts) -> None:
        self._store = store
        self._keep_ns = int(keep_days * _DAY_NS)
        self._counts = counts
        self._name = secrets.token_bytes(16)
        self._turn = b"retention %d" % self._keep_ns  # who is told another age takes a turn at once
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spanglass-retention", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what is being deleted, then stop."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._look()
            except StoreError as error:
                _log.warning("retention failed", error=str(error))
            except Exception:  # noqa: BLE001 (a bug must not keep the next round from being tried)
                _log.exception("retention failed")
            self._closing.wait(ROUND_SECONDS)

    def _look(self) -> None:
        now_ns = time.time_ns()
        until_ns = now_ns + int(ROUND_SECONDS * 1_000_000_000)
        if self._store.remember(self._turn, self._name, now_ns=now_ns, until_ns=until_ns) != self._name:
            return
        deleted = 0
        while not self._closing.is_set():
            started = time.monotonic()
            count = self._store.delete_before(now_ns - self._keep_ns, limit=DELETED_SESSIONS)
            if not count:
                break
            deleted += count
            self._counts.expired_sessions += count
            self._closing.wait(time.monotonic() - started)
        if deleted:
            _log.info("old sessions deleted", sessions=deleted)
