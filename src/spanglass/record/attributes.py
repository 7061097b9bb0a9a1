"""Which attribute a member is written as: OpenTelemetry's where there is one, else Spanglass's own."""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec

import msgspec

from spanglass.conventions import gen_ai, spanglass

P = ParamSpec("P")

_MADE: Final = {name for view in gen_ai.VIEWS for name in view.makes}
"""Attributes that no emitter writes."""
FIRST_CHUNK: Final = next(one.attribute for one in gen_ai.MEMBERS if one.member == "time_to_first_token_ms")
"""The conventions' attribute for the same in another unit, seconds."""
NAMES: Final[Mapping[str, str]] = {
    one.member: one.attribute
    for one in (*spanglass.MEMBERS, *reversed(gen_ai.MEMBERS))  # the first of these wins
    if one.attribute not in {*_MADE, FIRST_CHUNK}
}
"""Member, or fact that members are derived from, in snake case → attribute."""
SESSION: Final = spanglass.SESSION[0]
ASSISTANT: Final = spanglass.ASSISTANT[0]
_LOG: Final = logging.getLogger("spanglass.record")


def named(**members: Any) -> dict[str, Any]:  # noqa: ANN401 (attributes of all kinds)
    """Return members that are not None as attributes."""
    return {NAMES[name]: value for name, value in members.items() if value is not None}


def as_json(value: object) -> str:
    """Write any value as JSON; what JSON has no form for as Python shows it."""
    return msgspec.json.encode(value, enc_hook=repr).decode()


def quiet(record: Callable[P, None]) -> Callable[P, None]:
    """Have a function that records never raise: what goes wrong is logged."""

    @wraps(record)
    def recording(*args: P.args, **options: P.kwargs) -> None:
        try:
            record(*args, **options)
        except Exception:  # noqa: BLE001 (the program that is recorded must not suffer)
            _LOG.warning("cannot record %s", record.__name__, exc_info=True)

    return recording
