"""Writing a session's items into blocks, merging small ones, and setting back when a message was said."""

from collections.abc import Sequence
from typing import Final

import apsw

from spanglass.store.compression import LEVEL, LEVEL_LOOSE, LEVEL_RESTED, Compression
from spanglass.store.records import Item, cut_items, decode_block, decode_heads, encode_block, encode_heads
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.state import FileState, Loose

BLOCK_BYTES: Final = 64 << 10
"""Bytes of pieces at which a block is full: what one read of a few messages has to decompress."""
LOOSE_MAX: Final = 16
"""Loose blocks of a session that are merged at once while it is being written to."""


class BlockWriter:
    """Writes blocks within the transaction of its caller.

    Blocks of less than half the full size are *loose*. They are always a session's last ones, so that what is merged
    has no gap.
    """

    def __init__(self, connection: apsw.Connection, compression: Compression) -> None:
        self._connection = connection
        self._compression = compression

    def flush(self, state: FileState) -> None:
        """Write what is pending of a session."""
        if state.pending:
            self._append(state.number, state.loose, state.written, state.pending, LEVEL_LOOSE)
            state.written, state.pending = state.items, []
            if len(state.loose) >= LOOSE_MAX or sum(block.size for block in state.loose) >= BLOCK_BYTES:
                self._merge(state.number, state.loose, LEVEL)
        if state.earlier:
            self._set_back(state)

    def rest(self, session: int) -> list[Loose]:
        """Merge a session's loose blocks as small as they get; return the one that may be left loose."""
        loose = read_loose(self._connection, session)
        if len(loose) > 1:
            self._merge(session, loose, LEVEL_RESTED)
        return loose

    def _append(self, session: int, loose: list[Loose], first: int, items: Sequence[Item], level: int) -> None:
        for start, block in cut_items(first, items, BLOCK_BYTES):
            heads, pieces = encode_block(block)
            size = len(pieces)
            is_loose = size < BLOCK_BYTES // 2
            if not is_loose and loose:
                self._connection.executemany(
                    "UPDATE blocks SET loose = NULL WHERE number = ?", [(each.number,) for each in loose]
                )
                loose.clear()
            self._connection.execute(
                "INSERT INTO blocks (session, first, loose, heads, body) VALUES (?, ?, ?, ?, ?)",
                (
                    session,
                    start,
                    size if is_loose else None,
                    heads,
                    self._compression.compress(pieces, level),
                ),
            )
            if is_loose:
                loose.append(Loose(self._connection.last_insert_rowid(), start, size))

    def _merge(self, session: int, loose: list[Loose], level: int) -> None:
        items: list[Item] = []
        for block in loose:
            ((heads, body),) = fetch(
                self._connection, "DELETE FROM blocks WHERE number = ? RETURNING heads, body", (block.number,)
            )
            items += decode_block(heads, self._compression.decompress(body))
        first = loose[0].first
        loose.clear()
        self._append(session, loose, first, items, level)

    def _set_back(self, state: FileState) -> None:
        """Rewrite the heads of blocks whose messages turned out to have been said earlier."""
        while state.earlier:
            ((number, first, heads),) = fetch(
                self._connection,
                "SELECT number, first, heads FROM blocks WHERE session = ? AND first <= ? ORDER BY first DESC LIMIT 1",
                (state.number, min(state.earlier)),
            )
            items = [state.dated(ordinal, item) for ordinal, item in enumerate(decode_heads(heads), first)]
            state.earlier -= set(range(first, first + len(items)))
            self._connection.execute("UPDATE blocks SET heads = ? WHERE number = ?", (encode_heads(items), number))


def read_loose(connection: apsw.Connection, session: int) -> list[Loose]:
    """Return a session's loose blocks in order."""
    rows = fetch(
        connection,
        "SELECT number, first, loose FROM blocks WHERE session = ? AND loose IS NOT NULL ORDER BY first",
        (session,),
    )
    return [Loose(*row) for row in rows]


def restless(connection: apsw.Connection, sessions_max: int) -> list[int]:
    """Return some sessions that have blocks to merge."""
    rows = fetch(
        connection,
        "SELECT session FROM blocks WHERE loose IS NOT NULL GROUP BY session HAVING count(*) > 1 LIMIT ?",
        (sessions_max,),
    )
    return [session for (session,) in rows]
