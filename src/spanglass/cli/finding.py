"""What ``spanglass doctor`` tells: one thing that was looked at, and how to mend it."""

from typing import Final, Literal

import msgspec

SKEW_SECONDS_MAX: Final = 5.0
"""Seconds that clocks may differ before times mislead."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was looked at, what was found, and how to mend it; ``odd`` is what may be meant so."""

    state: Literal["fine", "odd", "wrong"]
    what: str
    found: str
    mend: str = ""
