"""Assistants and sessions as clients name, describe and tag them, and what is remembered for a while."""

from typing import Any, Final

import apsw

from spanglass.store.interface import Change, NoAssistantError, Resource
from spanglass.store.sqlite.database import fetch

_ASSISTANT: Final = """
    SELECT a.id, x'', a.name, coalesce(a.settings, x''), a.changed_ns FROM assistants AS a
    WHERE (a.settings IS NOT NULL
        OR EXISTS (SELECT 1 FROM sessions AS s WHERE s.assistant = a.number)
        OR EXISTS (SELECT 1 FROM session_settings AS t WHERE t.assistant = a.number))
"""
_SESSION: Final = """
    SELECT a.id, ?2, coalesce(t.name, s.name), coalesce(t.settings, x''), coalesce(t.changed_ns, 0)
    FROM assistants AS a
    LEFT JOIN sessions AS s ON s.assistant = a.number AND s.id = ?2
    LEFT JOIN session_settings AS t ON t.assistant = a.number AND t.id = ?2
    WHERE a.id = ?1 AND (s.id IS NOT NULL OR t.id IS NOT NULL)
"""


def read_resource(connection: apsw.Connection, assistant_id: bytes, session_id: bytes) -> Resource | None:
    """Return a session, or without its id an assistant, or None if it is not there."""
    if session_id:
        rows = fetch(connection, _SESSION, (assistant_id, session_id))
    else:
        rows = fetch(connection, f"{_ASSISTANT} AND a.id = ?", (assistant_id,))
    return _resource(rows[0]) if rows else None


def read_assistants(connection: apsw.Connection, after: bytes, limit: int) -> list[Resource]:
    """Return the assistants whose ids are greater, in order of id."""
    rows = fetch(connection, f"{_ASSISTANT} AND a.id > ? ORDER BY a.id LIMIT ?", (after, limit))
    return [_resource(row) for row in rows]


def read_described(connection: apsw.Connection, assistant_id: bytes, after: bytes, limit: int) -> list[Resource]:
    """Return the sessions of an assistant that were given settings, whose ids are greater, in order of id."""
    statement = (
        "SELECT a.id, t.id, t.name, t.settings, t.changed_ns FROM assistants AS a"
        " JOIN session_settings AS t ON t.assistant = a.number WHERE a.id = ? AND t.id > ? ORDER BY t.id LIMIT ?"
    )
    return [_resource(row) for row in fetch(connection, statement, (assistant_id, after, limit))]


def _resource(row: tuple[Any, ...]) -> Resource:
    assistant_id, session_id, name, settings, changed_ns = row
    return Resource(
        assistant_id=assistant_id, session_id=session_id, name=name, settings=settings, changed_ns=changed_ns
    )


def write_change(connection: apsw.Connection, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
    """Change a resource within a transaction; see ``interface.Store.change``."""
    if session_id and read_resource(connection, assistant_id, b"") is None:
        raise NoAssistantError
    changed = change(read_resource(connection, assistant_id, session_id))
    told = (changed.name, changed.settings, changed.changed_ns)
    if session_id:
        statement = (
            "INSERT INTO session_settings (assistant, id, name, settings, changed_ns)"
            " SELECT number, ?2, ?3, ?4, ?5 FROM assistants WHERE id = ?1"
            " ON CONFLICT DO UPDATE SET name = ?3, settings = ?4, changed_ns = ?5"
        )
        connection.execute(statement, (assistant_id, session_id, *told))
    else:
        statement = (
            "INSERT INTO assistants (id, name, settings, changed_ns) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT DO UPDATE SET name = ?2, settings = ?3, changed_ns = ?4"
        )
        connection.execute(statement, (assistant_id, *told))
    return changed


def forget_session(connection: apsw.Connection, assistant_id: bytes, session_id: bytes) -> bool:
    """Delete what was said of a session; return whether there was something."""
    connection.execute(
        "DELETE FROM session_settings WHERE assistant = (SELECT number FROM assistants WHERE id = ?) AND id = ?",
        (assistant_id, session_id),
    )
    return bool(connection.changes())


def forget_before(connection: apsw.Connection, before_ns: int, limit: int) -> int:
    """Delete what was said of so many sessions before the time, if they have no spans; return of how many."""
    connection.execute(
        "DELETE FROM session_settings WHERE (assistant, id) IN (SELECT assistant, id FROM session_settings AS t "
        "WHERE changed_ns < ? AND NOT EXISTS (SELECT 1 FROM sessions AS s WHERE s.assistant = t.assistant "
        "AND s.id = t.id) LIMIT ?)",
        (before_ns, limit),
    )
    return connection.changes()


def forget_assistant(connection: apsw.Connection, assistant_id: bytes) -> bool:
    """Delete what was said of an assistant and of its sessions; return whether there was something."""
    rows = fetch(connection, "SELECT number, settings IS NOT NULL FROM assistants WHERE id = ?", (assistant_id,))
    if not rows:
        return False
    ((number, told),) = rows
    connection.execute("DELETE FROM session_settings WHERE assistant = ?", (number,))
    told = told or connection.changes()
    connection.execute("UPDATE assistants SET settings = NULL, changed_ns = 0 WHERE number = ?", (number,))
    connection.execute(
        "DELETE FROM assistants WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE assistant = ?1)",
        (number,),
    )
    return bool(told)


def remember(connection: apsw.Connection, key: bytes, value: bytes, now_ns: int, until_ns: int) -> bytes:
    """Remember a value under a key unless one is remembered; return the one that is. See ``interface.Store``."""
    connection.execute("DELETE FROM remembered WHERE until_ns <= ?", (now_ns,))
    connection.execute(
        "INSERT INTO remembered (key, value, until_ns) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (key, value, until_ns)
    )
    ((kept,),) = fetch(connection, "SELECT value FROM remembered WHERE key = ?", (key,))
    return bytes(kept)
