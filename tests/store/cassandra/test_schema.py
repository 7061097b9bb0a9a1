"""The keyspace: made once by many servers, refused where it is newer or another's, left alone where that is wanted."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from spanglass.store.cassandra import schema
from spanglass.store.cassandra.address import Address, Credentials
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import NewerSchemaError, StoreError, UnavailableError

SCRIPTS = ["CREATE TABLE one (a int PRIMARY KEY);", "CREATE TABLE two (a int PRIMARY KEY);\n-- the last; really"]


@pytest.fixture
def db(address: Address) -> Iterator[Database]:
    """Return a connection whose keyspace is not there, and is not there afterwards."""
    with closing(Database(msgspec.structs.replace(address, keyspace="schemas"), Credentials())) as db:
        yield db
        db.define("DROP KEYSPACE IF EXISTS schemas")


def tables(db: Database) -> set[str]:
    return {name for (name,) in db.rows("SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'schemas'")}


def test_a_keyspace_is_made_and_migrated_once(db: Database) -> None:
    """A keyspace that is not there is made, by several servers at once; a newer version adds what is new."""
    errors: list[Exception] = []

    def opening() -> None:
        try:
            with closing(Database(db.address, Credentials())) as other:
                schema.open_keyspace(other, SCRIPTS[:1], migrate=True)
        except Exception as error:  # noqa: BLE001 (it is told below)
            errors.append(error)

    threads = [threading.Thread(target=opening) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert tables(db) == {"one", schema.VERSION}
    with pytest.raises(StoreError, match=r"schema version 1, this Spanglass needs 2; run `spanglass migrate`"):
        schema.open_keyspace(db, SCRIPTS, migrate=False)
    assert schema.open_keyspace(db, SCRIPTS, migrate=True) == 1
    assert schema.open_keyspace(db, SCRIPTS, migrate=False) == 2
    assert tables(db) == {"one", "two", schema.VERSION}
    with pytest.raises(NewerSchemaError, match=r"schema version 2, this Spanglass knows 1: use a newer Spanglass"):
        schema.open_keyspace(db, SCRIPTS[:1], migrate=True)


def test_what_is_not_to_be_changed_is_not(db: Database) -> None:
    """A keyspace that is not there is not made where that is not wanted, and another program's is not used."""
    with pytest.raises(StoreError, match="no keyspace schemas"):
        schema.open_keyspace(db, SCRIPTS, migrate=False)
    assert "schemas" not in db.keyspaces()
    db.define("CREATE KEYSPACE schemas WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
    db.define("CREATE TABLE schemas.theirs (a int PRIMARY KEY)")
    with pytest.raises(StoreError, match="another program"):
        schema.open_keyspace(db, SCRIPTS, migrate=True)


def test_replication_and_compaction_are_as_told(address: Address) -> None:
    """The options of an address are those of the keyspace and its large tables."""
    options = msgspec.structs.replace(
        address.options, replication="datacenter1:1", compaction="UnifiedCompactionStrategy"
    )
    given = msgspec.structs.replace(address, keyspace="schemas", options=options)
    with closing(CassandraStore(given)) as store:
        rows = store._db.rows("SELECT compaction FROM system_schema.tables WHERE keyspace_name = 'schemas'")
        classes = [dict(compaction)["class"].rpartition(".")[2] for (compaction,) in rows]
        assert classes.count("UnifiedCompactionStrategy") == 2
        row: Any = store._db.row("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'schemas'")
        assert dict(row[0])["datacenter1"] == "1"
        store._db.define("DROP KEYSPACE schemas")


def test_a_cluster_that_is_not_there_is_told(address: Address) -> None:
    """Where no node answers, it is said so, in one line, as something that may pass."""
    with pytest.raises(UnavailableError, match=r"the cluster cannot answer now: no node answers") as error:
        CassandraStore(msgspec.structs.replace(address, port=1))
    assert "\n" not in str(error.value)
