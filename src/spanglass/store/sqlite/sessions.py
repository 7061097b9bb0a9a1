"""The rows of sessions: one by its ids or number, and the list, newest first."""

from typing import Final

import apsw
import msgspec

from spanglass.store.interface import SessionCursor, SessionPage, SessionRecord, Version
from spanglass.store.rollups import Rollup, as_members
from spanglass.store.sqlite import index
from spanglass.store.sqlite.database import fetch

_SESSION: Final = """
    SELECT a.id, s.id, s.name, a.name, s.first_ns, s.last_ns, s.rollup
    FROM sessions AS s JOIN assistants AS a ON a.number = s.assistant
"""
_Row = tuple[bytes, bytes, str, str, int, int, bytes]
_ROLLUP: Final = msgspec.msgpack.Decoder(Rollup)


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


def read_session(connection: apsw.Connection, number: int) -> SessionRecord:
    """Return a session's row; it must exist."""
    return _session_record(fetch(connection, f"{_SESSION} WHERE s.number = ?", (number,))[0])


def read_sessions(
    connection: apsw.Connection, assistant_id: bytes | None, text: str | None, after: SessionCursor | None, limit: int
) -> SessionPage:
    """Return a page of sessions, latest start first."""
    conditions: dict[str, tuple[bytes | int | str, ...]] = {}
    if assistant_id is not None:
        conditions["a.id = ?"] = (assistant_id,)
    if text is not None:
        matches, query = index.condition(text)
        conditions[matches] = (query,)
    if after is not None:
        later = (after.first_ns, after.first_ns, after.assistant_id, after.session_id)
        conditions["(s.first_ns < ? OR s.first_ns = ? AND (a.id, s.id) > (?, ?))"] = later
    where = " AND ".join(conditions) or "TRUE"
    values = [value for condition in conditions.values() for value in condition]
    statement = f"{_SESSION} WHERE {where} ORDER BY s.first_ns DESC, a.id, s.id LIMIT ?"
    found = [_session_record(row) for row in fetch(connection, statement, [*values, limit + 1])]
    if len(found) <= limit:
        return SessionPage(found)
    last = found[limit - 1]
    return SessionPage(found[:limit], SessionCursor(last.first_ns, last.assistant_id, last.session_id))


def _session_record(row: _Row) -> SessionRecord:
    assistant_id, session_id, name, assistant_name, first_ns, last_ns, rollup = row
    return SessionRecord(
        assistant_id=assistant_id,
        session_id=session_id,
        name=name,
        assistant_name=assistant_name,
        first_ns=first_ns,
        last_ns=last_ns,
        **as_members(_ROLLUP.decode(rollup)),  # type: ignore[arg-type]  # names and types are SessionRecord's own
    )
