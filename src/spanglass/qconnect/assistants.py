"""The operations on assistants: create, get, list, delete."""

from typing import Any, Final
from uuid import UUID

import msgspec

from spanglass.mapping.text import legal_name
from spanglass.model.timestamp import seconds
from spanglass.qconnect import resources
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request, answered
from spanglass.qconnect.inputs import read_input
from spanglass.qconnect.tags import bounded
from spanglass.registry import settings
from spanglass.store.interface import Resource

PAGE_DEFAULT: Final = 100
"""Assistants of a page when the client names no number; also the service model's maximum."""
_KEPT: Final = ("description", "tags")
"""Members of CreateAssistantRequest that are kept and shown. No key is: nothing is encrypted with one here."""


def _create(backing: Backing, request: Request) -> Answer:
    given = read_input("CreateAssistant", request)
    said = bounded({name: given[name] for name in _KEPT if name in given})
    made = backing.registry.create_assistant(given["name"], said, given.get("clientToken"))
    return answered({"assistant": _data(backing, made)})


def _get(backing: Backing, request: Request) -> Answer:
    read_input("GetAssistant", request)
    return answered({"assistant": _data(backing, backing.registry.assistant(resources.assistant(request)))})


def _list(backing: Backing, request: Request) -> Answer:
    given = read_input("ListAssistants", request)
    listing = backing.registry.assistants(limit=given.get("maxResults", PAGE_DEFAULT), token=given.get("nextToken"))
    output: dict[str, Any] = {"assistantSummaries": [_data(backing, each) for each in listing.assistants]}
    return answered(output if listing.token is None else output | {"nextToken": listing.token})


def _delete(backing: Backing, request: Request) -> Answer:
    read_input("DeleteAssistant", request)
    backing.registry.delete_assistant(resources.assistant(request))
    return Answer(b"", 204)


OPERATIONS: Final = (
    Operation("CreateAssistant", _create),
    Operation("GetAssistant", _get),
    Operation("ListAssistants", _list),
    Operation("DeleteAssistant", _delete),
)


def _data(backing: Backing, assistant: Resource) -> dict[str, Any]:
    """Return an AssistantData, whose members are those of an AssistantSummary, too."""
    said = settings(assistant)
    data: dict[str, Any] = {
        "assistantId": str(UUID(bytes=assistant.assistant_id)),
        "assistantArn": resources.arn(backing, assistant.assistant_id),
        "name": legal_name(assistant.name),
        "type": "AGENT",
        "status": "ACTIVE",
    }
    data |= {name: said[name] for name in _KEPT if said.get(name)}
    if assistant.changed_ns:
        data["lastModifiedTime"] = msgspec.Raw(seconds(assistant.changed_ns))
        data["lastModifiedRegion"] = backing.region
    return data
