"""Assistants and sessions as clients name, describe and tag them, and what is remembered for a while."""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from spanglass.store.cassandra import following, heads, listing
from spanglass.store.cassandra.database import Database, Statement
from spanglass.store.cassandra.heads import Ids, Pending, Row, now_us
from spanglass.store.cassandra.listing import Shards
from spanglass.store.interface import Change, NoAssistantError, Resource
from spanglass.store.views import str_id
from spanglass.store.where import Where

REMEMBERED_SECONDS_MAX: Final = 7 * 86_400
"""Seconds after which the row of what was remembered is gone in any case."""
PART_BITS: Final = 12
"""First bits of a session's id by which an assistant's described sessions are parted, so that no part is too large."""
PARTS_AT_ONCE: Final = 16
SESSIONS_AT_ONCE: Final = 50
"""Described sessions that are read at a time: a page at its usual size."""
_ASSISTANT: Final = "SELECT name, settings, changed_ns, version FROM assistants WHERE part = 0 AND assistant = ?"
_SWAP: Final = (
    "UPDATE assistants SET name = ?, settings = ?, changed_ns = ?, version = ? WHERE part = 0 AND assistant = ?"
    " IF version = ?"
)
_DESCRIBE: Final = "INSERT INTO described (assistant, part, session) VALUES (?, ?, ?) USING TIMESTAMP ?"
_DESCRIBE_PART: Final = "INSERT INTO described_parts (assistant, part) VALUES (?, ?)"
_PARTS: Final = "SELECT part FROM described_parts WHERE assistant = ? AND part >= ?"
_DESCRIBED: Final = "SELECT session FROM described WHERE assistant = ? AND part = ? AND session > ?"
_REMEMBERED: Final = "SELECT value, until_ns FROM remembered WHERE key = ?"
_REMEMBER: Final = "UPDATE remembered USING TTL ? SET value = ?, until_ns = ? WHERE key = ? IF until_ns = ?"


class _Assistant(NamedTuple):
    """An assistant's row; one that never was there has version 0."""

    name: str
    settings: bytes | None
    changed_ns: int
    version: int


def _assistant(db: Database, assistant_id: bytes) -> _Assistant:
    row = db.row(_ASSISTANT, assistant_id)
    if row is None:
        return _Assistant("", None, 0, 0)
    return _Assistant(row[0] or "", row[1], row[2] or 0, row[3] or 0)


def _swap(db: Database, assistant_id: bytes, known: _Assistant, new: _Assistant) -> bool:
    version = max(known.version + 1, now_us())
    return db.swap(_SWAP, *new[:3], version, assistant_id, known.version or None) is None


def name_assistant(db: Database, assistant_id: bytes, name: str) -> str:
    """Return the name of an assistant, which is this one if it has none yet."""
    while not (known := _assistant(db, assistant_id)).name:
        if _swap(db, assistant_id, known, known._replace(name=name)):
            return name
    return known.name


def read(db: Database, assistant_id: bytes, session_id: bytes) -> Resource | None:
    """Return a session, or without its id an assistant, or None if it is not there."""
    if session_id:
        return _session(assistant_id, session_id, heads.read(db, (assistant_id, session_id)))
    known = _assistant(db, assistant_id)
    if known.settings is None and not _has_sessions(db, assistant_id):
        return None
    return Resource(
        assistant_id=assistant_id,
        name=known.name or str_id(assistant_id),
        settings=known.settings or b"",
        changed_ns=known.changed_ns,
    )


def _session(assistant_id: bytes, session_id: bytes, row: Row) -> Resource | None:
    if not row.is_there:
        return None
    return Resource(
        assistant_id=assistant_id,
        session_id=session_id,
        name=row.name,
        settings=row.settings or b"",
        changed_ns=row.changed_ns,
    )


def _has_sessions(db: Database, assistant_id: bytes) -> bool:
    where = Where(assistants=frozenset({assistant_id}))
    return next(listing.read(db, where, spans=False), None) is not None


def read_assistants(db: Database, after: bytes, limit: int) -> list[Resource]:
    """Return the assistants whose ids are greater, in order of id."""
    rows = db.rows("SELECT assistant FROM assistants WHERE part = 0 AND assistant > ?", after)
    found = (read(db, assistant_id, b"") for (assistant_id,) in rows)
    return list(islice(filter(None, found), limit))


def read_described(db: Database, assistant_id: bytes, after: bytes, limit: int) -> list[Resource]:
    """Return the sessions of an assistant that have settings, whose ids are greater, in order of id."""
    return list(islice(_described(db, assistant_id, after), limit))


def _described(db: Database, assistant_id: bytes, after: bytes) -> Iterator[Resource]:
    parts = db.rows(_PARTS, assistant_id, _part(after) if after else 0)
    while some := list(islice(parts, PARTS_AT_ONCE)):
        for found in db.streams([(_DESCRIBED, (assistant_id, part, after)) for (part,) in some], SESSIONS_AT_ONCE):
            while sessions := [(assistant_id, each) for (each,) in islice(found, SESSIONS_AT_ONCE)]:
                for ids, row in zip(sessions, listing.rows_of(db, sessions), strict=True):
                    if row.settings is not None and (session := _session(*ids, row)) is not None:
                        yield session


def _part(session_id: bytes) -> int:
    """Return the part of an assistant's described sessions in which a session is; parts are in order of id."""
    return int.from_bytes(session_id[:2], "big") >> (16 - PART_BITS)


def _describe(ids: Ids, seq: int) -> list[Statement]:
    """Return the statements that tell a session among those that have settings."""
    part = _part(ids[1])
    return [(_DESCRIBE_PART, (ids[0], part)), (_DESCRIBE, (ids[0], part, ids[1], seq))]


def change(db: Database, shards: Shards, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
    """Change a resource; see ``interface.Store.change``."""
    if session_id:
        if read(db, assistant_id, b"") is None:
            raise NoAssistantError
        return _change_session(db, shards, (assistant_id, session_id), change)
    while True:
        known = _assistant(db, assistant_id)
        changed = change(read(db, assistant_id, b""))
        if _swap(db, assistant_id, known, _Assistant(changed.name, changed.settings, changed.changed_ns, 0)):
            return changed


def _change_session(db: Database, shards: Shards, ids: Ids, change: Change) -> Resource:
    while True:
        row = following.finished(db, ids)
        changed = change(_session(*ids, row))
        pending = Pending(listed_ns=row.listed_ns)
        new = row._replace(
            seq=row.next_seq(),
            name=changed.name,
            assistant_name=row.assistant_name or _assistant(db, ids[0]).name,
            settings=changed.settings,
            changed_ns=changed.changed_ns,
            pending=heads.encode_pending(pending),
        )
        if row.listed_ns == -1:
            shard = shards.choose(ids, new.listed_ns)
            new = new._replace(head=msgspec.structs.replace(row.head, shard=shard))
        if new.listed_ns != row.listed_ns:
            shards.announce(ids, new)
        db.write(_describe(ids, new.seq))
        if heads.swap(db, ids, row, new):
            following.follow(db, ids, new, pending)
            if row.is_told:  # else whoever meets the session tells of both changes at once
                db.write([heads.mark(ids, new, row.change)])
            return changed


def forget_assistant(db: Database, assistant_id: bytes) -> bool:
    """Delete what was said of an assistant, and its name; return whether there was something said."""
    while (known := _assistant(db, assistant_id)).name:
        if _swap(db, assistant_id, known, _Assistant("", None, 0, 0)):
            break
    return known.settings is not None


def remember(db: Database, key: bytes, value: bytes, now_ns: int, until_ns: int) -> bytes:
    """Remember a value under a key unless one is remembered; return the one that is. See ``interface.Store``."""
    seconds = min(max(1, (until_ns - now_ns) // 1_000_000_000 + 60), REMEMBERED_SECONDS_MAX)
    while True:
        known = db.row(_REMEMBERED, key)
        if known is not None and known[1] is not None and known[1] > now_ns:
            return bytes(known[0])
        before = known[1] if known is not None else None
        if db.swap(_REMEMBER, seconds, value, until_ns, key, before) is None:
            return value


def no_longer_described(ids: Ids, seq: int) -> Statement:
    """Return the statement that has a session no longer told among those that have settings, as of a state."""
    statement = "DELETE FROM described USING TIMESTAMP ? WHERE assistant = ? AND part = ? AND session = ?"
    return statement, (seq, ids[0], _part(ids[1]), ids[1])
