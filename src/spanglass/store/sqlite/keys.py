"""The rows of keys: who may come in, and as what."""

from typing import Any, Final

import apsw

from spanglass.store.interface import KeyRecord
from spanglass.store.sqlite.database import fetch

_ID_BYTES: Final = 16
_KEY: Final = "SELECT id, role, name, assistants, created_ns, revoked_ns FROM keys"


def add_key(connection: apsw.Connection, key: KeyRecord) -> None:
    """Write a key's row."""
    assistants = None if key.assistants is None else b"".join(key.assistants)
    connection.execute(
        "INSERT INTO keys (id, role, name, assistants, created_ns, revoked_ns) VALUES (?, ?, ?, ?, ?, ?)",
        (key.key_id, key.role, key.name, assistants, key.created_ns, key.revoked_ns),
    )


def read_key(connection: apsw.Connection, key_id: str) -> KeyRecord | None:
    """Return a key, or None if there never was one."""
    rows = fetch(connection, f"{_KEY} WHERE id = ?", (key_id,))
    return _record(rows[0]) if rows else None


def read_keys(connection: apsw.Connection) -> list[KeyRecord]:
    """Return all keys in order of creation."""
    return [_record(row) for row in fetch(connection, f"{_KEY} ORDER BY created_ns, id")]


def revoke_key(connection: apsw.Connection, key_id: str, now_ns: int) -> bool:
    """Mark a key as revoked; return whether it was in use."""
    connection.execute("UPDATE keys SET revoked_ns = ? WHERE id = ? AND revoked_ns = 0", (now_ns, key_id))
    return bool(connection.changes())


def _record(row: tuple[Any, ...]) -> KeyRecord:
    key_id, role, name, ids, created_ns, revoked_ns = row
    assistants = None if ids is None else tuple(ids[at : at + _ID_BYTES] for at in range(0, len(ids), _ID_BYTES))
    return KeyRecord(
        key_id=key_id, role=role, name=name, assistants=assistants, created_ns=created_ns, revoked_ns=revoked_ns
    )
