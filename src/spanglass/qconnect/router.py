"""Which operation a request calls: method and raw path against the service model's templates."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from spanglass.qconnect import uri
from spanglass.qconnect.errors import MethodError, UnknownOperationError, UnsupportedOperationError
from spanglass.qconnect.exchange import Operation, Request
from spanglass.qconnect.routes import ROUTES


class _Route(msgspec.Struct, frozen=True):
    name: str
    method: str
    operation: Operation | None
    """None if it is not offered."""
    segments: list[bytes | None]
    """A literal each, None where a label stands."""
    labels: dict[int, str]

    def matches(self, path: list[bytes]) -> bool:
        return len(path) == len(self.segments) and all(
            want in (None, have) for want, have in zip(self.segments, path, strict=True)
        )

    def request(self, path: list[bytes], query: bytes) -> Request:
        return Request({name: uri.decoded(path[index], name) for index, name in self.labels.items()}, query)


def _route(name: str, method: str, template: str, operation: Operation | None) -> _Route:
    parts = template.removeprefix("/").split("/")
    labels = {index: part[1:-1] for index, part in enumerate(parts) if part.startswith("{")}
    segments = [None if index in labels else part.encode() for index, part in enumerate(parts)]
    return _Route(name, method, operation, segments, labels)


class Router:
    """Finds operations by the bytes of the path, each label one segment; HEAD is no GET, as on AWS."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        offered = {operation.name: operation for operation in operations}
        self._routes: defaultdict[int, list[_Route]] = defaultdict(list)
        for name, (method, template) in ROUTES.items():
            route = _route(name, method, template, offered.get(name))
            self._routes[len(route.segments)].append(route)

    def find(self, method: str, raw_path: bytes, query: bytes) -> tuple[Operation, Request]:
        """Return the operation and what it is asked.

        Raises:
            UnknownOperationError: No operation has such a path.
            UnsupportedOperationError: One of the service model does, but it is not offered.
            MethodError: Some have, with other methods.
            SerializationError: A label is no percent-encoded UTF-8.
        """
        path = uri.segments(raw_path)
        routes = {route.method: route for route in self._routes.get(len(path), ()) if route.matches(path)}
        if not routes:
            raise UnknownOperationError
        if method not in routes:
            raise MethodError(method, sorted(routes))
        route = routes[method]
        if route.operation is None:
            raise UnsupportedOperationError(route.name)
        return route.operation, route.request(path, query)
