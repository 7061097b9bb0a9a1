"""What the scenarios share: how much to do, the loads, and the stores that were written, each made on first use."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import msgspec

from bench import load, spool
from bench.load import Load, Read
from bench.servers import BenchError, System, running
from bench.spool import Export, Spool
from bench.workload import Workload

P = ParamSpec("P")
T = TypeVar("T")

WRITE_SECONDS_MAX: Final = 300
LONG_WINDOW: Final = 30
"""Messages that a call of the long session carries: keeps its spans at 8 to 10 kB."""
LONG_NUMBER: Final = 10**6
LASTING_NUMBER: Final = LONG_NUMBER + 1
"""Numbers of the two special conversations, beyond all others'."""


class Plan(msgspec.Struct, frozen=True):
    """How much to do: conversations written, conversations written while listing, turns of the long session."""

    conversations: int
    meanwhile: int
    long_turns: int
    shared: int
    """Conversations written to a cluster."""
    seconds: float
    """How long each listing lasts."""
    lasting_turns: int = 200
    """Turns of the conversation that grows without bound."""
    connections: int = 8
    """How many exporters send at a time."""
    seed: int = 7


QUICK: Final = Plan(conversations=120, meanwhile=240, long_turns=400, shared=40, seconds=0.8)
FULL: Final = Plan(conversations=1200, meanwhile=1600, long_turns=6000, shared=60, seconds=5)


class Written(msgspec.Struct, frozen=True):
    """What writing a spool to a fresh store came to; ``cpu_seconds`` is the server's, ``bytes`` the stopped file's."""

    store: Path
    load: Load
    cpu_seconds: float
    read: Read
    bytes: int


class Bench:
    """The systems to compare, and the loads and stores that the scenarios share, each made on first use."""

    def __init__(self, plan: Plan, ours: System, folder: Path, pool: ProcessPoolExecutor) -> None:
        self.plan: Final = plan
        self.ours: Final = ours
        self.folder: Final = folder
        self._pool: Final = pool
        self._workload: Final = Workload(plan.seed)
        self._written: Final[dict[tuple[str, str, int, int], Written]] = {}

    def drive(self, run: Callable[P, T], *args: P.args, **options: P.kwargs) -> Future[T]:
        """Begin a piece of load in a process of its own."""
        return self._pool.submit(run, *args, **options)

    @cached_property
    def main(self) -> Spool:
        """The conversations that are written and read."""
        return self._conversations("main", range(self.plan.conversations))

    @cached_property
    def meanwhile(self) -> Spool:
        """The conversations that are written while the others are read."""
        first = self.plan.conversations
        return self._conversations("meanwhile", range(first, first + self.plan.meanwhile))

    @cached_property
    def long(self) -> Spool:
        """The session of many spans."""
        conversation = self._workload.conversation(LONG_NUMBER, window=LONG_WINDOW)
        return spool.record(self.folder / "long.spool", [(conversation, self.plan.long_turns)])

    @cached_property
    def lasting(self) -> Spool:
        """The conversation of many turns."""
        conversation = self._workload.conversation(LASTING_NUMBER)
        return spool.record(self.folder / "lasting.spool", [(conversation, self.plan.lasting_turns)])

    @cached_property
    def shared(self) -> Spool:
        """The conversations that servers over a cluster share."""
        return self._conversations("shared", range(self.plan.shared))

    def store(self, system: System, name: str) -> Path:
        """Return where a system keeps the spans of a spool."""
        return self.folder / f"{name}.{system.name}.db"

    def written(self, system: System, source: Spool, live: int, *, batch: int = 1) -> Written:
        """Write a spool to a fresh store, once, in requests of at least ``batch`` spans, and read it all back.

        Raises:
            BenchError: An acknowledged span is not there.
        """
        key = (system.name, source.path.name, live, batch)
        if key not in self._written:
            name = f"{source.path.stem}-{live}" + (f"-{batch}" if batch > 1 else "")
            spooled, exports = source.path, source.order(live)
            if batch > 1:
                spooled = self.folder / f"{name}.spool"
                exports = spool.gather(source, live, batch, spooled)
            self._written[key] = self._write(system, source, (spooled, exports), self.store(system, name))
        return self._written[key]

    def _write(self, system: System, source: Spool, sent: tuple[Path, Sequence[Export]], store: Path) -> Written:
        with running(system, store) as server:
            before = server.cpu_seconds()
            written = self.drive(load.write, server.port, *sent, self.plan.connections, WRITE_SECONDS_MAX).result()
            used = server.cpu_seconds() - before
            paths = [conversation.path for conversation in source.conversations]
            read = self.drive(load.read_whole, server.port, paths).result()
        if read.spans != written.spans:
            raise BenchError(f"{system.name}: {written.spans} spans acknowledged, {read.spans} read back")
        return Written(store, written, used, read, server.store_bytes())

    def _conversations(self, name: str, numbers: range) -> Spool:
        held = ((self._workload.conversation(number), self._workload.turns(number)) for number in numbers)
        return spool.record(self.folder / f"{name}.spool", held)
