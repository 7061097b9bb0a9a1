import pytest

from spanglass.qconnect.errors import MethodError, SerializationError, UnknownOperationError
from spanglass.qconnect.exchange import Answer, Operation, Request
from spanglass.qconnect.router import Router


def _operation(name: str, method: str, template: str) -> Operation:
    def answer(_: Request) -> Answer:
        return Answer(b"{}")

    return Operation(name, method, template, answer)


ROUTER = Router(
    [
        _operation("ListAssistants", "GET", "/assistants"),
        _operation("CreateAssistant", "POST", "/assistants"),
        _operation("GetAssistant", "GET", "/assistants/{assistantId}"),
        _operation("ListMessages", "GET", "/assistants/{assistantId}/sessions/{sessionId}/messages"),
        _operation("TagResource", "POST", "/tags/{resourceArn}"),
    ]
)


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
        ROUTER.find("DELETE", b"/assistants", b"")
    assert raised.value.allowed == "GET, POST"


def test_only_labels_of_a_known_operation_must_decode() -> None:
    """A broken escape is told once the operation is known; elsewhere the path is just unknown."""
    with pytest.raises(SerializationError):
        ROUTER.find("GET", b"/assistants/%zz", b"")
    with pytest.raises(UnknownOperationError):
        ROUTER.find("GET", b"/elsewhere/%zz", b"")
