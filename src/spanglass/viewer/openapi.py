"""The OpenAPI description of the JSON API, made from the types that its operations read and answer with."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from inspect import getdoc
from typing import Any, Final

import msgspec

import spanglass
from spanglass.answers import Answer, Problem
from spanglass.viewer.operations import NOT_LET_IN, Operation

REFERENCE: Final = "#/components/schemas/{name}"


def description(operations: Sequence[Operation], also: Sequence[type[msgspec.Struct]] = ()) -> dict[str, Any]:
    """Return the description of these operations as an OpenAPI 3.1 document; ``also`` are types of server-sent events.

    An operation's id is its function's name, its text the function's docstring.
    """
    taken = {one.takes for one in operations}
    types = [*{one.answers for one in operations}, *also, Problem]
    _, parameters = msgspec.json.schema_components(taken)
    _, schemas = msgspec.json.schema_components(sorted(types, key=lambda one: one.__name__), ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, parameters[one.takes.__name__])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spanglass",
            "version": spanglass.__version__,
            "summary": "What AI agents did, session by session.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def described(
    operation_id: str,
    summary: str,
    answers: Mapping[int, type[Answer] | None],
    *,
    takes: type[msgspec.Struct] | None = None,
    names: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the description of an operation that is no ``Operation``, by the types of its body and of its answers.

    ``names`` are those of UUIDs in its path. An answer without a type has no body.
    """
    parameter = {"in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    told: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "parameters": [parameter | {"name": name} for name in names],
        "responses": {
            str(status): {"description": HTTPStatus(status).phrase} | (_content(kind) if kind else {})
            for status, kind in sorted(answers.items())
        },
    }
    return told | ({"requestBody": {"required": True} | _content(takes)} if takes else {})


def _content(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": _reference(kind)}}}


def _operation(one: Operation, takes: dict[str, Any]) -> dict[str, Any]:
    summary, _, text = (getdoc(one.answer) or "").partition("\n\n")
    told = {one.media_type: {"schema": _reference(one.answers)}}
    responses = {"200": {"description": "What was asked for.", "content": told}}
    for status in sorted({*one.fails, *NOT_LET_IN}):
        responses[str(status)] = {"description": HTTPStatus(status).phrase} | _content(Problem)
    told_all = {
        "operationId": _camel(getattr(one.answer, "__name__", "")),
        "summary": summary.rstrip("."),
        "parameters": [_parameter(one, name, schema, takes) for name, schema in takes["properties"].items()],
        "responses": responses,
    }
    return told_all | ({"description": " ".join(text.split())} if text else {})


def _parameter(one: Operation, name: str, schema: dict[str, Any], takes: dict[str, Any]) -> dict[str, Any]:
    place = "path" if f"{{{name}}}" in one.path else "query"
    return {"name": name, "in": place, "required": name in takes["required"], "schema": schema}


def _reference(one: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=one.__name__)}


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), name.strip("_"))
