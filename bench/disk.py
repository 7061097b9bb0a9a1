"""What a SQLite file holds, table by table, once its server has stopped."""

from pathlib import Path
from typing import Final

import apsw

TABLES: Final = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC"
FULL_TEXT: Final = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"


def table_bytes(path: Path) -> dict[str, int]:
    """Return the bytes of pages that each table and index takes, largest first."""
    connection = apsw.Connection(str(path))
    try:
        return {str(name): int(size) for name, size in connection.execute(TABLES)}
    finally:
        connection.close()


def full_text_bytes(path: Path) -> int:
    """Return the bytes of pages that full-text indexes take, in the tables that FTS5 keeps behind each."""
    connection = apsw.Connection(str(path))
    try:
        prefixes = tuple(f"{name}_" for (name,) in connection.execute(FULL_TEXT))
    finally:
        connection.close()
    return sum(size for name, size in table_bytes(path).items() if name.startswith(prefixes))
