"""The requests of the service model of ``qconnect`` as an OpenAPI document, for what generates from one."""

from typing import Any, Final, TypeAlias

from tests.service_model import MODEL, definitions, ref, schema

Json: TypeAlias = Any

PLACES: Final = {"uri": "path", "querystring": "query"}
PLACE: Final = ("assistantId", "sessionId")
ACCEPTED: Final = {"type": "object", "properties": {"accepted": {"type": "integer"}}, "required": ["accepted"]}
WITH_BODY: Final = {"POST", "PUT", "PATCH"}


def description() -> Json:
    """Return the document: each operation's parameters and body."""
    paths: dict[str, Json] = {}
    inputs = []
    for name in MODEL.operation_names:
        model = MODEL.operation_model(name)
        paths.setdefault(model.http["requestUri"], {})[model.http["method"].lower()] = _operation(name, model)
        inputs += [model.input_shape] if model.input_shape else []
    document = {
        "openapi": "3.1.0",
        "info": {"title": "qconnect", "version": MODEL.api_version},
        "paths": paths,
        "$defs": definitions(inputs),
    }
    return _moved(document | {"components": {"schemas": document.pop("$defs")}})


def put_spans() -> Json:
    """Return a document of the one operation of ``/api`` that takes what ListSpans answers with."""
    answer = MODEL.operation_model("ListSpans").output_shape
    place = [{"name": name, "in": "path", "required": True, "schema": ref(MODEL.shape_for("Uuid"))} for name in PLACE]
    operation = {
        "operationId": "PutSpans",
        "parameters": place,
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(answer)}}},
        "responses": {"200": {"description": "any", "content": {"application/json": {"schema": ACCEPTED}}}},
    }
    path = "/api/assistants/{assistantId}/sessions/{sessionId}/spans"
    schemas = definitions([answer, MODEL.shape_for("Uuid")])
    return _moved({"paths": {path: {"put": operation}}, "components": {"schemas": schemas}})


def _operation(name: str, model: Json) -> Json:
    shape = model.input_shape
    members = shape.members.items() if shape else ()
    parameters = [
        {
            "name": member.serialization.get("name", each),
            "in": PLACES[place],
            "required": place == "uri" or each in shape.required_members,
            "schema": ref(member),
        }
        for each, member in members
        if (place := member.serialization.get("location")) in PLACES
    ]
    described = {"operationId": name, "parameters": parameters, "responses": {"default": {"description": "any"}}}
    if model.http["method"] in WITH_BODY:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema(shape)}}}
    return described


def _moved(value: Json) -> Json:
    """Return schemas with references to where OpenAPI keeps definitions."""
    if isinstance(value, dict):
        return {
            name: member.replace("#/$defs/", "#/components/schemas/") if name == "$ref" else _moved(member)
            for name, member in value.items()
        }
    return [_moved(each) for each in value] if isinstance(value, list) else value
