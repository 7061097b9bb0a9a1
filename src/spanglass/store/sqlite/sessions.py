"""The rows of sessions: one by its ids or number, and the pages of a list, latest start first.

A list is read from what *drives* it: the index over time, the facts of one kind, or the messages that hold a text,
whichever is known to lead to the fewest sessions. All other conditions are looked at session by session, and after so
many sessions a page ends, whatever it holds by then.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import apsw

from spanglass.store.interface import SessionCursor, SessionPage, SessionRecord, Version
from spanglass.store.items import Place
from spanglass.store.rollups import as_members
from spanglass.store.sqlite import index
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.facts import KINDS, STATUSES, decode_rollup
from spanglass.store.views import wanted_facts
from spanglass.store.where import MOST, Where

COLUMNS: Final = "SELECT a.id, s.id, s.name, a.name, s.first_ns, s.last_ns, s.rollup"
"""The columns that ``session_record`` takes."""
JOINED: Final = "CROSS JOIN assistants AS a ON a.number = s.assistant"
"""Joins a session's assistant."""
_FOUND: Final = f"CROSS JOIN sessions AS s ON s.number = f.session {JOINED}"
_SESSION: Final = f"{COLUMNS} FROM sessions AS s {JOINED}"
_Row = tuple[bytes, bytes, str, str, int, int, bytes]

_LAST: Final = b"\xff" * 16
"""The last of all ids: a page after it goes on with sessions that began earlier."""
SCANNED_MAX: Final = 50_000
"""Sessions that one page looks at."""
SCANNED_FOR_TEXT_MAX: Final = 2_000
"""Sessions that one page looks at where each is searched for a text: some ten microseconds each."""
LED_TO_MAX: Final = 20_000
"""Messages, or sessions of a fact, up to which it is counted how many there are."""


class Values(dict[str, "apsw.SQLiteValue"]):
    """The values of a statement, each bound to a name when it is called with it."""

    def __call__(self, value: "apsw.SQLiteValue") -> str:
        """Bind a value and return what stands for it in the statement."""
        name = f"v{len(self)}"
        self[name] = value
        return f":{name}"

    def all(self, values: Sequence["apsw.SQLiteValue"]) -> str:
        """Bind values and return a list of what stands for them."""
        return f"({', '.join(map(self, values))})"


class _Drive(NamedTuple):
    """What a list is read from: tables joined up to ``s`` and ``a``, and the start before which a page ends."""

    tables: str
    floor: int | None = None
    kind: str = ""
    """The condition that is met by reading from here."""
    start: str = "s.first_ns"
    """A session's start, as what is read from is ordered by it."""


def session_number(connection: apsw.Connection, assistant_id: bytes, session_id: bytes) -> int | None:
    """Return the number of a session's row."""
    version = session_version(connection, assistant_id, session_id)
    return version[0] if version else None


def session_version(connection: apsw.Connection, assistant_id: bytes, session_id: bytes) -> Version | None:
    """Return the number of a session's row, and how often it was written to."""
    rows = fetch(
        connection,
        "SELECT s.number, s.writes FROM sessions AS s JOIN assistants AS a ON a.number = s.assistant"
        " WHERE a.id = ? AND s.id = ?",
        (assistant_id, session_id),
    )
    return rows[0] if rows else None


def find_within(connection: apsw.Connection, session: tuple[bytes, bytes], span_id: bytes) -> tuple[int, Place] | None:
    """Return the number of a session that has a span of this id, and the span's place in it."""
    number = session_number(connection, *session)
    rows = fetch(
        connection, "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND id = ? LIMIT 1", (number, span_id)
    )
    return None if number is None or not rows else (number, rows[0])


def read_session(connection: apsw.Connection, number: int) -> SessionRecord:
    """Return a session's row; it must exist."""
    return session_record(fetch(connection, f"{_SESSION} WHERE s.number = ?", (number,))[0])


def read_sessions(connection: apsw.Connection, where: Where, after: SessionCursor | None, limit: int) -> SessionPage:
    """Return a page of the sessions that are meant, latest start first."""
    values = Values()
    to_ns = where.to_ns
    if after is not None:
        to_ns = min(to_ns, after.first_ns - (after.assistant_id == after.session_id == _LAST))
    conditions = [f"s.first_ns BETWEEN {values(where.from_ns)} AND {values(to_ns)}"]
    numbers = None if where.assistants is None else assistant_numbers(connection, where.assistants)
    if after is not None:
        start, *ids = values(after.first_ns), values(after.assistant_id), values(after.session_id)
        conditions.append(f"(s.first_ns < {start} OR (a.id, s.id) > ({', '.join(ids)}))")
    drive = _drive(connection, where, numbers, (where.from_ns, to_ns), values)
    conditions += _conditions(where, numbers, drive, values)
    if drive.floor is not None:
        conditions.append(f"s.first_ns >= {values(drive.floor)}")
    statement = (
        f"{COLUMNS} FROM {drive.tables} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {drive.start} DESC, a.id, s.id LIMIT {values(limit + 1)}"
    )
    found = [session_record(row) for row in fetch(connection, statement, values)]
    if len(found) > limit:
        last = found[limit - 1]
        return SessionPage(found[:limit], SessionCursor(last.first_ns, last.assistant_id, last.session_id))
    if drive.floor is None:
        return SessionPage(found)
    return SessionPage(found, SessionCursor(drive.floor, _LAST, _LAST))


def assistant_numbers(connection: apsw.Connection, assistants: frozenset[bytes]) -> list[int]:
    """Return the numbers of assistants by their ids."""
    values = Values()
    rows = fetch(connection, f"SELECT number FROM assistants WHERE id IN {values.all(sorted(assistants))}", values)
    return [number for (number,) in rows]


def _drive(
    connection: apsw.Connection, where: Where, assistants: list[int] | None, time: tuple[int, int], values: Values
) -> _Drive:
    """Return what leads to the fewest sessions."""
    if where.sessions:
        ids = values.all(sorted(where.sessions))
        return _Drive(f"assistants AS a CROSS JOIN sessions AS s ON s.assistant = a.number AND s.id IN {ids}", None, "")
    wanted = {KINDS[kind]: sorted(names) for kind, names in wanted_facts(where) if names}
    if assistants is not None:
        wanted[KINDS["assistant"]] = [str(number) for number in assistants]
    led_to = {kind: _count(connection, kind, names, time) for kind, names in wanted.items()}
    best = min(led_to, key=led_to.__getitem__, default=None)
    if where.text is not None:
        messages = index.count(connection, where.text, LED_TO_MAX)
        if messages < min(LED_TO_MAX, led_to[best] if best else LED_TO_MAX):
            return _Drive(f"{index.sessions(values(index.query(where.text)))} {_FOUND}", None, "text")
    scanned = SCANNED_MAX if where.text is None else SCANNED_FOR_TEXT_MAX
    if best is not None:
        return _facts_drive(connection, (best, wanted[best]), time, scanned, values)
    floor = None
    if _narrows(where):
        floor = _floor(
            connection,
            "SELECT first_ns FROM sessions WHERE first_ns BETWEEN ? AND ? ORDER BY first_ns DESC LIMIT 1 OFFSET ?",
            (*time, scanned),
        )
    return _Drive(f"sessions AS s {JOINED}", floor)


def _count(connection: apsw.Connection, kind: int, names: list[str], time: tuple[int, int]) -> int:
    """Return how many sessions have one of the names, counted so far."""
    statement = (
        "SELECT count(*) FROM (SELECT 1 FROM facts WHERE kind = ? AND value = ? AND first_ns BETWEEN ? AND ? LIMIT ?)"
    )
    counts = [fetch(connection, statement, (kind, name, *time, LED_TO_MAX))[0][0] for name in names]
    return sum(counts)


def _facts_drive(
    connection: apsw.Connection, fact: tuple[int, list[str]], time: tuple[int, int], scanned: int, values: Values
) -> _Drive:
    kind, names = fact
    statement = (
        "SELECT first_ns FROM facts WHERE kind = ? AND value = ? AND first_ns BETWEEN ? AND ?"
        " ORDER BY first_ns DESC LIMIT 1 OFFSET ?"
    )
    floors = [_floor(connection, statement, (kind, name, *time, scanned)) for name in names]
    floor = max((floor for floor in floors if floor is not None), default=None)
    low, high = values(time[0] if floor is None else floor), values(time[1])
    facts = [
        f"(SELECT session, first_ns FROM facts"
        f" WHERE kind = {kind} AND value = {values(name)} AND first_ns BETWEEN {low} AND {high})"
        for name in names
    ]
    if len(facts) == 1:  # in order of start already, so that a page reads no more than it holds
        return _Drive(f"{facts[0]} AS f {_FOUND}", floor, str(kind), "f.first_ns")
    each = " UNION ".join(f"SELECT session FROM {fact}" for fact in facts)
    return _Drive(f"({each or 'SELECT NULL AS session LIMIT 0'}) AS f {_FOUND}", floor, str(kind))


def _floor(connection: apsw.Connection, statement: str, values: "tuple[apsw.SQLiteValue, ...]") -> int | None:
    rows = fetch(connection, statement, values)
    return rows[0][0] if rows else None


def _narrows(where: Where) -> bool:
    """Return whether there are conditions that a session in the time may not meet."""
    return where != Where(from_ns=where.from_ns, to_ns=where.to_ns)


def _conditions(where: Where, assistants: list[int] | None, drive: _Drive, values: Values) -> list[str]:
    """Return the conditions beside those that the drive meets."""
    conditions = []
    if assistants is not None and drive.kind != str(KINDS["assistant"]):
        conditions.append(f"s.assistant IN {values.all(assistants)}")
    for kind, names in wanted_facts(where):
        if names and drive.kind != str(KINDS[kind]):
            any_of = f"o.kind = {KINDS[kind]} AND o.value IN {values.all(sorted(names))}"
            conditions.append(
                f"EXISTS (SELECT 1 FROM facts AS o WHERE {any_of} AND o.first_ns = s.first_ns AND o.session = s.number)"
            )
    if where.text is not None and drive.kind != "text":
        conditions.append(index.within(values(index.query(where.text))))
    if where.statuses:
        bits = sum(bit for status, bit in STATUSES.items() if status in where.statuses)
        conditions.append(f"(s.status & {bits}{' OR s.status = 0' if 'ok' in where.statuses else ''})")
    for column, low, high in (
        ("s.last_ns - s.first_ns", where.duration_min_ns, where.duration_max_ns),
        ("s.tokens", where.tokens_min, where.tokens_max),
    ):
        if (low, high) != (0, MOST):
            conditions.append(f"{column} BETWEEN {values(low)} AND {values(high)}")
    return conditions


def session_record(row: _Row) -> SessionRecord:
    """Return a session from the columns of its row."""
    assistant_id, session_id, name, assistant_name, first_ns, last_ns, rollup = row
    return SessionRecord(
        assistant_id=assistant_id,
        session_id=session_id,
        name=name,
        assistant_name=assistant_name,
        first_ns=first_ns,
        last_ns=last_ns,
        **as_members(decode_rollup(rollup)),  # type: ignore[arg-type]  # names and types are SessionRecord's own
    )
