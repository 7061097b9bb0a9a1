"""Emptying a keyspace row by row: a hundred times as fast as truncating or making tables, where there is little."""

# ruff: noqa: S608 (the names are the schema's)

from spanglass.store.cassandra.store import CassandraStore

KEPT = {"dictionaries", "schema_version"}


def empty(store: CassandraStore) -> None:
    """Delete whatever was written to a store."""
    db = store._db
    keys: dict[str, list[str]] = {}
    columns = "SELECT table_name, column_name, kind FROM system_schema.columns WHERE keyspace_name = ?"
    for table, column, kind in db.rows(columns, db.address.keyspace):
        if kind == "partition_key" and table not in KEPT:
            keys.setdefault(table, []).append(column)
    for table, names in keys.items():
        deleting = f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in names)}"
        db.write([(deleting, row) for row in db.rows(f"SELECT DISTINCT {', '.join(names)} FROM {table}")])
