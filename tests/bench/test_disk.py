"""What a store takes on disk, and which tables take it."""

from pathlib import Path

import apsw

from bench import disk


def test_tells_the_full_text_index_from_the_rest(tmp_path: Path) -> None:
    """The tables behind an FTS5 table count as index, all others do not, and together they are the file."""
    path = tmp_path / "store.db"
    connection = apsw.Connection(str(path))
    connection.execute(
        "CREATE TABLE message (text TEXT); CREATE VIRTUAL TABLE words USING fts5(text, content='')"
    ).fetchall()
    with connection:
        for number in range(300):
            connection.execute("INSERT INTO message VALUES (?)", (f"word{number} " * 40,))
            connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, f"word{number} other"))
    connection.close()
    tables = disk.table_bytes(path)
    assert sum(tables.values()) == path.stat().st_size
    assert disk.full_text_bytes(path) == sum(size for name, size in tables.items() if name.startswith("words_"))
    assert 0 < disk.full_text_bytes(path) < tables["message"]
