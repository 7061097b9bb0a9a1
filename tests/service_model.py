"""The installed botocore's service model of ``qconnect`` as JSON Schema: what requests and responses may hold."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, TypeAlias

import botocore.session
import jsonschema_rs

Json: TypeAlias = Any

MODEL: Final = botocore.session.Session().get_service_model("qconnect")
COMMON_ERRORS: Final = {
    "IncompleteSignatureException": {400},
    "InternalServerException": {500},
    "InvalidSignatureException": {403},
    "MissingAuthenticationTokenException": {403},
    "RequestEntityTooLargeException": {413},
    "SerializationException": {400},
    "ServiceUnavailableException": {503},
    "UnknownOperationException": {404, 405},
    "UnrecognizedClientException": {403},
    "UnsupportedMediaTypeException": {415},
    "UnsupportedOperationException": {400},
}
"""Errors of AWS's REST-JSON services that no service model lists, each a ``message`` alone, and their statuses."""
SECONDS_MAX: Final = 253_402_300_799.999
"""The last moment of the year 9999, the last that clients can read."""


def ref(shape: Json) -> Json:
    """Return what stands for a shape's schema where another refers to it."""
    return {"$ref": f"#/$defs/{shape.name}"}


def definitions(shapes: Iterable[Json]) -> Json:
    """Return a schema for each of some shapes and all that they reach."""
    waiting, found = list(shapes), dict[str, Json]()
    while waiting:
        shape = waiting.pop()
        if shape.name not in found:
            found[shape.name] = schema(shape)
            waiting += _inner(shape)
    return found


def _inner(shape: Json) -> Iterable[Json]:
    match shape.type_name:
        case "structure":
            return shape.members.values()  # type: ignore[no-any-return]  # botocore has no types
        case "list":
            return [shape.member]
        case "map":
            return [shape.key, shape.value]
        case _:
            return []


def schema(shape: Json) -> Json:
    """Return one shape's schema, which refers to those of its members."""
    return _SCHEMAS[shape.type_name](shape)


def _structure(shape: Json) -> Json:
    """Return a structure's schema; members that stand in the path or the query are not of a body."""
    if shape.is_document_type:
        return {}
    members = {name: m for name, m in shape.members.items() if "location" not in m.serialization}
    one = {"minProperties": 1, "maxProperties": 1} if shape.is_tagged_union else {}
    return {
        "type": "object",
        "properties": {m.serialization.get("name", name): ref(m) for name, m in members.items()},
        "required": [name for name in shape.required_members if name in members],
        "additionalProperties": False,
    } | one


def _list(shape: Json) -> Json:
    return {"type": "array", "items": ref(shape.member)} | _bounds(shape, "minItems", "maxItems")


def _map(shape: Json) -> Json:
    members = {"propertyNames": ref(shape.key), "additionalProperties": ref(shape.value)}
    return {"type": "object"} | members | _bounds(shape, "minProperties", "maxProperties")


def _string(shape: Json) -> Json:
    enum = {"enum": shape.enum} if shape.enum else {}
    pattern = {"pattern": _pattern(shape)} if "pattern" in shape.metadata else {}
    return {"type": "string"} | enum | pattern | _bounds(shape, "minLength", "maxLength")


def _pattern(shape: Json) -> str:
    """Return a pattern as JSON Schema has it, which searches, as the model does; an id is nothing but an id."""
    pattern = str(shape.metadata["pattern"])
    return f"^(?:{pattern})$" if shape.name == "Uuid" else pattern


def _integer(bits: int) -> Callable[[Json], Json]:
    least = {"type": "integer", "minimum": -(1 << bits - 1), "maximum": (1 << bits - 1) - 1}
    return lambda shape: least | _bounds(shape, "minimum", "maximum")


def _number(shape: Json) -> Json:
    return {"type": "number"} | _bounds(shape, "minimum", "maximum")


_SCHEMAS: Final[dict[str, Callable[[Json], Json]]] = {
    "blob": lambda _: {"type": "string"},
    "boolean": lambda _: {"type": "boolean"},
    "double": _number,
    "float": _number,
    "integer": _integer(32),
    "list": _list,
    "long": _integer(64),
    "map": _map,
    "string": _string,
    "structure": _structure,
    "timestamp": lambda _: {"type": "number", "minimum": 0, "maximum": SECONDS_MAX},
}


def _bounds(shape: Json, low: str, high: str) -> Json:
    return {name: shape.metadata[bound] for name, bound in ((low, "min"), (high, "max")) if bound in shape.metadata}


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    """Return what judges an operation's output, or an error."""
    shape = MODEL.operation_model(name).output_shape if name in MODEL.operation_names else MODEL.shape_for(name)
    if shape is None:
        return jsonschema_rs.validator_for({"type": "object", "additionalProperties": False})
    return jsonschema_rs.validator_for(ref(shape) | {"$defs": definitions([shape])})


def status(code: str) -> int:
    """Return the status that AWS answers an error with; of several, the highest."""
    if code in COMMON_ERRORS:
        return max(COMMON_ERRORS[code])
    return int(MODEL.shape_for(code).metadata["error"]["httpStatusCode"])


def operation_at(method: str, path: str) -> str | None:
    """Return the operation that a request calls, by its path as it stands on the wire, or None."""
    segments = path.strip("/").split("/")
    for name in MODEL.operation_names:
        http = MODEL.operation_model(name).http
        template = http["requestUri"].strip("/").split("/")
        if (
            method == http["method"]
            and len(template) == len(segments)
            and all(want.startswith("{") or want == have for want, have in zip(template, segments, strict=True))
        ):
            return str(name)
    return None


def faults(operation: str | None, answered: int, code: str | None, body: Json) -> list[str]:
    """Name what the service model forbids of an answer: ``code`` is its X-Amzn-Errortype, ``body`` its JSON."""
    if code is None:
        if operation is None:
            return [f"a success, {answered}, of no operation"]
        if answered != (want := MODEL.operation_model(operation).http["responseCode"]):
            return [f"{operation} succeeds with {want}, not {answered}"]
        return [
            f"{operation}{error.instance_path}: {error.message}" for error in _validator(operation).iter_errors(body)
        ]
    if code in COMMON_ERRORS:
        named = isinstance(body, dict) and body.keys() == {"message"} and isinstance(body["message"], str)
        return [] if named and answered in COMMON_ERRORS[code] else [f"{answered} {code}: {body}"]
    if code not in {shape.name for shape in MODEL.error_shapes}:
        return [f"{code} is no error of the service model, nor common to AWS's services"]
    found = [f"{code}{error.instance_path}: {error.message}" for error in _validator(code).iter_errors(body)]
    return found if answered == status(code) else [*found, f"{code} has status {status(code)}, not {answered}"]
