"""The time as a cluster has it, which servers share whatever their own clocks say."""

import time


class Clock:
    """The time by the nodes' clocks, whatever this machine's says."""

    def __init__(self) -> None:
        self._ahead_us = 0

    def set(self, unix_ms: int) -> None:
        """Take note of what a node has just told."""
        self._ahead_us = unix_ms * 1000 - time.monotonic_ns() // 1000

    def now_us(self) -> int:
        """Return the time in Unix microseconds."""
        return time.monotonic_ns() // 1000 + self._ahead_us
