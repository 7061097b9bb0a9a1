"""Which path is which operation."""

import re

import pytest
from botocore.loaders import Loader

from spanglass.qconnect import OPERATIONS
from spanglass.qconnect.errors import MethodError, SerializationError, UnknownOperationError, UnsupportedOperationError
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request
from spanglass.qconnect.inputs import IN_QUERY
from spanglass.qconnect.router import Router
from spanglass.qconnect.routes import ROUTES


def _answer(_backing: Backing, _request: Request) -> Answer:
    return Answer(b"{}")


OFFERED = ("ListAssistants", "CreateAssistant", "GetAssistant", "ListMessages", "TagResource")
ROUTER = Router([Operation(name, _answer) for name in OFFERED])


def installed() -> dict[str, tuple[str, str]]:
    """Read method and requestUri of every operation of the installed botocore's service model."""
    operations = Loader().load_service_model("qconnect", "service-2", "2020-10-19")["operations"]
    return {name: (each["http"]["method"], each["http"]["requestUri"]) for name, each in operations.items()}


def test_routes_are_those_of_the_installed_service_model() -> None:
    """Every operation of the installed botocore is known by its method and template, and no other."""
    assert installed() == ROUTES


def test_every_operation_is_found_by_its_route() -> None:
    """No route hides another: each operation's path and method call it, offered or not."""
    everything = Router([Operation(name, _answer) for name in ROUTES])
    for name, (method, template) in ROUTES.items():
        path = re.sub("{[^}]*}", "next", template).encode()
        assert everything.find(method, path, b"")[0].name == name


def test_an_operation_that_is_not_offered_is_told() -> None:
    """A route of the service model that nothing here answers is not unknown, but not supported, by its name."""
    with pytest.raises(UnsupportedOperationError, match="CreateAIAgent is not supported by this service"):
        ROUTER.find("POST", b"/assistants/x/aiagents", b"")
    with pytest.raises(UnsupportedOperationError, match="DeleteAssistant"):
        ROUTER.find("DELETE", b"/assistants/x", b"")
    with pytest.raises(MethodError):
        ROUTER.find("PATCH", b"/assistants/x/aiagents", b"")


def test_what_stands_in_the_query_stands_there_in_the_service_model() -> None:
    """The members of inputs that are read from the query, from the path and from the body are the model's."""
    model = Loader().load_service_model("qconnect", "service-2", "2020-10-19")
    for operation in OPERATIONS:
        shape = model["operations"][operation.name]["input"]["shape"]
        for member, traits in model["shapes"][shape]["members"].items():
            assert (traits.get("location") == "querystring") == (member in IN_QUERY)
            assert (traits.get("location") == "uri") == (f"{{{member}}}" in ROUTES[operation.name][1])


@pytest.mark.parametrize(
    ("method", "path", "name", "labels"),
    [
        ("GET", b"/assistants", "ListAssistants", {}),
        ("POST", b"/assistants/", "CreateAssistant", {}),
        ("GET", b"/assistants/a%2Fb", "GetAssistant", {"assistantId": "a/b"}),
        ("GET", b"/assistants/sessions", "GetAssistant", {"assistantId": "sessions"}),
        ("POST", b"/tags/arn%3Aaws%3Awisdom", "TagResource", {"resourceArn": "arn:aws:wisdom"}),
        ("GET", b"/assistants//sessions/%2E%2E/messages", "ListMessages", {"assistantId": "", "sessionId": ".."}),
    ],
)
def test_method_and_path_call_an_operation(method: str, path: bytes, name: str, labels: dict[str, str]) -> None:
    """An operation is found by its method and template; a label is one segment, whatever is escaped in it."""
    operation, request = ROUTER.find(method, path, b"x=1")
    assert (operation.name, request.labels, request.query) == (name, labels, b"x=1")


@pytest.mark.parametrize("path", [b"/", b"", b"/tags", b"/assistants/a/b", b"//assistants", b"/assistants/a//"])
def test_a_path_of_no_operation_is_unknown(path: bytes) -> None:
    """What fits no template is no operation, whatever the method."""
    with pytest.raises(UnknownOperationError):
        ROUTER.find("GET", path, b"")


def test_a_known_path_tells_its_methods() -> None:
    """A path called with a method that it lacks tells those that it has."""
    with pytest.raises(MethodError) as raised:
        ROUTER.find("PUT", b"/assistants", b"")
    assert raised.value.allowed == "GET, POST"


def test_only_labels_of_a_known_operation_must_decode() -> None:
    """A broken escape is told once the operation is known; elsewhere the path is just unknown."""
    with pytest.raises(SerializationError):
        ROUTER.find("GET", b"/assistants/%zz", b"")
    with pytest.raises(UnknownOperationError):
        ROUTER.find("GET", b"/elsewhere/%zz", b"")
