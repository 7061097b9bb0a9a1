"""All that the QConnect service model demands of requests and responses, as data, and one walk against it.

``SHAPES`` mirrors botocore's ``qconnect/2020-10-19/service-2.json``: the same names, members, bounds and patterns, for
the operations that are offered.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from spanglass.model.resource_shapes import RESOURCE_SHAPES
from spanglass.model.shapes import ListShape, MapShape, Shape, StructureShape, UnionShape
from spanglass.model.span_shapes import SPAN_SHAPES

DEPTH_MAX: Final = 128
"""Shapes within shapes, about 40 tool results within tool results: clients read recursively."""
VIOLATIONS_MAX: Final = 100
"""Violations that one walk names: a small body can hold millions."""
SHOWN_CHARS_MAX: Final = 256
"""Characters of a violating text that its message repeats."""
NUMBER_SHOWN_MAX: Final = 2**64
"""Size of a violating number that its message repeats."""

SHAPES: Final[Mapping[str, Shape]] = {**SPAN_SHAPES, **RESOURCE_SHAPES}


class Violation(msgspec.Struct, frozen=True):
    """A constraint that a value breaks, and where; ``str`` is AWS's wording.

    ``shown`` is how the message shows the value: quoted and cut, ``null``, or empty for one that is sensitive or no
    scalar. ``mistyped`` marks a value of the wrong JSON type, which AWS answers with a SerializationException.
    """

    path: str
    constraint: str
    shown: str = ""
    mistyped: bool = False

    def __str__(self) -> str:
        value = f"Value {self.shown}" if self.shown else "Value"
        return f"{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def violations(shape: str, value: object, path: str = "", *, strict: bool = False) -> list[Violation]:
    """Name what a JSON value breaks of a shape's constraints, from the outside in, at most ``VIOLATIONS_MAX``.

    ``value`` is plain data as a JSON decoder gives it; ``path`` is where it stands in the request. A value nested
    beyond ``DEPTH_MAX`` is one violation. The protocol passes over members that a structure does not know; ``strict``
    names them, too.
    """
    return list(islice(_walk(shape, value, path, 1, strict=strict), VIOLATIONS_MAX))


def validation_message(found: list[Violation]) -> str:
    """Put violations in the words of AWS's ValidationException."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(map(str, found))}"


def pruned(shape: str, value: Any) -> Any:  # noqa: ANN401 (JSON of the shape's kind)
    """Return a value that breaks no constraint without nulls and members that its structures do not know."""
    match SHAPES[shape]:
        case StructureShape(required=required, optional=optional):
            members: Mapping[str, str] = {**required, **optional}
        case UnionShape(options=options):
            members = options
        case ListShape(member=member):
            return [pruned(member, each) for each in value]
        case MapShape(value=member):
            return {key: pruned(member, each) for key, each in value.items()}
        case _:
            return value
    return {
        name: pruned(members[name], each)
        for name, each in value.items()
        if name in members and (each is not None or SHAPES[members[name]].nullable)
    }


def _walk(shape: str, value: object, path: str, depth: int, *, strict: bool) -> Iterator[Violation]:
    """Judge a value, then, if it is of the right type, what stands in it."""
    kind = SHAPES[shape]
    composite = isinstance(value, (dict, list))
    if composite and depth > DEPTH_MAX:
        yield Violation(path, f"Member must have depth less than or equal to {DEPTH_MAX}")
        return
    complaints = kind.complaints(value)
    shown = "" if kind.sensitive else _shown(value)
    yield from (Violation(path, complaint.constraint, shown, complaint.mistyped) for complaint in complaints)
    if composite and not any(complaint.mistyped for complaint in complaints):
        for step, member_shape, member in kind.members(value):
            yield from _walk(member_shape, member, _joined(path, step), depth + 1, strict=strict)
        if strict and isinstance(kind, StructureShape) and isinstance(value, dict):
            for name in value.keys() - kind.required.keys() - kind.optional.keys():
                yield Violation(_joined(path, name[:SHOWN_CHARS_MAX]), "Member must be one of the service model")


def _joined(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _shown(value: object) -> str:
    """Show a scalar as AWS does; nothing for a composite, which may hold what is sensitive."""
    if value is None or value is msgspec.UNSET:
        return "null"
    if isinstance(value, str):
        # A lone surrogate would make the message itself impossible to encode.
        return f"'{value[:SHOWN_CHARS_MAX].encode(errors='replace').decode()}'"
    if isinstance(value, (int, float)) and abs(value) < NUMBER_SHOWN_MAX:
        return f"'{msgspec.json.encode(value).decode()}'"
    return ""
