"""Emptying a keyspace row by row: a hundred times as fast as truncating or making tables, where there is little."""

# ruff: noqa: S608 (the names are the schema's)

from collections import defaultdict
from functools import cache

from spanglass.store.cassandra.database import Database

KEPT = {"dictionaries", "schema_version"}


def empty(db: Database) -> None:
    """Delete whatever was written to the keyspace that is connected to."""
    keys = _keys(db)
    found = db.all([(f"SELECT DISTINCT {', '.join(names)} FROM {table}", ()) for table, names in keys.items()])
    for (table, names), rows in zip(keys.items(), found, strict=True):
        deleting = f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in names)}"
        db.write([(deleting, row) for row in rows])


@cache
def _keys(db: Database) -> dict[str, list[str]]:
    """Return the partition keys of tables."""
    keys: dict[str, list[str]] = defaultdict(list)
    columns = "SELECT table_name, column_name, kind FROM system_schema.columns WHERE keyspace_name = ?"
    for table, column, kind in db.rows(columns, db.address.keyspace):
        if kind == "partition_key" and table not in KEPT:
            keys[table].append(column)
    return keys
