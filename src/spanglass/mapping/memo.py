"""A bounded memory of what was computed before."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memo(Generic[Key, Value]):
    """Keeps recently used values, of about ``bytes_max`` bytes in all.

    Two generations stand in for an order of use: a value that is found in the old one moves to the young one, and when
    the young one is half of the bound, it becomes the old one. So finding costs one or two dict lookups.
    """

    def __init__(self, bytes_max: int) -> None:
        self._generation_bytes_max = bytes_max // 2
        self._young: dict[Key, tuple[Value, int]] = {}
        self._old: dict[Key, tuple[Value, int]] = {}
        self._young_bytes = 0

    def get(self, key: Key) -> Value | None:
        """Return what was put under the key, if it is still kept."""
        if (found := self._young.get(key)) is not None:
            return found[0]
        if (found := self._old.pop(key, None)) is None:
            return None
        self.put(key, *found)
        return found[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keep a value that holds on to about ``size`` bytes; one beyond a generation's bound is not kept."""
        if size > self._generation_bytes_max:
            return
        if (replaced := self._young.pop(key, None)) is not None:
            self._young_bytes -= replaced[1]
        if self._young_bytes + size > self._generation_bytes_max:
            self._old, self._young, self._young_bytes = self._young, {}, 0
        self._young[key] = (value, size)
        self._young_bytes += size
