"""What is found without knowing the session: words in messages, and spans by their id.

Its rows are numbered one after the other, because the index writes a row's number as the distance from the one before.
The table ``texts`` tells whose they are: each of its rows covers the messages of one session that came in together.
"""

from collections.abc import Iterable, Iterator

import apsw

from spanglass.model.record import SPOKEN, Fragment
from spanglass.store.compression import Compression
from spanglass.store.items import Place
from spanglass.store.records import Item, decode_entry, decode_kinds
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.reader import Blocks, read_entries
from spanglass.store.text import plain_words, searchable_text, words
from spanglass.store.views import otel_span_id


def behind(connection: apsw.Connection) -> int:
    """Return how many sessions have something whose words are not in the index."""
    return int(fetch(connection, "SELECT count(*) FROM sessions WHERE indexed < items")[0][0])


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
            sorted((_prefix(span_id), session) for span_id in [*_otel_ids(written), *(span_id for (span_id,) in ids)]),
        )
    connection.executemany("UPDATE sessions SET indexed = items WHERE number = ?", [(number,) for number, _, _ in rows])
    return bool(rows)


def _otel_ids(items: Iterable[Item]) -> Iterator[bytes]:
    """Yield the ids that the spans of these items have in OpenTelemetry."""
    for item in items:
        if isinstance(item, bytes) and (otel_id := otel_span_id(decode_entry(item).own_detail)):
            yield otel_id


def forget(connection: apsw.Connection, compression: Compression, session: int) -> None:
    """Take a session out of the index; what it still has is to be indexed anew."""
    for first, count in fetch(connection, "DELETE FROM texts WHERE session = ? RETURNING first, count", (session,)):
        connection.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", (first, first + count - 1))
    ids = {span_id for (span_id,) in fetch(connection, "SELECT id FROM spans WHERE session = ?", (session,))}
    ids |= {otel_span_id(entry.own_detail) for _, entry in read_entries(connection, compression, session)}
    connection.executemany(
        "DELETE FROM span_ids WHERE prefix = ? AND session = ?", [(_prefix(span_id), session) for span_id in ids]
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


def find_otel_spans(
    connection: apsw.Connection, compression: Compression, otel_id: bytes, limit: int
) -> list[tuple[int, bytes]]:
    """Return sessions that have a span of this id in OpenTelemetry, by number, and the span's id."""
    found: list[tuple[int, bytes]] = []
    sessions = fetch(connection, "SELECT session FROM span_ids WHERE prefix = ? LIMIT ?", (_prefix(otel_id), limit))
    for (session,) in sessions:
        for ordinal, entry in read_entries(connection, compression, session):
            if otel_span_id(entry.own_detail) == otel_id:
                places = fetch(connection, "SELECT id FROM spans WHERE session = ? AND ordinal = ?", (session, ordinal))
                found += [(session, span_id) for (span_id,) in places]
    return found[:limit]


def _prefix(span_id: bytes) -> int:
    return int.from_bytes(span_id[:8], "big", signed=True)


def query(text: str) -> str:
    """Return the index's query for messages that hold all words of a text."""
    return " ".join(f'"{word}"' for word in words(text)) or '""'


def count(connection: apsw.Connection, text: str, most: int) -> int:
    """Return how many messages hold all words of a text, counted up to ``most``."""
    statement = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(fetch(connection, statement, (query(text), most))[0][0])


def sessions(wanted: str) -> str:
    """Return a table ``f`` of the sessions that have a message found by a query, which ``wanted`` stands for."""
    owner = "(SELECT session FROM texts WHERE first <= words.rowid ORDER BY first DESC LIMIT 1)"
    return f"(SELECT DISTINCT {owner} AS session FROM words WHERE words MATCH {wanted}) AS f"


def within(wanted: str) -> str:
    """Return the condition that a session ``s`` has a message found by a query, which ``wanted`` stands for."""
    return (
        "EXISTS (SELECT 1 FROM texts AS t CROSS JOIN words WHERE t.session = s.number"
        f" AND words MATCH {wanted} AND words.rowid BETWEEN t.first AND t.first + t.count - 1)"
    )


def hits(connection: apsw.Connection, session: int, text: str, most: int) -> list[int]:
    """Return the ordinals of messages of a session that hold all words of a text; of too many those indexed first.

    A session's messages have their rows in order of ordinal, so the number of a row among them tells which it is.
    """
    found: list[int] = []
    passed = 0
    for first, rows in fetch(connection, "SELECT first, count FROM texts WHERE session = ? ORDER BY first", (session,)):
        matches = fetch(
            connection,
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?",
            (query(text), first, first + rows - 1, most - len(found)),
        )
        found += [row - first + passed for (row,) in matches]
        passed += rows
    return _spoken(connection, session, found)


def _spoken(connection: apsw.Connection, session: int, wanted: list[int]) -> list[int]:
    """Return the ordinals of what is spoken in a session by its number among all that is, in order."""
    ordinals: list[int] = []
    passed = 0
    left = iter(sorted(wanted))
    number = next(left, None)
    for first, heads in connection.execute(
        "SELECT first, heads FROM blocks WHERE session = ? ORDER BY first", (session,)
    ):
        if number is None:
            break
        spoken = [at for at, kind in enumerate(decode_kinds(heads)) if kind in SPOKEN]
        while number is not None and number - passed < len(spoken):
            ordinals.append(first + spoken[number - passed])
            number = next(left, None)
        passed += len(spoken)
    return ordinals
