"""What is found without knowing the session: words in messages, and spans by their id.

Its rows are numbered one after the other, because the index writes a row's number as the distance from the one before.
The table ``texts`` tells whose they are: each of its rows covers the messages of one session that came in together.
"""

from typing import Final

import apsw

from spanglass.model.record import SPOKEN, Fragment
from spanglass.store.compression import Compression
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.reader import Blocks, Place
from spanglass.store.text import plain_words, searchable_text, words

_MATCHES: Final = """s.number IN (
    SELECT (SELECT session FROM texts WHERE first <= words.rowid ORDER BY first DESC LIMIT 1)
    FROM words WHERE words MATCH ?
)"""


def is_behind(connection: apsw.Connection) -> bool:
    """Return whether something was written whose words are not in the index."""
    return bool(fetch(connection, "SELECT 1 FROM sessions WHERE indexed < items LIMIT 1"))


def catch_up(connection: apsw.Connection, compression: Compression, sessions_max: int) -> bool:
    """Put what was written into the index, for some sessions; return whether there was anything to do.

    Much goes in at a time: each batch of words is a segment of the index, and small segments cost more to merge than to
    make; and ids, being random, touch a page each unless there are many.
    """
    rows = fetch(
        connection, "SELECT number, indexed, items FROM sessions WHERE indexed < items LIMIT ?", (sessions_max,)
    )
    ((next_row,),) = fetch(connection, "SELECT coalesce(max(first + count), 1) FROM texts")
    for session, indexed, items in rows:
        written = Blocks(connection, compression, session).read(indexed, items)
        said = [item for item in written if isinstance(item, Fragment) and item.kind in SPOKEN]
        texts = [plain_words(searchable_text(fragment)) for fragment in said]
        connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", enumerate(texts, next_row))
        if texts:
            connection.execute(
                "INSERT INTO texts (first, count, session) VALUES (?, ?, ?)", (next_row, len(texts), session)
            )
        next_row += len(texts)
        ids = fetch(connection, "SELECT id FROM spans WHERE session = ? AND ordinal >= ?", (session, indexed))
        connection.executemany(
            "INSERT OR IGNORE INTO span_ids (prefix, session) VALUES (?, ?)",
            sorted((_prefix(span_id), session) for (span_id,) in ids),
        )
    connection.executemany("UPDATE sessions SET indexed = items WHERE number = ?", [(number,) for number, _, _ in rows])
    return bool(rows)


def forget(connection: apsw.Connection, session: int) -> None:
    """Take a session out of the index; what it still has is to be indexed anew."""
    for first, count in fetch(connection, "DELETE FROM texts WHERE session = ? RETURNING first, count", (session,)):
        connection.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", (first, first + count - 1))
    ids = fetch(connection, "SELECT id FROM spans WHERE session = ?", (session,))
    connection.executemany(
        "DELETE FROM span_ids WHERE prefix = ? AND session = ?", [(_prefix(span_id), session) for (span_id,) in ids]
    )
    connection.execute("UPDATE sessions SET indexed = 0 WHERE number = ?", (session,))


def find_span(connection: apsw.Connection, span_id: bytes) -> tuple[int, Place] | None:
    """Return a session that has a span of this id, by number, and the span's place in it."""
    rows = fetch(
        connection,
        "SELECT s.session, s.start_ns, s.id, s.ordinal"
        " FROM span_ids AS i CROSS JOIN spans AS s ON s.session = i.session WHERE i.prefix = ? AND s.id = ? LIMIT 1",
        (_prefix(span_id), span_id),
    )
    return (rows[0][0], rows[0][1:]) if rows else None


def _prefix(span_id: bytes) -> int:
    return int.from_bytes(span_id[:8], "big", signed=True)


def condition(text: str) -> tuple[str, str]:
    """Return a condition on ``s.number``, for sessions in which one message holds all words, and its value."""
    query = " ".join(f'"{word}"' for word in words(text)) or '""'
    return _MATCHES, query
