"""The dictionaries kept in the file: the shipped one, and newer ones trained on what the file holds."""

from typing import Final

import apsw

from spanglass.store.compression import SHIPPED, Compression, shipped_dictionary, train
from spanglass.store.records import decode_pieces
from spanglass.store.sqlite.database import fetch

MESSAGES_MIN: Final = 5_000
"""Indexed messages from which on a store is large enough to learn from, and the dictionary small beside it."""
GROWTH: Final = 32
"""How many times as many messages there must be as at the last training: what agents say changes slowly."""
SAMPLE_BYTES: Final = 4 << 20
"""Bytes of pieces that are trained on, the newest of the store."""
BLOCKS_MAX: Final = 1_000
"""Blocks that are looked at for a sample."""


def read(connection: apsw.Connection) -> dict[int, bytes]:
    """Return the file's dictionaries by number, after adding the shipped one if it is new to the file."""
    rows = fetch(connection, "SELECT number, bytes FROM dictionaries")
    if not rows:
        rows = [(SHIPPED, shipped_dictionary())]
        connection.execute("INSERT OR IGNORE INTO dictionaries (number, messages, bytes) VALUES (?, 0, ?)", rows[0])
    return dict(rows)


def learn(connection: apsw.Connection, compression: Compression) -> bool:
    """Train a new dictionary if the store has grown enough since the last; return whether it did.

    It is used once the transaction has ended and ``compression`` is renewed.
    """
    ((number, trained_at),) = fetch(connection, "SELECT max(number), max(messages) FROM dictionaries")
    ((messages,),) = fetch(connection, "SELECT coalesce(max(first + count), 0) FROM texts")
    if messages < max(MESSAGES_MIN, GROWTH * trained_at):
        return False
    sample: list[bytes] = []
    left = SAMPLE_BYTES
    for (body,) in fetch(connection, "SELECT body FROM blocks ORDER BY number DESC LIMIT ?", (BLOCKS_MAX,)):
        pieces = decode_pieces(compression.decompress(body))
        sample += pieces
        left -= sum(map(len, pieces))
        if left < 0:
            break
    connection.execute(
        "INSERT INTO dictionaries (number, messages, bytes) VALUES (?, ?, ?)", (number + 1, messages, train(sample))
    )
    return True
