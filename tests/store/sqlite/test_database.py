"""Opening a file: what is made, migrated, refused, and how SQLite's troubles are told."""

from contextlib import closing
from pathlib import Path

import apsw
import msgspec
import pytest

from spanglass.model.record import Members
from spanglass.store.interface import KeyRecord, NewerSchemaError, Resource, StoreError, UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import ids, message, part, span
from spanglass.store.sqlite import SqliteStore
from spanglass.store.sqlite.database import open_writer, schema_scripts, store_errors
from spanglass.store.testing_resources import make
from spanglass.store.where import Where


def test_a_new_file_is_ours_and_durable(tmp_path: Path) -> None:
    """A new store is marked with our id and schema version, keeps a log, and syncs every commit."""
    connection = open_writer(tmp_path / "s.db", schema_scripts())
    assert connection.pragma("user_version") == len(schema_scripts())
    assert connection.pragma("application_id") == 0x5370616E
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    connection.close()


def test_an_older_schema_is_migrated(tmp_path: Path) -> None:
    """A file of an earlier version gets the scripts it has not seen, once, and keeps its spans."""
    store = SqliteStore(tmp_path / "s.db")
    store.write([part(span(1))])
    store.close()
    scripts = [*schema_scripts(), "CREATE TABLE later (a INTEGER) STRICT; INSERT INTO later VALUES (1);"]
    for _ in range(2):
        connection = open_writer(tmp_path / "s.db", scripts)
        assert connection.pragma("user_version") == len(scripts)
        assert connection.execute("SELECT count(*) FROM later").get == 1
        assert connection.execute("SELECT count(*) FROM spans").get == 1
        connection.close()


def test_version_1_is_migrated(tmp_path: Path) -> None:
    """What was written before assistants and sessions had settings is there, and can be given some."""
    connection = open_writer(tmp_path / "s.db", schema_scripts()[:1])
    connection.execute("INSERT INTO assistants (id, name) VALUES (?, 'bot')", (ids()[0],))
    connection.execute(
        "INSERT INTO sessions (assistant, id, name, first_ns, last_ns, items, indexed, writes, rollup)"
        " VALUES (1, ?, 's', 0, 0, 0, 0, 0, x'90')",
        (ids()[1],),
    )
    connection.close()
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        assert store.assistants() == [Resource(assistant_id=ids()[0], name="bot")]
        make(store, session="s", settings=b'{"k":1}')
        session = store.resource(*ids())
        assert session is not None
        assert (session.name, session.settings) == ("s", b'{"k":1}')


@pytest.mark.parametrize("first", ["maintain", "write"])
def test_sessions_of_version_2_are_counted_anew(tmp_path: Path, first: str) -> None:
    """What roll-ups did not count before version 3 is counted by housekeeping, or when the session is written to."""
    written = [part(span(1, inputs=(message("Hello"),))), part(span(2, own=Members(b'"status":"ERROR"')))]
    store = SqliteStore(tmp_path / "s.db")
    store.write(written)
    store.close()
    connection = apsw.Connection(str(tmp_path / "s.db"))
    ((rollup,),) = connection.execute("SELECT rollup FROM sessions")
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(rollup)[:13])
    connection.execute("UPDATE sessions SET rollup = ?, change = 0, counted = 0, status = 0, tokens = 0", (old,))
    connection.execute("DELETE FROM facts")
    connection.close()
    reference = MemoryStore()
    reference.write(written)
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        (session,) = store.sessions().sessions
        assert (session.spans, session.turns) == (2, 0)
        if first == "maintain":
            while store.maintain():
                pass
        else:
            store.write([part(span(3))])
            reference.write([part(span(3))])
        failed = Where(statuses=frozenset({"error"}), models=frozenset({"m1"}))
        assert store.sessions(failed) == reference.sessions(failed)
        assert store.facets("model") == reference.facets("model")
        assert [change.number for change in store.changes(0)] == [1]


def test_version_4_is_migrated(tmp_path: Path) -> None:
    """A store that was made before there were keys takes them."""
    open_writer(tmp_path / "s.db", schema_scripts()[:4]).close()
    key = KeyRecord(key_id="SPANA", role="reader", created_ns=1)
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.add_key(key)
        assert store.keys() == [key]


def test_spans_of_version_3_are_found_by_their_ids_in_opentelemetry(tmp_path: Path) -> None:
    """What was indexed before ids of OpenTelemetry were is indexed anew: words and ids lead there as before."""
    told = span(1, inputs=(message("Hello"),), own_detail=b'{"spanId":"0102030405060708"}')
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.write([part(told)])
        assert store.sessions(Where(text="hello")).sessions
    connection = apsw.Connection(str(tmp_path / "s.db"))
    connection.execute("DELETE FROM span_ids WHERE prefix = ?", (0x0102030405060708,))
    connection.execute(schema_scripts()[3])
    connection.close()
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        assert [span_id for _, span_id in store.otel_spans(bytes(range(1, 9)))] == [told.span_id]
        assert [session.name for session in store.sessions(Where(text="hello")).sessions] == ["s"]
        assert store.span(told.span_id) is not None


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All scripts of a migration take effect, or none."""
    SqliteStore(tmp_path / "s.db").close()
    with pytest.raises(apsw.SQLError):
        open_writer(tmp_path / "s.db", [*schema_scripts(), "CREATE TABLE later (a); NONSENSE;"])
    connection = apsw.Connection(str(tmp_path / "s.db"))
    assert connection.pragma("user_version") == len(schema_scripts())
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'later'").get == 0
    connection.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A file of a newer Spanglass is left alone, with a message that says so."""
    SqliteStore(tmp_path / "s.db").close()
    connection = apsw.Connection(str(tmp_path / "s.db"))
    connection.pragma("user_version", 99)
    connection.close()
    with pytest.raises(NewerSchemaError, match=r"schema version 99.*newer Spanglass"):
        SqliteStore(tmp_path / "s.db")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A database that is not a store is neither written to nor taken for one."""
    connection = apsw.Connection(str(tmp_path / "s.db"))
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(tmp_path / "s.db")


@pytest.mark.parametrize("made", ["text", "folder", "nowhere"])
def test_what_cannot_be_opened_is_told(tmp_path: Path, made: str) -> None:
    """A file that is no database, a folder, a path into nowhere: each is a StoreError with a reason."""
    path = tmp_path / "s.db"
    if made == "text":
        path.write_text("this is a letter to a friend, and it is quite long enough to be one " * 20)
    elif made == "folder":
        path.mkdir()
    else:
        path = tmp_path / "missing" / "s.db"
    with pytest.raises(StoreError):
        SqliteStore(path)


def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    """When the file cannot grow, the write fails as a whole and may be tried again; what was there stays readable."""
    store = SqliteStore(tmp_path / "s.db")
    store.write([part(span(1))])
    pages = store._connection.pragma("page_count")
    store._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    large = [part(*(span(n, own_detail=bytes(str({n: "x" * 3000}), "ascii")) for n in range(2, 200)))]
    with pytest.raises(UnavailableError):
        store.write(large)
    page = store.spans(*ids())
    assert page is not None
    assert page.spans == [span(1)]
    store._connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    assert store.write(large).written == 198
    store.close()


def test_errors_of_a_bug_are_store_errors() -> None:
    """Whatever else SQLite says becomes a StoreError, never an error of a library."""
    with pytest.raises(StoreError, match="the store failed"), store_errors():
        apsw.Connection(":memory:").execute("NONSENSE")
