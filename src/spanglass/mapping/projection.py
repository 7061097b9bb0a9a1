"""What of a stored span ListSpans shows: within the service model's bounds, or without those that can be lifted."""

from typing import Any, Final, NamedTuple

import msgspec

from spanglass.mapping import detail
from spanglass.mapping.fitting import MEMBERS
from spanglass.mapping.instructions import joined
from spanglass.model.constraints import violations
from spanglass.model.record import Members, SpanRecord

_SHAPES: Final = {member.wire: member.shape for member in MEMBERS.values()}
_encode: Final = msgspec.json.Encoder().encode


class Projected(NamedTuple):
    """A span as it is shown, and how much of it is not: messages, instructions that did not fit, members."""

    span: SpanRecord
    withheld: int


def bounded(span: SpanRecord) -> Projected:
    """Show what the service model allows, as spans are kept."""
    hidden = span.inputs_shown_from + span.outputs_shown_from + len(span.system[1:])
    return Projected(span, hidden + len(detail.withheld(span)))


def unbounded(span: SpanRecord) -> Projected:
    """Show all messages and instructions, and members that are of the right type but beyond a bound."""
    withheld = detail.withheld(span)
    members = {name: value for name, value in withheld.items() if _is_typed(name, value)}
    own = span.own
    if members:
        own = Members(own.span, b",".join(filter(None, (own.attributes, _encode(members)[1:-1]))))
    whole = msgspec.structs.replace(
        span, own=own, system=joined(span.system), inputs_shown_from=0, outputs_shown_from=0
    )
    return Projected(whole, len(withheld) - len(members))


def _is_typed(name: str, value: Any) -> bool:  # noqa: ANN401 (JSON)
    return not any(violation.mistyped for violation in violations(_SHAPES[name], value))
