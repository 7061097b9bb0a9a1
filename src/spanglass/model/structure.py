"""What the service model's structures have in common as Python types."""

from typing import Any, TypeAlias

import msgspec

Timestamp: TypeAlias = float
"""Seconds since the epoch with a fraction of milliseconds (``Timestamp``)."""

Document: TypeAlias = Any
"""JSON of any kind, null included (``JSONDocument``)."""


class Structure(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """Base of the structures that carry their shape's name; ``None`` is an absent member and is not written.

    Decoding checks types and enum values and passes over unknown members; ``constraints.violations`` checks the rest.
    """
