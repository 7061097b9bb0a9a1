"""Spans and log records as an export request has them: under the resource and scope that they share."""

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

from spanglass.telemetry import LogRecord, Resource, Scope, Span

_Of = TypeVar("_Of", Span, LogRecord)
Grouped: TypeAlias = "list[tuple[Resource, list[tuple[Scope, list[_Of]]]]]"


def grouped(items: Iterable[_Of]) -> "Grouped[_Of]":
    """Group by equal resources, then by equal scopes, each in order of appearance."""
    resources: dict[str, tuple[Resource, dict[str, tuple[Scope, list[_Of]]]]] = {}
    for item in items:
        _, scopes = resources.setdefault(_said(item.resource), (item.resource, {}))
        scopes.setdefault(_said(item.scope), (item.scope, []))[1].append(item)
    return [(resource, list(scopes.values())) for resource, scopes in resources.values()]


def _said(who: Resource | Scope) -> str:
    """Return what tells two apart, whatever values their attributes have."""
    return repr(who)
