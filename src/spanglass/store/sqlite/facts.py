"""What a session is found and narrowed by, kept beside its roll-up so that the roll-up need not be read for that."""

from typing import Final, NamedTuple, TypeAlias

import apsw
import msgspec

from spanglass.store.rollups import NAME_CHARS_MAX, Rollup
from spanglass.store.sqlite.database import fetch
from spanglass.store.views import str_id
from spanglass.store.where import Kind, Status

COUNTED: Final = 1
"""What roll-ups count today; a row with a smaller number is counted anew before it is trusted."""
KINDS: Final[dict[Kind, int]] = {
    "agent": 1,
    "model": 2,
    "tool": 3,
    "error_type": 4,
    "contact": 5,
    "name": 6,
    "assistant": 7,
}
"""The numbers of kinds in the table ``facts``."""
STATUSES: Final[dict[Status, int]] = {"error": 1, "timeout": 2, "running": 4}
"""The bits of statuses."""
Facts: TypeAlias = frozenset[tuple[int, str, int, int, int]]
"""Rows of the table ``facts``."""

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_ROLLUP: Final = msgspec.msgpack.Decoder(Rollup)


class Identity(NamedTuple):
    """What stays of a session's row: its number, its assistant's, its id and its name."""

    number: int
    assistant: int
    session_id: bytes
    name: str


def encode_rollup(rollup: Rollup) -> bytes:
    """Encode a roll-up as it stands in a session's row."""
    return _ENCODE(rollup)


def decode_rollup(encoded: bytes) -> Rollup:
    """Undo ``encode_rollup``."""
    return _ROLLUP.decode(encoded)


def status_bits(rollup: Rollup) -> int:
    """Return the statuses of a session, as bits."""
    return (rollup.errors > rollup.timeouts) | (rollup.timeouts > 0) << 1 | (rollup.running > 0) << 2


def facts_of(session: Identity, first_ns: int, rollup: Rollup) -> Facts:
    """Return what a session is found by."""
    place = (first_ns, session.number, session.assistant)
    found = {
        (kind, name, *place)
        for kind, names in enumerate(
            (rollup.agents, rollup.models, rollup.tools, rollup.error_types, rollup.contacts), start=1
        )
        for name in names
    }
    found.add((KINDS["assistant"], str(session.assistant), *place))
    if session.name != str_id(session.session_id):
        found.add((KINDS["name"], session.name[:NAME_CHARS_MAX], *place))
    return frozenset(found)


def write_facts(connection: apsw.Connection, known: Facts, found: Facts) -> None:
    """Make the table hold what a session is found by now instead of what it held of it."""
    connection.executemany(
        "DELETE FROM facts WHERE kind = ? AND value = ? AND first_ns = ? AND session = ?",
        [fact[:4] for fact in known - found],
    )
    connection.executemany(
        "INSERT INTO facts (kind, value, first_ns, session, assistant) VALUES (?, ?, ?, ?, ?)", found - known
    )


def forget(connection: apsw.Connection, session: int, change: int) -> None:
    """Delete what a session is found by, and note with which change it went."""
    ((assistant_id, *identity, first_ns, counted, rollup),) = fetch(
        connection,
        "SELECT a.id, s.number, s.assistant, s.id, s.name, s.first_ns, s.counted, s.rollup"
        " FROM sessions AS s CROSS JOIN assistants AS a ON a.number = s.assistant WHERE s.number = ?",
        (session,),
    )
    if counted:
        write_facts(connection, facts_of(Identity(*identity), first_ns, decode_rollup(rollup)), frozenset())
    connection.execute(
        "INSERT INTO gone (change, assistant, session) VALUES (?, ?, ?)", (change, assistant_id, identity[2])
    )


def uncounted(connection: apsw.Connection, sessions_max: int) -> list[int]:
    """Return some sessions whose roll-ups an earlier version counted."""
    rows = fetch(connection, "SELECT number FROM sessions WHERE counted < 1 LIMIT ?", (sessions_max,))
    return [number for (number,) in rows]
