"""What goes wrong with an export, and what OTLP has a client hear: one table for HTTP and gRPC.

    Exception
    |-- RequestError                 the client's fault: the same request fails again
    |   |-- BadRequestError
    |   |-- MethodError
    |   |-- UnsupportedEncodingError
    |   `-- UnsupportedMediaTypeError
    |-- access.errors.AccessError    who asks is not known, or may not
    |   |-- ThrottledError
    |   `-- UnauthenticatedError
    |-- bodies.SlowBodyError
    |-- bodies.TooLargeError
    |-- recording.OverloadedError    ours, and it passes
    |-- recording.ClosedError
    |-- store.interface.StoreError
    |   `-- UnavailableError
    `-- anything else                a bug

A client tries again only after what OTLP calls retryable: over HTTP the statuses 429, 502, 503 and 504
(https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes), over gRPC among others UNAVAILABLE, but
RESOURCE_EXHAUSTED only with a RetryInfo (https://opentelemetry.io/docs/specs/otlp/#failures). What fails for good must
be neither, or exporters send it for ever.
"""

import enum
from typing import Final

import msgspec

from spanglass.access.errors import AccessError, ThrottledError, UnauthenticatedError
from spanglass.bodies import SlowBodyError, TooLargeError
from spanglass.recording import ClosedError, OverloadedError
from spanglass.store.interface import StoreError, UnavailableError


class RequestError(Exception):
    """The request cannot be answered as it is; the message tells the client why."""


class BadRequestError(RequestError):
    """The body is not what its headers say (https://opentelemetry.io/docs/specs/otlp/#bad-data)."""


class MethodError(RequestError):
    """Not a POST."""


class UnsupportedEncodingError(RequestError):
    """A Content-Encoding that nobody here undoes."""


class UnsupportedMediaTypeError(RequestError):
    """A Content-Type that is not OTLP's."""


class Code(enum.IntEnum):
    """The numbers of ``google.rpc.Code`` that an export can end with."""

    INVALID_ARGUMENT = 3
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class Refusal(msgspec.Struct, frozen=True):
    """The answer to an export that failed; ``retry_seconds`` is None when trying again is of no use."""

    http_status: int
    code: Code
    message: str = ""
    retry_seconds: int | None = None
    headers: dict[str, str] = {}
    """HTTP headers that belong to the status."""


REFUSALS: Final[dict[type[Exception], Refusal]] = {
    BadRequestError: Refusal(400, Code.INVALID_ARGUMENT),
    MethodError: Refusal(405, Code.UNIMPLEMENTED, headers={"allow": "POST"}),
    UnauthenticatedError: Refusal(401, Code.UNAUTHENTICATED, headers={"www-authenticate": "Bearer"}),
    AccessError: Refusal(403, Code.PERMISSION_DENIED),
    ThrottledError: Refusal(429, Code.RESOURCE_EXHAUSTED, retry_seconds=1),
    SlowBodyError: Refusal(408, Code.INVALID_ARGUMENT, headers={"connection": "close"}),
    TooLargeError: Refusal(413, Code.RESOURCE_EXHAUSTED),
    UnsupportedEncodingError: Refusal(415, Code.INVALID_ARGUMENT, headers={"accept-encoding": "gzip, deflate, zstd"}),
    UnsupportedMediaTypeError: Refusal(
        415, Code.INVALID_ARGUMENT, headers={"accept": "application/x-protobuf, application/json"}
    ),
    OverloadedError: Refusal(503, Code.UNAVAILABLE, retry_seconds=1),
    ClosedError: Refusal(503, Code.UNAVAILABLE, "the server is shutting down", retry_seconds=1),
    UnavailableError: Refusal(503, Code.UNAVAILABLE, retry_seconds=5),
    StoreError: Refusal(500, Code.INTERNAL),
    Exception: Refusal(500, Code.INTERNAL, "internal error"),
}
"""The nearest class of an error decides. A message here stands for the error's own, which may not be fit to be seen."""


def refusal(error: Exception) -> Refusal:
    """Return what a client hears of an error."""
    rule = next(REFUSALS[cls] for cls in type(error).__mro__ if cls in REFUSALS)
    return msgspec.structs.replace(
        rule,
        message=rule.message or str(error),
        retry_seconds=getattr(error, "retry_after_seconds", rule.retry_seconds),
    )
