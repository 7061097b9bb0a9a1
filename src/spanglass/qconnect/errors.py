"""What is refused and how the wire says it: one table from exception to status, error type and modelled members.

    Exception
    |-- RequestError                     the client's fault: the same request fails again
    |   |-- AccessDeniedError
    |   |-- MethodError
    |   |-- ResourceNotFoundError
    |   |-- SerializationError
    |   |-- UnknownOperationError
    |   |-- UnsupportedMediaTypeError
    |   |-- UnsupportedOperationError
    |   `-- ValidationError
    |-- access.errors.AccessError        who asks is not known, or not let in
    |   |-- MalformedCredentialsError
    |   |-- MissingCredentialsError
    |   |-- SignatureError
    |   |-- ThrottledError
    |   `-- UnknownKeyError
    |-- bodies.SlowBodyError
    |-- bodies.TooLargeError
    |-- registry.AssistantNotFoundError
    |-- registry.ConflictError
    |-- registry.TooManyTagsError
    |-- registry.TooMuchDataError
    |-- reading.SessionNotFoundError
    |-- reading.TokenError
    |-- store.interface.StoreError       ours; clients try again on any 5xx
    `-- anything else                    a bug

Statuses of modelled errors are the service model's, the others those of AWS's REST-JSON services. botocore takes the
class from X-Amzn-Errortype, and ``message`` in lower case alone fills the modelled member.
"""

from typing import Final

import msgspec

from spanglass.access.errors import (
    AccessError,
    MalformedCredentialsError,
    MissingCredentialsError,
    SignatureError,
    ThrottledError,
    UnknownKeyError,
)
from spanglass.bodies import SlowBodyError, TooLargeError
from spanglass.reading import SessionNotFoundError, TokenError
from spanglass.registry import AssistantNotFoundError, ConflictError, TooManyTagsError, TooMuchDataError
from spanglass.store.interface import StoreError


class RequestError(Exception):
    """The request cannot be answered as it is; the message tells the client why."""


class AccessDeniedError(RequestError):
    """The caller may not do this here."""


class MethodError(RequestError):
    """The path is of an operation, the method is not; ``allowed`` are the methods of that path."""

    def __init__(self, method: str, allowed: list[str]) -> None:
        super().__init__(f"No operation of this path is called with {method}.")
        self.allowed = ", ".join(allowed)


class ResourceNotFoundError(RequestError):
    """There is no resource of this kind here; the model calls the resource ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Resource {name} was not found.")
        self.name = name


class SerializationError(RequestError):
    """Bytes do not read as the type that the service model wants there."""


class UnknownOperationError(RequestError):
    """No operation has such a path."""

    def __init__(self) -> None:
        super().__init__("No operation of this service has this path.")


class UnsupportedMediaTypeError(RequestError):
    """The body is not said to be JSON, so pages of other sites can send it without being asked."""

    def __init__(self) -> None:
        super().__init__("The content type of a body is application/json.")


class UnsupportedOperationError(RequestError):
    """The service model has the operation, this service has not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not supported by this service.")


class ValidationError(RequestError):
    """Constraints of the service model are broken; the message names each."""


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is an error; ``code`` is a shape of the service model, or AWS's common name.

    A ``message`` here stands for the error's own, which may not be fit to be seen. ``members`` are those beside
    ``message``, ``headers`` those beside X-Amzn-Errortype, each with the error's attribute that fills it; what is no
    attribute is the header's text.
    """

    status: int
    code: str
    message: str = ""
    members: dict[str, str] = {}
    headers: dict[str, str] = {}


REFUSALS: Final[dict[type[Exception], Refusal]] = {
    SerializationError: Refusal(400, "SerializationException"),
    TooManyTagsError: Refusal(400, "TooManyTagsException", members={"resourceName": "resource"}),
    TooMuchDataError: Refusal(400, "ValidationException"),
    UnsupportedOperationError: Refusal(400, "UnsupportedOperationException"),
    TokenError: Refusal(400, "ValidationException"),
    ValidationError: Refusal(400, "ValidationException"),
    AccessDeniedError: Refusal(403, "AccessDeniedException"),
    AssistantNotFoundError: Refusal(404, "ResourceNotFoundException", members={"resourceName": "assistant"}),
    SessionNotFoundError: Refusal(404, "ResourceNotFoundException", members={"resourceName": "session"}),
    ResourceNotFoundError: Refusal(404, "ResourceNotFoundException", members={"resourceName": "name"}),
    AccessError: Refusal(403, "AccessDeniedException"),
    MissingCredentialsError: Refusal(403, "MissingAuthenticationTokenException"),
    MalformedCredentialsError: Refusal(400, "IncompleteSignatureException"),
    SignatureError: Refusal(403, "InvalidSignatureException"),
    UnknownKeyError: Refusal(403, "UnrecognizedClientException"),
    ThrottledError: Refusal(400, "ThrottlingException", headers={"x-amz-retry-after": "retry_after_ms"}),
    UnknownOperationError: Refusal(404, "UnknownOperationException"),
    MethodError: Refusal(405, "UnknownOperationException", headers={"allow": "allowed"}),
    SlowBodyError: Refusal(408, "RequestTimeoutException", headers={"connection": "close"}),
    ConflictError: Refusal(409, "ConflictException"),
    TooLargeError: Refusal(413, "RequestEntityTooLargeException"),
    UnsupportedMediaTypeError: Refusal(415, "UnsupportedMediaTypeException"),
    Exception: Refusal(500, "InternalServerException", "The service failed to answer. Its log tells more."),
    StoreError: Refusal(503, "ServiceUnavailableException", "The service cannot answer now. Try again later."),
}
"""The nearest class of an error decides."""


def refusal(error: Exception) -> Refusal:
    """Return what a client hears of an error, message, members and headers filled in."""
    rule = next(REFUSALS[cls] for cls in type(error).__mro__ if cls in REFUSALS)
    return msgspec.structs.replace(
        rule,
        message=rule.message or str(error),
        members={name: str(getattr(error, attribute)) for name, attribute in rule.members.items()},
        headers={name: str(getattr(error, attribute, attribute)) for name, attribute in rule.headers.items()},
    )
