"""A small picture of a session: what ran in each part of its time, and where something failed.

The parts are cells of a grid over all time whose width is the power of two, in nanoseconds, at which the session takes
at most ``CELLS_MAX`` of them. A span only sets bits, and two cells of one width are one of the next, so the picture
does not depend on the order in which spans come, and a span costs the same however long the session is.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

CELLS_MAX: Final = 60
Role: TypeAlias = Literal["inference", "execute_tool", "other", "gap"]


class Cell(NamedTuple):
    """What ran in a part of the session's time, how the worst of it ended, and the part's share of the time."""

    role: Role
    status: Literal["OK", "ERROR", "TIMEOUT"]
    share: float


class Strip(msgspec.Struct, array_like=True):
    """Bits for the cells from ``base`` on, a cell being 2 to the power of ``shift`` nanoseconds wide.

    ``inference``, ``execute_tool`` and ``other`` tell where such spans ran, ``errors`` and ``timeouts`` where they
    ended so. The first and the last cell have a bit in one of the first three. The order of the fields stands on disk.
    """

    shift: int = 0
    base: int = 1 << 62
    inference: int = 0
    execute_tool: int = 0
    other: int = 0
    errors: int = 0
    timeouts: int = 0

    def mark(self, start_ns: int, end_ns: int, role: str, status: str) -> None:
        """Add a span that ran between these times; a role that is no field is ``other``."""
        low, high = (start_ns >> self.shift) - self.base, (end_ns >> self.shift) - self.base
        if low < 0 or high >= CELLS_MAX:
            self._reach(start_ns, end_ns)
            low, high = (start_ns >> self.shift) - self.base, (end_ns >> self.shift) - self.base
        bits = (2 << high) - (1 << low)
        if role == "inference":
            self.inference |= bits
        elif role == "execute_tool":
            self.execute_tool |= bits
        else:
            self.other |= bits
        if status == "ERROR":
            self.errors |= 1 << high
        elif status == "TIMEOUT":
            self.timeouts |= 1 << high

    def cells(self) -> list[Cell]:
        """Return the picture from left to right, like neighbours as one; shares add up to 1."""
        count = self._union().bit_length()
        drawn: list[tuple[Role, Literal["OK", "ERROR", "TIMEOUT"], int]] = []
        for at in range(count):
            role, status = self._role(at), self._status(at)
            if drawn and drawn[-1][:2] == (role, status):
                drawn[-1] = (role, status, drawn[-1][2] + 1)
            else:
                drawn.append((role, status, 1))
        return [Cell(role, status, round(width / count, 4)) for role, status, width in drawn]

    def _role(self, at: int) -> Role:
        if self.inference >> at & 1:
            return "inference"
        if self.execute_tool >> at & 1:
            return "execute_tool"
        return "other" if self.other >> at & 1 else "gap"

    def _status(self, at: int) -> Literal["OK", "ERROR", "TIMEOUT"]:
        if self.errors >> at & 1:
            return "ERROR"
        return "TIMEOUT" if self.timeouts >> at & 1 else "OK"

    def _union(self) -> int:
        return self.inference | self.execute_tool | self.other

    def _reach(self, start_ns: int, end_ns: int) -> None:
        """Make the cells as wide as it takes to cover these times, too."""
        union = self._union()
        low, high = start_ns >> self.shift, end_ns >> self.shift
        if union:
            low, high = min(low, self.base), max(high, self.base + union.bit_length() - 1)
        else:
            self.base = low
        wider = 0
        while (high >> wider) - (low >> wider) >= CELLS_MAX:
            wider += 1
        below = (self.base >> wider) - (low >> wider)
        if wider or below:
            for name in ("inference", "execute_tool", "other", "errors", "timeouts"):
                bits = getattr(self, name)
                if bits:
                    setattr(self, name, _widened(bits, self.base, wider) << below)
            self.shift, self.base = self.shift + wider, low >> wider


def _widened(bits: int, base: int, wider: int) -> int:
    """Return the bits of cells from ``base`` on as those of cells that are 2 to the power of ``wider`` as wide."""
    for _ in range(wider):
        bits <<= base & 1  # so that pairs begin at even bits
        bits = (bits | bits >> 1) & _EVEN
        for distance, kept in _COMPRESS:
            bits = (bits | bits >> distance) & kept
        base >>= 1
    return bits


_EVEN: Final = 0x5555_5555_5555_5555
_COMPRESS: Final = (
    (1, 0x3333_3333_3333_3333),
    (2, 0x0F0F_0F0F_0F0F_0F0F),
    (4, 0x00FF_00FF_00FF_00FF),
    (8, 0x0000_FFFF_0000_FFFF),
    (16, 0xFFFF_FFFF),
)
"""Steps that move every second bit together: how far to shift, and what to keep then."""
