"""Token buckets: how often a key may call an operation."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from spanglass.access.errors import ThrottledError

BUCKETS_MAX: Final = 10_000
"""Buckets held; the one not used for longest goes first, and by then is full again in all but odd cases."""


class Throttle:
    """A bucket of tokens for each key and operation, of this process; used from any thread."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Let through ``per_second`` calls a second in the long run, and ``burst`` calls at once."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, key_id: str, operation: str) -> None:
        """Take a token.

        Raises:
            ThrottledError: There is none; the error tells when there will be.
        """
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.pop((key_id, operation), (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - since) * self._per_second)
            is_enough = tokens >= 1
            self._buckets[key_id, operation] = (tokens - is_enough, now)
            if len(self._buckets) > BUCKETS_MAX:
                self._buckets.popitem(last=False)
        if not is_enough:
            raise ThrottledError(retry_after_ms=int((1 - tokens) / self._per_second * 1000) + 1)
