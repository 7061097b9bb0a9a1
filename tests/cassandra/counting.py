"""What the store asks Cassandra for, counted."""

# ruff: noqa: ANN401 (statements of any form are wrapped)

from collections.abc import Iterator
from typing import Any

import pytest

from spanglass.store.cassandra.database import Database


def counted_rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the rows that are fetched from now on, a number a query."""
    fetched: list[int] = []
    rows, together = Database.rows, Database.all

    def counting(db: Database, cql: str, *values: Any, **named: Any) -> Iterator[Any]:
        for row in rows(db, cql, *values, **named):
            fetched.append(1)
            yield row

    def counting_all(db: Database, statements: Any) -> Any:
        found = together(db, statements)
        fetched.append(sum(map(len, found)))
        return found

    monkeypatch.setattr(Database, "rows", counting)
    monkeypatch.setattr(Database, "all", counting_all)
    return fetched


def counted_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the statements that are run from now on."""
    asked: list[str] = []
    bound = Database._bound

    def noting(db: Database, statement: Any, **named: Any) -> Any:
        asked.append(statement[0])
        return bound(db, statement, **named)

    monkeypatch.setattr(Database, "_bound", noting)
    return asked
