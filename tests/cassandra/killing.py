"""A server is killed before a statement of what it does; another one goes on, and ends where none had died."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from spanglass.model.place import TracePart
from spanglass.store.cassandra import leftovers
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import SessionRecord, Store
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import everything, ids, message, part, read, span, span_id
from spanglass.store.where import Where
from tests.cassandra.victim import Act

Kill: TypeAlias = Callable[[Act, int], int]
"""Has a server do something and die before a statement, with 0 not at all; returns how many statements wrote."""


class Case(NamedTuple):
    """What was written to an assistant, what a server then writes, or which of its sessions it deletes."""

    assistant: str
    acknowledged: Sequence[TracePart]
    written: Sequence[TracePart] = ()
    deleted: str = ""

    @property
    def where(self) -> Where:
        """All sessions of the assistant."""
        return Where(assistants=frozenset({ids(self.assistant)[0]}))


def moving(number: int, said: str = "one") -> Case:
    """Return a trace that leaves a session which has another one, for a session which has another one."""
    first, to = 10 * number, partial(part, assistant=f"assistant {number}")
    child = span(first + 1, trace=first, parent_span_id=span_id(first), inputs=(message(said), message("two")))
    acknowledged = [
        to(child, session="wrong", trace=first),
        to(span(first + 2, trace=first + 1, inputs=(message(said),)), session="wrong", trace=first + 1),
        to(span(first + 3, trace=first + 2), session="right", trace=first + 2),
    ]
    root = span(first, trace=first, inputs=(message("two"),))
    return Case(f"assistant {number}", acknowledged, [to(root, session="right", trace=first)])


def moving_much(number: int) -> Case:
    """Return the same with more pending than a session's row takes."""
    return moving(number, random.Random(number).randbytes(300_000).hex())  # noqa: S311 (seeded)


def replacing(number: int) -> Case:
    """Return a version of a span that takes away what the one before it said."""
    first, to = 10 * number, partial(part, assistant=f"assistant {number}", trace=number)
    draft = span(first, trace=number, end_ns=0, inputs=(message("draft"),))
    other = span(first + 1, trace=number, inputs=(message("draft"), message("other")))
    return Case(f"assistant {number}", [to(draft), to(other)], [to(span(first, trace=number, inputs=(message("x"),)))])


def deleting(number: int) -> Case:
    """Return the deletion of a session that has a trace."""
    made = moving(number)
    return Case(made.assistant, made.acknowledged, deleted="wrong")


def act(case: Case, store: Store) -> None:
    """Do what a case does."""
    if case.deleted:
        store.delete_session(*ids(case.assistant, case.deleted))
    else:
        store.write(case.written)


CASES: Final = (moving, moving_much, replacing, deleting)


def killed_before_each(store: CassandraStore, made: Callable[[int], Case], kill: Kill) -> None:
    """Have a server killed before each of its statements, and check what another one then makes of that.

    Nothing acknowledged is lost, and another server that does the same again ends where none had died. So it is after
    housekeeping, too, which leaves nothing behind; and the change is told whoever made it.
    """
    statements = run(store, made(0), kill)
    assert statements > 10
    for number in range(1, statements + 1):
        run(store, made(number), kill, killed_before=number)
    nothing_left(store)


def run(store: CassandraStore, case: Case, kill: Kill, killed_before: int = 0) -> int:
    """Have a server killed at its work, and another one finish it; return how many statements it wrote."""
    reference = MemoryStore()
    for each in (reference, store):
        each.write(case.acknowledged)
    before, known = store.last_change(), records(store, case)
    statements = kill(partial(act, case), killed_before)
    acknowledged = {each.span_id for each_part in case.acknowledged for each in each_part.spans}
    if not case.deleted:
        assert acknowledged <= set(listed(store, case))
    if killed_before % 2:
        housekeep(store)
        assert set(listed(store, case).values()) == {1}
    act(case, store)
    act(case, reference)
    assert everything(store, case.where) == everything(reference, case.where)
    for each_part in case.acknowledged:
        assert store.trace(each_part.trace_id) == reference.trace(each_part.trace_id)
    now = records(store, case)
    told = {(each.assistant_id, each.session_id): each.session for each in store.changes(before)}
    for each_ids in known.keys() | now.keys():
        if known.get(each_ids) != now.get(each_ids):
            assert told[each_ids] == now.get(each_ids)
    return statements


def records(store: CassandraStore, case: Case) -> dict[tuple[bytes, bytes], SessionRecord]:
    """Return the sessions of a case by their ids."""
    return {(each.assistant_id, each.session_id): each for each in store.sessions(case.where).sessions}


def listed(store: CassandraStore, case: Case) -> Counter[bytes]:
    """Return how often spans are listed."""
    sessions = store.sessions(case.where).sessions
    return Counter(each.span_id for one in sessions for each in read(store, one.assistant_id, one.session_id))


def housekeep(store: CassandraStore) -> None:
    """Have all that was left behind finished: until no part has notes, of whatever time."""
    idle = 0
    while idle < leftovers.PARTS:
        idle = 0 if store.maintain() else idle + 1


def nothing_left(store: CassandraStore) -> None:
    """Check that after housekeeping there are no rows that nothing leads to."""
    housekeep(store)
    db = store._db
    for table in ("leftovers", "intents"):
        assert list(db.rows(f"SELECT id FROM {table}")) == []  # noqa: S608
    live = {(a, s, generation) for a, s, generation in db.rows("SELECT assistant, session, generation FROM sessions")}
    for table in ("blocks", "spans"):
        rows = db.rows(f"SELECT DISTINCT assistant, session, generation, bucket FROM {table}")  # noqa: S608
        assert {row[:3] for row in rows} <= live
