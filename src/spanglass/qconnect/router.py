"""Which operation a request calls: method and raw path against the service model's templates."""

from collections.abc import Iterable

import msgspec

from spanglass.qconnect import uri
from spanglass.qconnect.errors import MethodError, UnknownOperationError
from spanglass.qconnect.exchange import Operation, Request


class _Route(msgspec.Struct, frozen=True):
    operation: Operation
    segments: list[bytes | None]
    """A literal each, None where a label stands."""
    labels: dict[int, str]

    def matches(self, path: list[bytes]) -> bool:
        return len(path) == len(self.segments) and all(
            want in (None, have) for want, have in zip(self.segments, path, strict=True)
        )

    def request(self, path: list[bytes], query: bytes) -> Request:
        return Request({name: uri.decoded(path[index], name) for index, name in self.labels.items()}, query)


def _route(operation: Operation) -> _Route:
    parts = operation.template.removeprefix("/").split("/")
    labels = {index: part[1:-1] for index, part in enumerate(parts) if part.startswith("{")}
    return _Route(operation, [None if i in labels else part.encode() for i, part in enumerate(parts)], labels)


class Router:
    """Finds operations by the bytes of the path, each label one segment; HEAD is no GET, as on AWS."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._routes = [_route(operation) for operation in operations]

    def find(self, method: str, raw_path: bytes, query: bytes) -> tuple[Operation, Request]:
        """Return the operation and what it is asked.

        Raises:
            UnknownOperationError: No operation has such a path.
            MethodError: Some have, with other methods.
            SerializationError: A label is no percent-encoded UTF-8.
        """
        path = uri.segments(raw_path)
        routes = {route.operation.method: route for route in self._routes if route.matches(path)}
        if not routes:
            raise UnknownOperationError
        if method not in routes:
            raise MethodError(method, sorted(routes))
        route = routes[method]
        return route.operation, route.request(path, query)
