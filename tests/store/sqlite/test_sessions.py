"""Lists of sessions are read from indexes, and a page looks at so many sessions and no more."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from spanglass.store.interface import SessionCursor
from spanglass.store.samples import EPOCH_NS, SECOND_NS, ids, part, span
from spanglass.store.sqlite import SqliteStore, sessions, summaries
from spanglass.store.sqlite.database import fetch
from spanglass.store.testing_viewing import fill
from spanglass.store.where import Where

OTHER = frozenset({ids(assistant="other")[0]})
WHERES = [
    Where(),
    Where(from_ns=EPOCH_NS, to_ns=EPOCH_NS + 100 * SECOND_NS),
    Where(statuses=frozenset({"error", "ok"})),
    Where(duration_min_ns=1, tokens_max=10**6),
    Where(models=frozenset({"m1"})),
    Where(models=frozenset({"m1", "m2"}), statuses=frozenset({"ok"})),
    Where(models=frozenset({"m1"}), agents=frozenset({"a"})),
    Where(assistants=OTHER),
    Where(assistants=OTHER, tools=frozenset({"get_weather"}), contacts=frozenset({"contact-1"})),
    Where(text="hello"),
    Where(text="hello", models=frozenset({"m1"})),
    Where(sessions=frozenset({ids()[1]})),
    Where(names=frozenset({"late"})),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        fill(store)
        store.sessions(Where(text="hello"))  # has everything indexed
        yield store


def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that each step of every statement's plan will be added to."""
    steps: list[str] = []

    def explaining(connection: apsw.Connection, statement: str, values: Any = ()) -> list[Any]:  # noqa: ANN401 (bindings)
        steps.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))
        return fetch(connection, statement, values)

    monkeypatch.setattr(sessions, "fetch", explaining)
    monkeypatch.setattr(summaries, "fetch", explaining)
    return steps


@pytest.mark.parametrize("where", WHERES)
def test_lists_are_read_from_indexes(store: SqliteStore, monkeypatch: pytest.MonkeyPatch, where: Where) -> None:
    """No list reads the rows of all sessions or facts, and none is sorted but where several values lead to it."""
    steps = plans(monkeypatch)
    store.sessions(where)
    store.sessions(where, after=SessionCursor(EPOCH_NS + 9 * SECOND_NS, bytes(16), bytes(16)))
    read = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    assert read
    for step in read:
        assert not step.startswith(("SCAN s", "SCAN facts", "SCAN texts", "SCAN o", "SCAN t ")) or "COVERING" in step, (
            step
        )
    gathered = len(where.models) > 1 or where.text or where.sessions
    assert gathered or "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_summaries_are_read_from_indexes(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Completion, totals and changes read no rows of sessions but those that they tell."""
    steps = plans(monkeypatch)
    store.facets("model")
    store.facets("model", Where(assistants=OTHER))
    store.totals(Where(from_ns=EPOCH_NS), parts=3)
    store.last_change()
    store.changes(3)
    for step in steps:
        assert not step.startswith(("SCAN sessions", "SCAN facts")), step
    assert any("COVERING INDEX sessions_by_time" in step for step in steps)


@pytest.mark.parametrize("where", WHERES[2:])
def test_a_page_ends_after_so_many_sessions(store: SqliteStore, monkeypatch: pytest.MonkeyPatch, where: Where) -> None:
    """Where a page looks at two sessions at most, pages are short or empty, and together they are the list."""
    whole = store.sessions(where).sessions
    monkeypatch.setattr(sessions, "SCANNED_MAX", 2)
    monkeypatch.setattr(sessions, "SCANNED_FOR_TEXT_MAX", 2)
    monkeypatch.setattr(sessions, "LED_TO_MAX", 1)
    found, after, pages = [], None, 0
    while True:
        page = store.sessions(where, after=after)
        found += page.sessions
        after, pages = page.next, pages + 1
        if after is None:
            break
    assert found == whole
    assert pages > 1 or len(whole) < 3


def test_pages_of_sessions_that_begin_at_once(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of one nanosecond are all told, also where a page ends among them."""
    monkeypatch.setattr(sessions, "SCANNED_MAX", 2)
    for number in range(5):
        start = {"start_ns": EPOCH_NS, "end_ns": EPOCH_NS + 1}
        store.write([part(span(number, trace=number, **start), session=f"same {number}", trace=number)])
    found, after = [], None
    while True:
        page = store.sessions(Where(to_ns=EPOCH_NS, tokens_min=1), after=after, limit=2)
        found += page.sessions
        after = page.next
        if after is None:
            break
    assert sorted(session.name for session in found) == [f"same {number}" for number in range(5)]
