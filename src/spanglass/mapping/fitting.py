"""Members within the service model's limits: cut where a part still tells the truth, withheld where it would not."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from spanglass.conventions.plain import Plain, plain, read_json
from spanglass.conventions.spanglass import snake
from spanglass.mapping.text import VALUE_CHARS_MAX, legal_name
from spanglass.model.constraints import SHAPES, violations
from spanglass.model.place import parse_uuid

if TYPE_CHECKING:
    from spanglass.model.shapes import StructureShape

FINISH_REASONS_MAX: Final = 10
TRACEBACK: Final = "Traceback ("
"""How a stack of Python begins."""

_FITS: Final[Mapping[str, Callable[[Any], object]]] = {
    "Name": legal_name,
    "NonEmptyString": lambda text: text[:VALUE_CHARS_MAX],
    "Uuid": lambda text: str(parse_uuid(text) or text),
    "SpanFinishReasonList": lambda reasons: [text[:VALUE_CHARS_MAX] for text in reasons[:FINISH_REASONS_MAX]],
    "SpanGuardrailAssessmentList": lambda value: plain(read_json(value)[1] if isinstance(value, str) else value),
}
"""Shape → what makes a value fit, as far as that can be."""
_FITTING: Final = frozenset({"Name", "NonEmptyString", "SpanFinishReasonList", "Integer"})
"""Shapes that the value fits after that, whatever it was, as the readers return it."""


class _Member(msgspec.Struct, frozen=True):
    wire: str
    shape: str
    fit: Callable[[Any], object] | None
    fitting: bool


MEMBERS: Final = {
    snake(name): _Member(name, shape, _FITS.get(shape), shape in _FITTING)
    for name, shape in cast("StructureShape", SHAPES["SpanAttributes"]).optional.items()
}
"""The members of SpanAttributes by their names in snake case, in the service model's order."""


def fitted(facts: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, Plain]]:
    """Return the members of SpanAttributes among the facts by wire name, and what was withheld of them.

    A value that the model does not admit is withheld, never bent: a temperature of 1.3 shown as 1.0 would be a lie.
    """
    shown: dict[str, object] = {}
    withheld: dict[str, Plain] = {}
    for name, value in facts.items():
        if (member := MEMBERS.get(name)) is None or value is None:
            continue
        fit = member.fit(value) if member.fit is not None else value
        if member.fitting or not violations(member.shape, fit):
            shown[member.wire] = fit
        else:
            withheld[member.wire] = plain(value)
    return shown, withheld


def without_stack(text: str) -> str:
    """Return a failure's message without the stack that some emitters put behind it."""
    return text.partition(TRACEBACK)[0].strip() or text
