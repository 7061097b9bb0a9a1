"""An operation's input: what path, query and body give, put together and held against the service model."""

from typing import Any, Final, cast

from spanglass.model.constraints import SHAPES, Violation, pruned, validation_message, violations
from spanglass.model.shapes import IntegerShape, ListShape, StructureShape
from spanglass.qconnect.errors import SerializationError, ValidationError
from spanglass.qconnect.exchange import Request

IN_QUERY: Final = frozenset({"filter", "maxResults", "nextToken", "tagKeys"})
"""The members that stand in the query, whatever the operation."""


def read_input(name: str, request: Request) -> dict[str, Any]:
    """Return the input of the operation ``name``, without members that its shape does not know.

    Raises:
        SerializationError: The body is no JSON object, or a value is not of its type.
        ValidationError: Constraints of the service model are broken; the message names each.
    """
    shape = cast("StructureShape", SHAPES[f"{name}Request"])
    members = shape.required | shape.optional  # type: ignore[operator]  # both are dicts
    given: dict[str, Any] = {}
    for member in members.keys() & IN_QUERY:
        kind = SHAPES[members[member]]
        if isinstance(kind, IntegerShape):
            given[member] = request.integer(member)
        elif isinstance(kind, ListShape):
            given[member] = request.texts(member) or None
        else:
            given[member] = request.text(member)
    if members.keys() - IN_QUERY - request.labels.keys():
        given |= {member: value for member, value in request.document().items() if member not in IN_QUERY}
    given |= request.labels
    refuse(violations(f"{name}Request", given))
    return cast("dict[str, Any]", pruned(f"{name}Request", given))


def refuse(found: list[Violation]) -> None:
    """Raise what is to be said of violations, if there are any."""
    if any(violation.mistyped for violation in found):
        raise SerializationError("; ".join(str(violation) for violation in found if violation.mistyped))
    if found:
        raise ValidationError(validation_message(found))
