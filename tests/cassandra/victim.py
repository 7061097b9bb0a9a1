"""Servers in processes of their own that come to harm: one is killed before a statement, another's clock is wrong."""

import itertools
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import Any, Final, NoReturn, TypeAlias

from spanglass.model.place import TracePart
from spanglass.store.cassandra.address import Address
from spanglass.store.cassandra.changes import Changes
from spanglass.store.cassandra.listing import Shards
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.cassandra.writer import Writer
from spanglass.store.interface import UnavailableError

ENDED_SECONDS_MAX: Final = 60.0
TRIES: Final = 100
Act: TypeAlias = Callable[[CassandraStore], object]
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class Victim:
    """A process that connects at once, does something when it is told to, and is killed before a statement of that."""

    def __init__(self, address: Address) -> None:
        self._ours, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=_do, args=(address, theirs))
        self._process.start()
        theirs.close()

    def do(self, act: Act, killed_before: int = 0) -> int:
        """Have it do something, and return how many statements that wrote, with 0 for ``killed_before`` to the end.

        Of reading statements none counts, and all before the one are done when it is killed.
        """
        self._ours.send((act, killed_before))
        self._process.join(ENDED_SECONDS_MAX)
        assert self._process.exitcode == (-signal.SIGKILL if killed_before else 0)
        return killed_before - 1 if killed_before else int(self._ours.recv())

    def close(self) -> None:
        """End it, if it has not ended."""
        self._process.kill()
        self._process.join()
        self._ours.close()


class Killed(BaseException):
    """A server was killed here."""


class Dying:
    """A server within this process that forgets all, and reaches the cluster no more, when it is killed."""

    def __init__(self, store: CassandraStore) -> None:
        self._store = store

    def do(self, act: Act, killed_before: int = 0) -> int:
        """Do the same as ``Victim.do``."""
        store = self._store
        store._writer.close()
        store._changes = Changes(store._db)
        store._shards = Shards(store._db)
        store._writer = Writer(store._db, store._compression, store._changes, store._shards, 1_000)
        written = _die(store, killed_before, _raise)
        with suppress(Killed):
            act(store)
        del store._db._session.execute_async
        assert len(written) == killed_before - 1 or not killed_before
        return len(written)


def _raise() -> NoReturn:
    raise Killed


def _kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise Killed


def _do(address: Address, told: Connection) -> None:
    with closing(CassandraStore(address)) as store:
        act, killed_before = told.recv()
        written = _die(store, killed_before, _kill)
        act(store)
        told.send(len(written))


def _die(store: CassandraStore, before: int, die: Callable[[], NoReturn]) -> list[Any]:
    """Have a server killed before a statement that writes; return those that wrote, which is added to."""
    session = store._db._session
    execute, written = session.execute_async, list[Any]()

    def counting(statement: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 (the driver has no types)
        if _reads(statement):
            return execute(statement, *given, **named)
        if len(written) + 1 == before:
            for each in written:
                each.result()
            die()
        written.append(execute(statement, *given, **named))
        return written[-1]

    session.execute_async = counting
    return written


def _reads(statement: Any) -> bool:  # noqa: ANN401 (the driver has no types)
    prepared = getattr(statement, "prepared_statement", None)  # a batch has none, and writes
    return prepared is not None and prepared.query_string.startswith("SELECT")


def write_all(address: Address, parts: Sequence[TracePart], clocks: Sequence[float], seed: int) -> None:
    """Have servers write the same parts, each one shuffled and repeated, their clocks so many seconds ahead."""
    processes = [_FORKS.Process(target=_write_all, args=(address, parts, clock, seed)) for clock in clocks]
    for each in processes:
        each.start()
    for each in processes:
        each.join(ENDED_SECONDS_MAX)
    assert [each.exitcode for each in processes] == [0] * len(processes)


def _write_all(address: Address, parts: Sequence[TracePart], ahead_seconds: float, seed: int) -> None:
    run_ahead(ahead_seconds)
    chance = random.Random(seed + ahead_seconds)  # noqa: S311 (seeded)
    with closing(CassandraStore(address)) as store:
        for each in itertools.chain(chance.sample(parts, len(parts)), chance.sample(parts, len(parts) // 2)):
            persist(store, each)
            store.maintain()


def run_ahead(seconds: float) -> None:
    """Set this process's clock ahead, that of the driver, too."""
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + int(seconds * 1_000_000_000)


def persist(store: CassandraStore, one: TracePart) -> None:
    """Write a part, again if the store cannot for now, as exporters do."""
    for _ in range(TRIES):
        try:
            store.write([one])
        except UnavailableError:
            continue
        return
    raise AssertionError("the store cannot be written to")
