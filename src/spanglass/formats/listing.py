"""A whole span as ListSpans lists it: the service model's members, in its order, and nothing else."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from spanglass.mapping.original import Whole
from spanglass.model.constraints import SHAPES

if TYPE_CHECKING:
    from spanglass.model.shapes import StructureShape

RUNNING: Final = "spans that still run"
WITHHELD: Final = "messages, instructions and members beyond the service model"
VERBATIM: Final = "spans' telemetry beside what ListSpans lists"
LISTS: Final = ("inputMessages", "outputMessages")


def members(shape: str) -> tuple[str, ...]:
    """Return a structure's members in the service model's order."""
    structure = cast("StructureShape", SHAPES[shape])
    return (*structure.required, *structure.optional)


_SPAN: Final = members("Span")
_ATTRIBUTES: Final = members("SpanAttributes")


def listed(whole: Whole) -> dict[str, Any]:
    """Return a span that has ended as ListSpans does."""
    attributes: dict[str, Any] = whole["attributes"]
    shown = {name: attributes[name] for name in _ATTRIBUTES if name in attributes}
    for name in LISTS:
        if start := whole.get(f"{name}ShownFrom", 0):
            shown[name] = shown[name][start:]
            if not shown[name]:
                del shown[name]
    span = {name: whole[name] for name in _SPAN if name in whole}
    span["attributes"] = shown
    return span


def withheld(whole: Whole) -> int:
    """Count what ``listed`` leaves out of what was said and of members, as ListSpans counts it."""
    hidden: int = sum(whole.get(f"{name}ShownFrom", 0) for name in LISTS)
    return hidden + ("systemInstructionsRest" in whole) + len(whole["detail"].get("withheld", ()))


def in_listed_order(spans: Iterable[Whole], losses: Counter[str]) -> Iterator[dict[str, Any]]:
    """Yield a session's spans as listed, in order of what is listed of them, counting what is left out.

    Listed times are milliseconds, so of spans that begin in the same one those with the smaller id come first, however
    they really followed each other: whoever puts the spans somewhere has them in this order again.
    """
    alike: list[dict[str, Any]] = []
    for whole in spans:
        if "endTimestamp" not in whole:
            losses[RUNNING] += 1
            continue
        losses[WITHHELD] += withheld(whole)
        losses[VERBATIM] += bool(whole["detail"])
        span = listed(whole)
        if alike and alike[0]["startTimestamp"] != span["startTimestamp"]:
            yield from sorted(alike, key=_span_id)
            alike.clear()
        alike.append(span)
    yield from sorted(alike, key=_span_id)


def _span_id(span: Mapping[str, Any]) -> str:
    return str(span["spanId"])
