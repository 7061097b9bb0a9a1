"""What is told of many sessions at once, from their records: the values they have, and counts over a time."""

from collections import Counter
from collections.abc import Iterable

from spanglass.store.interface import COUNTED_MAX, Facet, SessionRecord, Totals
from spanglass.store.rollups import bucket
from spanglass.store.views import facts, part_ns, statuses
from spanglass.store.where import Kind, Status, Where


def place_and_time(where: Where) -> Where:
    """Return the conditions on assistants and time alone."""
    return Where(assistants=where.assistants, from_ns=where.from_ns, to_ns=where.to_ns)


def facets(records: Iterable[SessionRecord], kind: Kind, prefix: str, limit: int) -> list[Facet]:
    """Return the most frequent values of a kind that begin so; see ``interface.Store.facets``."""
    values = Counter[str]()
    names: dict[str, str] = {}
    for record in records:
        values.update(facts(record)[kind])
        names[record.assistant_id.hex()] = record.assistant_name
    counted = {value: min(count, COUNTED_MAX) for value, count in values.items()}
    told = [
        Facet(names[value], count, bytes.fromhex(value)) if kind == "assistant" else Facet(value, count)
        for value, count in counted.items()
    ]
    found = [facet for facet in told if facet.value.casefold().startswith(prefix.casefold())]
    return sorted(found, key=lambda facet: (-facet.count, facet.value, facet.id))[:limit]


def totals(records: Iterable[SessionRecord], where: Where, parts: int, sessions_max: int) -> Totals:
    """Return counts over sessions, of too many over the first ones; see ``interface.Store.totals``."""
    sessions = tokens = 0
    told, durations = Counter[Status](), Counter[int]()
    counts = [[0, 0, 0] for _ in range(parts)]
    for record in records:
        if sessions == sessions_max:
            break
        sessions += 1
        tokens += record.total_tokens
        told.update(statuses(record))
        durations[bucket(record.last_ns - record.first_ns)] += 1
        part = counts[(record.first_ns - where.from_ns) // part_ns(where, parts)]
        part[0] += 1
        part[1] += bool(record.errors)
        part[2] += record.total_tokens
    return Totals(
        sessions=sessions,
        tokens=tokens,
        statuses=dict(told),
        durations=dict(durations),
        parts=[(part[0], part[1], part[2]) for part in counts],
        complete=sessions < sessions_max,
    )
