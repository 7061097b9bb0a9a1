"""The rows of traces: which session a trace is in, when its spans start, and what it claims."""

from collections.abc import Iterable
from typing import NamedTuple

import apsw
import msgspec

from spanglass.model.place import Claims, Place
from spanglass.store.sqlite.database import fetch

_ENCODE = msgspec.msgpack.Encoder().encode
_CLAIMS = msgspec.msgpack.Decoder(Claims)


class Trace(NamedTuple):
    """A trace: its session's number, None if it is new; the times between which its spans start; its best claims."""

    session: int | None
    first_ns: int
    last_ns: int
    claims: Claims

    def joined(self, starts: Iterable[int], claims: Claims) -> "Trace":
        """Return the trace with more spans, which start then and claim that."""
        return Trace(self.session, min(self.first_ns, *starts), max(self.last_ns, *starts), self.claims.merged(claims))


def read_row(connection: apsw.Connection, trace_id: bytes) -> Trace | None:
    """Return a trace's row, or None if none of its spans was written."""
    rows = fetch(connection, "SELECT session, first_ns, last_ns, claims FROM traces WHERE id = ?", (trace_id,))
    if not rows:
        return None
    ((session, first_ns, last_ns, claims),) = rows
    return Trace(session, first_ns, last_ns, _named(_CLAIMS.decode(claims), read_place(connection, session)))


def write_row(connection: apsw.Connection, trace_id: bytes, trace: Trace, session: int) -> None:
    """Write a trace's row, as being in that session now."""
    connection.execute(
        "INSERT INTO traces (id, session, first_ns, last_ns, claims) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT DO UPDATE SET session = ?2, first_ns = ?3, last_ns = ?4, claims = ?5",
        (trace_id, session, trace.first_ns, trace.last_ns, _ENCODE(_nameless(trace.claims))),
    )


def read_place(connection: apsw.Connection, session: int) -> Place:
    """Return the ids and names of a session and its assistant."""
    ((assistant_id, assistant_name, session_id, session_name),) = fetch(
        connection,
        "SELECT a.id, a.name, s.id, s.name FROM sessions AS s CROSS JOIN assistants AS a ON a.number = s.assistant"
        " WHERE s.number = ?",
        (session,),
    )
    return Place(assistant_id, session_id, assistant_name, session_name)


def _nameless(claims: Claims) -> Claims:
    """Return claims as they are kept: what they claim stands in the session's row, and half an id decides a tie."""
    short = [
        msgspec.structs.replace(claim, span_id=claim.span_id[:8], text="") if claim else None
        for claim in (claims.assistant, claims.session)
    ]
    return Claims(*short)  # type: ignore[arg-type]  # there is always an assistant


def _named(claims: Claims, place: Place) -> Claims:
    """Undo ``_nameless``."""
    return Claims(
        msgspec.structs.replace(claims.assistant, text=place.assistant_name),
        claims.session and msgspec.structs.replace(claims.session, text=place.session_name),
    )
