"""Opening a SQLite file as a Spanglass store: pragmas, schema version, errors."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import apsw

from spanglass.store.interface import NewerSchemaError, StoreError, UnavailableError

APPLICATION_ID: Final = 0x5370616E
"""Marks the file as ours: "Span"."""
BUSY_WAITS_MAX: Final = 10_000
"""How often a connection looks, a millisecond apart, whether another process's transaction has ended.

SQLite's own waiting grows to 100 ms a look, while most transactions take a few."""
CHECKPOINT_PAGES: Final = 4_000
"""Pages of the write-ahead log at which it is copied into the file: fewer copies of pages that change often."""
WRITER_CACHE_KIB: Final = 64 << 10
READER_CACHE_KIB: Final = 16 << 10
MMAP_BYTES: Final = 1 << 30
"""How much of the file readers map instead of copying."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn SQLite's errors into the store's: what may pass by itself is ``UnavailableError``."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError, apsw.FullError, apsw.IOError, apsw.NoMemError) as error:
        raise UnavailableError(f"the store cannot be written or read now: {error}") from error
    except apsw.NotADBError as error:
        raise StoreError("the file is not a Spanglass store") from error
    except (apsw.Error, apsw.ReadOnlyError) as error:
        raise StoreError(f"the store failed: {error}") from error


def schema_scripts() -> list[str]:
    """Return the scripts that lead from an empty file to today's schema, one a version."""
    folder = resources.files(__package__).joinpath("schema")
    return [entry.read_text() for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)]


def open_writer(path: Path, scripts: Sequence[str]) -> apsw.Connection:
    """Open the file for writing, make it or bring its schema up to date.

    Raises:
        NewerSchemaError: A newer Spanglass wrote it.
        StoreError: It is no store, or cannot be opened.
    """
    connection = _open(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    _schema_version(connection, path, scripts)  # what is refused is left as it was, so this comes first
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    _migrate(connection, path, scripts)
    return connection


def open_existing(path: Path, scripts: Sequence[str]) -> apsw.Connection:
    """Open a store that is there and has today's schema; nothing is made or brought up to date by that.

    A file that may not be written is opened for reading.

    Raises:
        NewerSchemaError: A newer Spanglass wrote it.
        StoreError: There is none, an older Spanglass wrote it, or it cannot be opened.
    """
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file")
    connection = _open(path, apsw.SQLITE_OPEN_READWRITE)
    try:
        version = _schema_version(connection, path, scripts)
    except (apsw.ReadOnlyError, apsw.CantOpenError):
        connection = _open_at_rest(path)
        version = _schema_version(connection, path, scripts)
    if version < len(scripts):
        state = f"has schema version {version}, and this Spanglass reads {len(scripts)}" if version else "is empty"
        raise StoreError(f"{path} {state}: `spanglass serve` on it makes it up to date")
    return connection


def _open_at_rest(path: Path) -> apsw.Connection:
    """Open a file that nobody has open, in a folder that may not be written; SQLite's own way needs files beside it."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise StoreError(
            f"{path}: {log.name} holds what was written last; reading it takes a folder that may be written"
        )
    return _open(f"file:{quote(str(path.absolute()))}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def is_at_rest(connection: apsw.Connection) -> bool:
    """Return whether the file was opened as one that nobody writes."""
    return bool(connection.open_flags & apsw.SQLITE_OPEN_URI)


def open_reader(path: Path, *, at_rest: bool = False) -> apsw.Connection:
    """Open the file, which must exist, for reading only; ``at_rest`` is for one that nobody writes."""
    connection = _open_at_rest(path) if at_rest else _open(path, apsw.SQLITE_OPEN_READONLY)
    connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
    connection.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
    return connection


def _open(path: Path | str, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.CantOpenError as error:
        raise StoreError(f"cannot open {path}: {error}") from error
    connection.set_busy_handler(_wait)
    return connection


def _wait(waits: int) -> bool:
    time.sleep(0.001)
    return waits < BUSY_WAITS_MAX


def _migrate(connection: apsw.Connection, path: Path, scripts: Sequence[str]) -> None:
    """Run the scripts that the file has not seen, all or none, one process at a time."""
    with immediate(connection):
        for script in scripts[_schema_version(connection, path, scripts) :]:
            connection.execute(script)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(scripts))


def _schema_version(connection: apsw.Connection, path: Path, scripts: Sequence[str]) -> int:
    """Return the schema's version of a file that is ours or empty, and refuse any other."""
    version, owner = connection.pragma("user_version"), connection.pragma("application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if owner != APPLICATION_ID and (version or owner or tables):
        raise StoreError(f"{path} is a database of another program")
    if version > len(scripts):
        raise NewerSchemaError(
            f"{path} has schema version {version}, this Spanglass knows {len(scripts)}: use a newer Spanglass"
        )
    return int(version)


def fetch(connection: apsw.Connection, statement: str, values: "apsw.Bindings" = ()) -> list[Any]:
    """Return all rows of a statement, each a tuple of the columns' values as the schema types them."""
    return connection.execute(statement, values).fetchall()


@contextmanager
def immediate(connection: apsw.Connection) -> Iterator[None]:
    """Run a transaction that holds the write lock from its start; any exception rolls it back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    try:
        connection.execute("COMMIT")
    except apsw.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
