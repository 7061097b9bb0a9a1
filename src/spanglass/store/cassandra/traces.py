"""The rows of traces: which session a trace belongs to, and which others may still have spans of it.

A trace's row is changed by compare-and-set on its version. A session is put among the trace's places before any span of
the trace is written there, and leaves them only after it has none of them and knows so (``Head.left``). So whatever
breaks in between, all spans of a trace are found by its row, and the next write or housekeeping brings them together.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from spanglass.model.place import Claims, Place, TracePart
from spanglass.store.cassandra.database import Database
from spanglass.store.cassandra.heads import Ids, now_us

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_CLAIMS: Final = msgspec.msgpack.Decoder(Claims)
_PLACES: Final = msgspec.msgpack.Decoder(list[Ids])
_READ: Final = "SELECT version, claims, places FROM traces WHERE trace = ?"
_SWAP: Final = "UPDATE traces SET version = ?, claims = ?, places = ? WHERE trace = ? IF version = ?"


class Trace(NamedTuple):
    """A trace's row; a trace that was never there has one of version 0."""

    version: int
    claims: Claims
    places: tuple[Ids, ...]


class Located(NamedTuple):
    """Where a trace belongs, and its row; ``parts`` are those that go there, by number, ``foreign`` those left out."""

    trace_id: bytes
    place: Place
    trace: Trace
    parts: list[tuple[int, TracePart]]
    foreign: list[int]

    @property
    def ids(self) -> Ids:
        """The ids of its session."""
        return self.place.assistant_id, self.place.session_id

    @property
    def others(self) -> list[Ids]:
        """The sessions that may have spans of the trace, and should not."""
        return [ids for ids in self.trace.places if ids != self.ids]


def read(db: Database, trace_id: bytes) -> Trace | None:
    """Return a trace's row, or None if there is none."""
    row = db.row(_READ, trace_id)
    if row is None or row[0] is None:
        return None
    version, claims, places = row
    return Trace(version, _CLAIMS.decode(claims), tuple(_PLACES.decode(places)))


def read_claims(db: Database, trace_ids: Iterable[bytes]) -> dict[bytes, Claims]:
    """Return the best claims so far of those of the traces that there are."""
    wanted = list(trace_ids)
    found = db.all([(_READ, (trace_id,)) for trace_id in wanted])
    rows = ((trace_id, rows[0]) for trace_id, rows in zip(wanted, found, strict=True) if rows)
    return {trace_id: _CLAIMS.decode(row[1]) for trace_id, row in rows if row[0] is not None}


def locate(
    db: Database,
    trace_id: bytes,
    parts: Sequence[tuple[int, TracePart]],
    newer_than: int,
    moving: Callable[[], None],
) -> Located:
    """Find where parts of a trace go, by their claims and those before; the row says so on return.

    Its version is greater than ``newer_than``. If it says that the trace moves, ``moving`` is called before.
    """
    while True:
        known = read(db, trace_id)
        located = _placed(trace_id, known or Trace(0, parts[0][1].claims, ()), parts)
        wanted, version = located.trace, known.version if known else 0
        if located.others and located.parts:
            moving()
        if not located.parts or (wanted == known and version > newer_than):
            return located
        wanted = wanted._replace(version=max(version + 1, newer_than + 1, now_us()))
        if swap(db, trace_id, version, wanted):
            return located._replace(trace=wanted)


def _placed(trace_id: bytes, known: Trace, parts: Sequence[tuple[int, TracePart]]) -> Located:
    claims, kept, foreign = known.claims, [], []
    for number, part in parts:
        joined = claims.merged(part.claims)
        if part.fits(claims.place(trace_id), joined.place(trace_id)):
            claims = joined
            kept.append((number, part))
        else:
            foreign.append(number)
    place = claims.place(trace_id)
    ids = (place.assistant_id, place.session_id)
    places = known.places if ids in known.places else (*known.places, ids)
    return Located(trace_id, place, Trace(known.version, claims, places), kept, foreign)


def swap(db: Database, trace_id: bytes, version: int, new: Trace) -> bool:
    """Put a row in the place of that of a version; return False if another has taken it."""
    values = (new.version, _ENCODE(new.claims), _ENCODE(list(new.places)))
    return db.swap(_SWAP, *values, trace_id, version or None) is None


def settle(db: Database, located: Located) -> bool:
    """Note that all of a trace is where it belongs; return False if another server knows of more by now."""
    version = located.trace.version
    settled = located.trace._replace(version=version + 1, places=(located.ids,))
    return swap(db, located.trace_id, version, settled)


def forget(db: Database, trace_id: bytes, ids: Ids, deleted: int) -> None:
    """Delete a trace's row if the trace was in this session alone when that was deleted (``Head.deleted``).

    A trace that has come back since has a later version.
    """
    known = read(db, trace_id)
    if known is not None and known.places == (ids,) and known.version <= deleted:
        db.swap("DELETE FROM traces WHERE trace = ? IF version = ?", trace_id, known.version)
