"""The operations on sessions: create, get, update, give data, search."""

from typing import Any, Final
from uuid import UUID

from spanglass.mapping.text import legal_name
from spanglass.model.constraints import Violation
from spanglass.qconnect import resources
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request, answered
from spanglass.qconnect.inputs import read_input, refuse
from spanglass.qconnect.tags import bounded
from spanglass.reading import TokenError
from spanglass.registry import Settings, settings
from spanglass.store.interface import Resource

_SHOWN: Final = ("description", "tags", "tagFilter", "aiAgentConfiguration", "orchestratorConfigurationList", "origin")
"""Members of SessionData that are shown as they were given."""
_SETTABLE: Final = ("description", "tagFilter", "aiAgentConfiguration", "orchestratorConfigurationList")
_GIVEN_ONCE: Final = ("tags", "contactArn")
_ORCHESTRATORS: Final = "orchestratorConfigurationList"
_REMOVAL: Final = "removeOrchestratorConfigurationList"


def _create(backing: Backing, request: Request) -> Answer:
    given = read_input("CreateSession", request)
    said = {name: value for name, value in _settable(given).items() if value is not None}
    said |= {name: given[name] for name in _GIVEN_ONCE if name in given}
    said["origin"] = "CUSTOMER"
    parent = resources.assistant(request)
    made = backing.registry.create_session(parent, given["name"], bounded(said), given.get("clientToken"))
    return answered({"session": _data(backing, made)})


def _get(backing: Backing, request: Request) -> Answer:
    read_input("GetSession", request)
    return answered({"session": _data(backing, backing.registry.session(*resources.session(request)))})


def _update(backing: Backing, request: Request) -> Answer:
    said = _settable(read_input("UpdateSession", request))
    updated = backing.registry.update(*resources.session(request), lambda _: said)
    return answered({"session": _data(backing, updated)})


def _update_data(backing: Backing, request: Request) -> Answer:
    given = read_input("UpdateSessionData", request)
    ids = resources.session(request)
    data = backing.registry.update_data(*ids, {each["key"]: each["value"] for each in given["data"]})
    return answered(
        {
            "sessionArn": resources.arn(backing, *ids),
            "sessionId": str(UUID(bytes=ids[1])),
            "namespace": given.get("namespace", "Custom"),
            "data": [{"key": key, "value": value} for key, value in data.items()],
        }
    )


def _search(backing: Backing, request: Request) -> Answer:
    """Answer with the one session of that name: there are never two, and so no second page."""
    given = read_input("SearchSessions", request)
    filters = given["searchExpression"]["filters"]
    if not filters:
        constraint = "Member must have length greater than or equal to 1"
        refuse([Violation("searchExpression.filters", constraint)])
    found = backing.registry.search(resources.assistant(request), {each["value"] for each in filters})
    if "nextToken" in given:
        raise TokenError
    return answered({"sessionSummaries": [_summary(backing, each) for each in found]})


OPERATIONS: Final = (
    Operation("CreateSession", _create),
    Operation("GetSession", _get),
    Operation("UpdateSession", _update),
    Operation("UpdateSessionData", _update_data),
    Operation("SearchSessions", _search),
)


def _settable(given: Settings) -> dict[str, object]:
    """Return the members that an update sets; None for one that it takes away."""
    said: dict[str, object] = {name: given[name] for name in _SETTABLE if name in given}
    if given.get(_REMOVAL):
        if _ORCHESTRATORS in said:
            constraint = f"Member must not be true beside '{_ORCHESTRATORS}'"
            refuse([Violation(_REMOVAL, constraint, "'true'")])
        said[_ORCHESTRATORS] = None
    return said


def _data(backing: Backing, session: Resource) -> dict[str, Any]:
    """Return a SessionData."""
    said: Settings = {"origin": "SYSTEM"} | settings(session)
    return {
        "sessionArn": resources.arn(backing, session.assistant_id, session.session_id),
        "sessionId": str(UUID(bytes=session.session_id)),
        "name": legal_name(session.name),
    } | {name: said[name] for name in _SHOWN if said.get(name)}


def _summary(backing: Backing, session: Resource) -> dict[str, Any]:
    return {
        "sessionId": str(UUID(bytes=session.session_id)),
        "sessionArn": resources.arn(backing, session.assistant_id, session.session_id),
        "assistantId": str(UUID(bytes=session.assistant_id)),
        "assistantArn": resources.arn(backing, session.assistant_id),
    }
