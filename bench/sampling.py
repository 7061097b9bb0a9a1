"""Runs Spanglass under a sampling profiler: ``python -m bench.sampling serve …`` prints where each thread's time went.

Every few milliseconds each thread's processor clock is read, and what it advanced by is put down to the function that
the thread is in and to those that called it. So work in C without the interpreter lock (compression, SQLite) counts in
full, and waiting counts as wall time only.
"""

import collections
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Final

from spanglass import cli

INTERVAL_SECONDS: Final = 0.002
SWITCH_SECONDS: Final = 0.0005
"""Shorter than the interpreter's own 5 ms, so that a sample is taken near the time it is due."""
ROWS: Final = 25

Key = tuple[str, str]
"""A thread's name and a function's."""


class Sampler:
    """Samples all threads but its own until stopped."""

    def __init__(self) -> None:
        self._own: Final = collections.defaultdict[Key, float](float)
        self._with_callees: Final = collections.defaultdict[Key, float](float)
        self._wall: Final = collections.defaultdict[Key, float](float)
        self._clocks: Final[dict[int, float]] = {}
        self._stopped: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def stop(self) -> str:
        """End, and return the tables as text: seconds by thread and function."""
        self._stopped.set()
        self._thread.join()
        total = sum(self._own.values())
        lines = [f"{total:.2f} s of processor time", f"{'total s':>9}{'wall s':>8}  thread: function, callees included"]
        ours = {key: spent for key, spent in self._with_callees.items() if key[1].startswith("spanglass")}
        lines += [f"{spent:9.2f}{self._wall[key]:8.2f}  {': '.join(key)}" for key, spent in _largest(ours, 2 * ROWS)]
        lines.append(f"{'own s':>8}  thread: line")
        lines += [f"{spent:8.2f}  {thread}: {function}" for (thread, function), spent in _largest(self._own, ROWS)]
        return "\n".join(lines)

    def _run(self) -> None:
        last = time.perf_counter()
        while not self._stopped.wait(INTERVAL_SECONDS):
            now = time.perf_counter()
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():  # noqa: SLF001 (the interpreter's own debugging aid)
                if ident in names and ident != self._thread.ident:
                    self._count(ident, names[ident], frame, now - last)
            last = now

    def _count(self, ident: int, thread: str, frame: FrameType, wall: float) -> None:
        clock = time.clock_gettime(time.pthread_getcpuclockid(ident))
        spent = clock - self._clocks.get(ident, clock)
        self._clocks[ident] = clock
        self._own[thread, _name(frame, frame.f_lineno)] += spent
        for key in {(thread, name) for name in _functions(frame)}:
            self._with_callees[key] += spent
            self._wall[key] += wall


def _largest(times: Mapping[Key, float], count: int) -> list[tuple[Key, float]]:
    return sorted(times.items(), key=lambda item: -item[1])[:count]


def _functions(frame: FrameType | None) -> Iterator[str]:
    """Name the functions of a stack, the running one first."""
    while frame is not None:
        yield _name(frame, frame.f_code.co_firstlineno)
        frame = frame.f_back


def _name(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}:{line}"


def main() -> None:
    """Run ``spanglass`` with this process's arguments."""
    sampler = Sampler()
    # uvicorn raises the signal that stopped it once more; its default would leave no report
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    sys.setswitchinterval(SWITCH_SECONDS)
    sampler.start()
    try:
        cli.main()
    finally:
        sys.stderr.write(f"profile of {' '.join(sys.argv[1:])}\n{sampler.stop()}\n")


if __name__ == "__main__":
    main()
