"""How fast a service is asked: a bucket of tokens that fills up steadily."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets as many calls pass in a second as told, and no more at once than a tenth of a second's worth, at least one.

    Threads share it: each waits for its own token, in the order in which they came.
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._burst = max(self._interval, 0.1)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self) -> None:
        """Return once a call may be made."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now - self._burst + self._interval)
            due, self._next = self._next, self._next + self._interval
        if due > now:
            self._sleep(due - now)
