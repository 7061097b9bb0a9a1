"""The keyspace and its tables: made, brought up to date by one server at a time, refused where they are newer."""

import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Final, TypeVar

from spanglass.store.cassandra.database import Database
from spanglass.store.interface import NewerSchemaError, StoreError, UnavailableError

VERSION: Final = "schema_version"
"""The table that tells which scripts have run."""
LOCK_SECONDS: Final = 120
"""Seconds after which the lock of a server that died while migrating is free."""
WAIT_SECONDS: Final = 180.0
"""Seconds that a server waits for another one to finish migrating."""
SETTLE_SECONDS: Final = 10.0
"""Seconds after which what another server is making can be used, once it is listed."""
POLL_SECONDS: Final = 0.2
BEING_MADE: Final = ("does not exist", "Unknown CF")
"""What a node says of a keyspace or table that it lists, but has not made ready yet."""
_T = TypeVar("_T")
_STATEMENT: Final = re.compile(r";\s*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"--.*$", re.MULTILINE)
_COMPACTED: Final = re.compile(r"CREATE TABLE (?:spans|blocks) \(")


def scripts() -> list[str]:
    """Return the scripts that lead from an empty keyspace to today's schema, one a version."""
    folder = resources.files(__package__).joinpath("schema")
    return [entry.read_text() for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)]


def open_keyspace(db: Database, known: Sequence[str], *, migrate: bool) -> int:
    """Have statements mean the keyspace, after bringing it up to date where that is wanted; return its version before.

    Raises:
        NewerSchemaError: A newer Spanglass made the tables.
        StoreError: The keyspace is not there or not up to date, and is not to be changed.
    """
    keyspace = db.address.keyspace
    if keyspace not in db.keyspaces():
        if not migrate:
            raise StoreError(f"there is no keyspace {keyspace}; run `spanglass migrate` to make it")
        db.define(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {_replication(db)}")
    _once_made(lambda: db.use(keyspace))
    version = version_of(db, known)
    if version < len(known):
        if not migrate:
            raise StoreError(
                f"keyspace {keyspace} has schema version {version}, this Spanglass needs {len(known)};"
                " run `spanglass migrate`"
            )
        _migrate(db, known)
    return version


def _once_made(ask: Callable[[], _T]) -> _T:
    """Ask for what is listed, again where it is being made: it is listed a little before it can be used."""
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            return ask()
        except StoreError as error:
            if not any(told in str(error) for told in BEING_MADE) or time.monotonic() > until:
                raise
        time.sleep(POLL_SECONDS)


def version_of(db: Database, known: Sequence[str]) -> int:
    """Return the version that a keyspace's tables have; 0 if there are none.

    Raises:
        NewerSchemaError: A newer Spanglass made the tables.
        StoreError: Another program did.
    """
    keyspace = db.address.keyspace
    tables = {
        name for (name,) in db.rows("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", keyspace)
    }
    if VERSION not in tables:
        if tables:
            raise StoreError(f"keyspace {keyspace} has tables of another program")
        return 0
    row = _once_made(lambda: db.row(f"SELECT version FROM {VERSION} WHERE part = 0"))
    version = (row and row[0]) or 0
    if version > len(known):
        raise NewerSchemaError(
            f"keyspace {keyspace} has schema version {version}, this Spanglass knows {len(known)}:"
            " use a newer Spanglass"
        )
    return int(version)


def _migrate(db: Database, known: Sequence[str]) -> None:
    """Run the scripts that have not run, one server at a time; what ran half is run again from where it ended."""
    db.define(f"CREATE TABLE IF NOT EXISTS {VERSION} (part int PRIMARY KEY, version int, done int, owner blob)")
    version_of(db, known)  # which waits until the table can be used, whoever makes it
    owner = uuid.uuid4().bytes
    _lock(db, owner)
    version = version_of(db, known)
    row = db.row(f"SELECT done FROM {VERSION} WHERE part = 0")
    done = (row and row[0]) or 0
    for number, script in enumerate(known[version:], version + 1):
        for at, statement in enumerate(_statements(db, script)):
            if at >= done:
                db.define(statement)
                _hold(db, owner, "done", at + 1)
        done = 0
        _hold(db, owner, "done", 0)
        _hold(db, owner, "version", number)
    db.swap(f"DELETE owner FROM {VERSION} WHERE part = 0 IF owner = ?", owner)


def _lock(db: Database, owner: bytes) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while db.swap(f"UPDATE {VERSION} USING TTL {LOCK_SECONDS} SET owner = ? WHERE part = 0 IF owner = null", owner):
        if time.monotonic() > until:
            raise UnavailableError("another server has been migrating the keyspace for too long; try again")
        time.sleep(POLL_SECONDS)


def _hold(db: Database, owner: bytes, column: str, value: int) -> None:
    """Note how far the migration is, and keep the lock."""
    lost = db.swap(f"UPDATE {VERSION} SET {column} = ? WHERE part = 0 IF owner = ?", value, owner) or db.swap(
        f"UPDATE {VERSION} USING TTL {LOCK_SECONDS} SET owner = ? WHERE part = 0 IF owner = ?", owner, owner
    )
    if lost:
        raise UnavailableError("the lock on the schema was lost: migrating took too long; run it again")


def _statements(db: Database, script: str) -> list[str]:
    """Return the statements of a script; making what is there already is no error, so that they may run twice."""
    compaction = db.address.options.compaction
    statements = []
    for statement in filter(None, map(str.strip, _STATEMENT.split(_COMMENT.sub("", script)))):
        made = statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
        if compaction and _COMPACTED.match(statement):
            made += f" WITH compaction = {{'class': '{compaction}'}}"
        statements.append(made)
    return statements


def _replication(db: Database) -> str:
    """Return the replication of a keyspace that is made: three replicas in the data centre, fewer if it is smaller."""
    told = db.address.options.replication
    centres = Counter(node.centre for node in db.nodes())
    if not told:
        counts = {centre: min(3, nodes) for centre, nodes in centres.items()}
    elif told.isdigit():
        counts = dict.fromkeys(centres, int(told))
    else:
        counts = _counts(told)
    listed = ", ".join(f"'{centre}': {count}" for centre, count in sorted(counts.items()))
    return f"{{'class': 'NetworkTopologyStrategy', {listed}}}"


def _counts(told: str) -> dict[str, int]:
    pairs = re.findall(r"(?:^|,)([\w.-]+):(\d+)(?=,|$)", told)
    if not pairs or ",".join(f"{centre}:{count}" for centre, count in pairs) != told:
        raise StoreError(f"store: replication {told!r} is neither a number nor like dc1:3,dc2:3")
    return {centre: int(count) for centre, count in pairs}
