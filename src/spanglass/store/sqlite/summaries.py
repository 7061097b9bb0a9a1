"""What is told of many sessions at once: the values they have, counts over a time, an even sample, and what changed.

Facts and the index over time answer without reading sessions' rows; how much of either is read is bounded.
"""

from collections import Counter
from typing import Final

import apsw

from spanglass.store.interface import COUNTED_MAX, GONE_MAX, TOTALLED_MAX, Facet, SessionChange, SessionRecord, Totals
from spanglass.store.rollups import RESOLUTION
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.facts import KINDS, STATUSES
from spanglass.store.sqlite.sessions import COLUMNS, JOINED, Values, assistant_numbers, session_record
from spanglass.store.views import part_ns
from spanglass.store.where import Kind, Where

VALUES_MAX: Final = 5_000
"""Values of a kind that are looked at for those that begin as wanted."""
COUNTED_VALUES_MAX: Final = 1_000
"""Values of a kind that are counted."""
SCANNED_MAX: Final = 50_000
"""Sessions of a value that are looked at for those of some assistants."""


def read_facets(connection: apsw.Connection, kind: Kind, where: Where, prefix: str, limit: int) -> list[Facet]:
    """Return the most frequent values of a kind; see ``interface.Store.facets``."""
    values = _assistants(connection, where) if kind == "assistant" else _values(connection, kind)
    wanted = [each for each in values if each[1].casefold().startswith(prefix.casefold())]
    counted = [
        Facet(name, count, assistant_id)
        for value, name, assistant_id in wanted[:COUNTED_VALUES_MAX]
        if (count := _count(connection, KINDS[kind], value, where))
    ]
    return sorted(counted, key=lambda facet: (-facet.count, facet.value, facet.id))[:limit]


def _assistants(connection: apsw.Connection, where: Where) -> list[tuple[str, str, bytes]]:
    values = Values()
    condition = "TRUE" if where.assistants is None else f"id IN {values.all(sorted(where.assistants))}"
    statement = f"SELECT number, name, id FROM assistants WHERE {condition} LIMIT {VALUES_MAX}"
    return [(str(number), name, assistant_id) for number, name, assistant_id in fetch(connection, statement, values)]


def _values(connection: apsw.Connection, kind: Kind) -> list[tuple[str, str, bytes]]:
    """Return the distinct values of a kind in order, leaping from one to the next."""
    rows = fetch(
        connection,
        "WITH RECURSIVE v (value) AS (SELECT min(value) FROM facts WHERE kind = ?1 UNION ALL"
        " SELECT (SELECT min(value) FROM facts WHERE kind = ?1 AND value > v.value) FROM v WHERE v.value IS NOT NULL"
        " LIMIT ?2) SELECT value FROM v WHERE value IS NOT NULL",
        (KINDS[kind], VALUES_MAX),
    )
    return [(value, value, b"") for (value,) in rows]


def _count(connection: apsw.Connection, kind: int, value: str, where: Where) -> int:
    values = Values()
    statement = (
        f"SELECT assistant FROM facts WHERE kind = {kind} AND value = {values(value)}"
        f" AND first_ns BETWEEN {values(where.from_ns)} AND {values(where.to_ns)}"
    )
    if where.assistants is not None:
        numbers = values.all(assistant_numbers(connection, where.assistants))
        latest = f"{statement} ORDER BY first_ns DESC LIMIT {SCANNED_MAX}"
        statement = f"SELECT 1 FROM ({latest}) WHERE assistant IN {numbers}"
    return int(fetch(connection, f"SELECT count(*) FROM ({statement} LIMIT {COUNTED_MAX})", values)[0][0])


def _time(connection: apsw.Connection, where: Where, values: Values) -> str:
    """Return the conditions on when a session ``s`` begins and whose it is."""
    condition = f"s.first_ns BETWEEN {values(where.from_ns)} AND {values(where.to_ns)}"
    if where.assistants is not None:
        condition += f" AND s.assistant IN {values.all(assistant_numbers(connection, where.assistants))}"
    return condition


def read_totals(connection: apsw.Connection, where: Where, parts: int) -> Totals:
    """Return counts over a time; see ``interface.Store.totals``."""
    values = Values()
    statement = (
        f"SELECT (first_ns - {values(where.from_ns)}) / {values(part_ns(where, parts))} AS part,"
        f" CASE WHEN took >= 1000 THEN 1 + CAST(ln(took / 1000.0) / ln({RESOLUTION}) AS INTEGER) ELSE 0 END AS bucket,"
        " status, count(*), sum(tokens) FROM"
        " (SELECT s.first_ns, s.last_ns - s.first_ns AS took, s.status, s.tokens FROM sessions AS s"
        f" WHERE {_time(connection, where, values)} ORDER BY s.first_ns DESC LIMIT {TOTALLED_MAX})"
        " GROUP BY part, bucket, status"
    )
    counts = [[0, 0, 0] for _ in range(parts)]
    statuses, durations = Counter[int](), Counter[int]()
    for part, bucket, bits, sessions, tokens in fetch(connection, statement, values):
        counts[part][0] += sessions
        counts[part][1] += sessions if bits & (STATUSES["error"] | STATUSES["timeout"]) else 0
        counts[part][2] += tokens
        statuses[bits] += sessions
        durations[bucket] += sessions
    told = {status: sum(n for bits, n in statuses.items() if bits & bit) for status, bit in STATUSES.items()}
    return Totals(
        sessions=sum(part[0] for part in counts),
        tokens=sum(part[2] for part in counts),
        statuses={status: count for status, count in (told | {"ok": statuses[0]}).items() if count},
        durations=dict(durations),
        parts=[(part[0], part[1], part[2]) for part in counts],
        complete=sum(part[0] for part in counts) < TOTALLED_MAX,
    )


def read_sample(connection: apsw.Connection, where: Where, limit: int) -> list[SessionRecord]:
    """Return an even sample of sessions; see ``interface.Store.sample``."""
    values = Values()
    time = _time(connection, where, values)
    counted = f"SELECT count(*) FROM (SELECT 1 FROM sessions AS s WHERE {time} LIMIT {TOTALLED_MAX})"
    step = -(-fetch(connection, counted, values)[0][0] // limit) or 1
    statement = (
        f"{COLUMNS} FROM sessions AS s {JOINED} WHERE {time} AND s.number % {step} = 0"
        f" ORDER BY s.first_ns DESC, a.id, s.id LIMIT {values(limit)}"
    )
    return [session_record(row) for row in fetch(connection, statement, values)]


# Changes -------------------------------------------------------------------------------------------------------------


def last_change(connection: apsw.Connection) -> int:
    """Return the number of the latest change to any session; 0 if there was none."""
    ((number,),) = fetch(
        connection,
        "SELECT max((SELECT coalesce(max(change), 0) FROM sessions), (SELECT coalesce(max(change), 0) FROM gone))",
    )
    return int(number)


def read_changes(connection: apsw.Connection, after: int, limit: int) -> list[SessionChange]:
    """Return the sessions that changed or went after a change; see ``interface.Store.changes``."""
    changed = fetch(
        connection,
        f"SELECT s.change, {COLUMNS.removeprefix('SELECT')} FROM sessions AS s {JOINED}"
        " WHERE s.change > ? ORDER BY s.change LIMIT ?",
        (after, limit),
    )
    gone = fetch(
        connection,
        "SELECT g.change, g.assistant, g.session FROM gone AS g WHERE g.change > ? AND NOT EXISTS ("
        "SELECT 1 FROM assistants AS a CROSS JOIN sessions AS s ON s.assistant = a.number AND s.id = g.session"
        " WHERE a.id = g.assistant) ORDER BY g.change LIMIT ?",
        (after, limit),
    )
    told = [SessionChange(number, row[0], row[1], session_record(tuple(row))) for number, *row in changed]
    told += [SessionChange(*row) for row in gone]
    return sorted(told, key=lambda change: change.number)[:limit]


def forget_gone(connection: apsw.Connection) -> None:
    """Forget which sessions went long ago."""
    connection.execute(
        "DELETE FROM gone WHERE change < (SELECT change FROM gone ORDER BY change DESC LIMIT 1 OFFSET ?)", (GONE_MAX,)
    )
