"""The rows of keys: who may come in, and as what."""

from typing import Any, Final

from spanglass.store.cassandra.database import Database
from spanglass.store.interface import KeyRecord, StoreError

_ID_BYTES: Final = 16
_KEY: Final = "SELECT id, role, name, assistants, created_ns, revoked_ns FROM keys WHERE part = 0"


def add(db: Database, key: KeyRecord) -> None:
    """Write a key's row."""
    assistants = None if key.assistants is None else b"".join(key.assistants)
    statement = (
        "INSERT INTO keys (part, id, role, name, assistants, created_ns, revoked_ns) VALUES (0, ?, ?, ?, ?, ?, ?)"
        " IF NOT EXISTS"
    )
    if db.swap(statement, key.key_id, key.role, key.name, assistants, key.created_ns, key.revoked_ns) is not None:
        raise StoreError("there is a key of this id already")


def read(db: Database, key_id: str) -> KeyRecord | None:
    """Return a key, or None if there never was one."""
    row = db.row(f"{_KEY} AND id = ?", key_id) if key_id else None
    return None if row is None else _record(row)


def read_all(db: Database) -> list[KeyRecord]:
    """Return all keys in order of creation."""
    return sorted(map(_record, db.rows(_KEY)), key=lambda key: (key.created_ns, key.key_id))


def revoke(db: Database, key_id: str, now_ns: int) -> bool:
    """Mark a key as revoked; return whether it was in use."""
    return db.swap("UPDATE keys SET revoked_ns = ? WHERE part = 0 AND id = ? IF revoked_ns = 0", now_ns, key_id) is None


def _record(row: tuple[Any, ...]) -> KeyRecord:
    key_id, role, name, ids, created_ns, revoked_ns = row
    assistants = None if ids is None else tuple(ids[at : at + _ID_BYTES] for at in range(0, len(ids), _ID_BYTES))
    return KeyRecord(
        key_id=key_id, role=role, name=name, assistants=assistants, created_ns=created_ns, revoked_ns=revoked_ns
    )
