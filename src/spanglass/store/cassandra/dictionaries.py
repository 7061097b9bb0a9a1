"""The dictionaries of a keyspace: the shipped one, and newer ones that a server trained on what the keyspace holds."""

from itertools import islice
from typing import Final

from spanglass.store.cassandra import listing
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import read as read_row
from spanglass.store.cassandra.reader import Rows
from spanglass.store.compression import SHIPPED, Compression, shipped_dictionary, train
from spanglass.store.where import EVERYWHERE

CHANGES_MIN: Final = 5_000
"""Changes to sessions from which on there is enough to learn from, and a dictionary is small beside it."""
GROWTH: Final = 32
"""How many times as many changes there must be for the next one: what agents say changes slowly."""
SAMPLE_BYTES: Final = 4 << 20
"""Bytes of pieces that are trained on, of the latest sessions."""
SESSIONS_MAX: Final = 1_000
"""Sessions that are looked at for a sample."""
_INSERT: Final = "INSERT INTO dictionaries (number, bytes) VALUES (?, ?) IF NOT EXISTS"


def read(db: Database) -> dict[int, bytes]:
    """Return the keyspace's dictionaries by number, after adding the shipped one if it is new to it."""
    found = dict(db.rows("SELECT number, bytes FROM dictionaries"))
    if SHIPPED not in found:
        found[SHIPPED] = shipped_dictionary()
        db.swap(_INSERT, SHIPPED, found[SHIPPED])
    return found


def learn(db: Database, compression: Compression, changes: int) -> bool:
    """Use the newest dictionary, and train a newer one if there have been enough changes; return whether it was.

    Of several servers that train one, the first one's is used.
    """
    used = compression.newest  # which makes the first one
    newest = max(number for (number,) in db.rows("SELECT number FROM dictionaries"))
    if newest > used:
        compression.renew()
    if changes < CHANGES_MIN * GROWTH ** (newest - SHIPPED):
        return False
    if sample := _sample(db, compression):
        db.swap(_INSERT, newest + 1, train(sample))
        compression.renew()
    return bool(sample)


def _sample(db: Database, compression: Compression) -> list[bytes]:
    """Return pieces of the latest sessions' blocks."""
    sample: list[bytes] = []
    left = SAMPLE_BYTES
    for listed in islice(listing.read(db, EVERYWHERE), SESSIONS_MAX):
        pieces = list(Rows(db, compression, listed.ids, read_row(db, listed.ids)).pieces())
        sample += pieces
        left -= sum(map(len, pieces))
        if left < 0:
            break
    return sample
