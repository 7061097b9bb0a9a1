"""Servers under test, each in a process of its own: started, awaited, measured, stopped by its own process id."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

START_SECONDS_MAX: Final = 30
STOP_SECONDS_MAX: Final = 120
POLL_SECONDS: Final = 0.02
HOST: Final = "127.0.0.1"


class BenchError(Exception):
    """A measurement cannot be made; the message says why."""


class System(msgspec.Struct, frozen=True):
    """A kind of server: ``command`` is its command line, with ``{port}`` and ``{store}`` (a file's path) left open."""

    name: str
    command: tuple[str, ...]


BASELINE: Final = System(
    "baseline",
    (sys.executable, "-m", "bench.baseline", "--port", "{port}", "--store", "{store}"),
)
_SERVE: Final = (
    *("serve", "--port", "{port}", "--grpc-port", "0", "--store", "sqlite:///{store}"),
    *("--log-level", "warning"),
)
SPANGLASS: Final = System("spanglass", (str(Path(sys.executable).with_name("spanglass")), *_SERVE))
UNREMEMBERING: Final = ("env", "SPANGLASS_RECENT_PAGES_BYTES_MAX=1")
"""What goes before Spanglass's command so that it makes each page anew."""
PROFILED: Final = System("spanglass", (sys.executable, "-m", "bench.sampling", *_SERVE))
"""Spanglass under the sampling profiler."""


class Server(msgspec.Struct, frozen=True):
    """A running server and the file that it stores in."""

    port: int
    pid: int
    store: Path

    def cpu_seconds(self) -> float:
        """Return the processor time that the server and its processes have used so far.

        It is not a number where the system does not tell.
        """
        return sum(map(cpu_seconds, (self.pid, *_children(self.pid))))

    def store_bytes(self) -> int:
        """Return the size of the file and of those that SQLite keeps beside it."""
        return sum(path.stat().st_size for path in self.store.parent.glob(self.store.name + "*"))


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that these have."""
    started = [
        int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()
    ]
    return started + [grandchild for child in started for grandchild in _children(child)]


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far; not a number where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(system: System, store: Path) -> Iterator[Server]:
    """Run a server on ``store`` for the time of the block, and let it finish what it accepted.

    Raises:
        BenchError: It does not come up, or does not end when asked to.
    """
    port = _free_port()
    command = [part.format(port=port, store=store) for part in system.command]
    with subprocess.Popen(command) as process:  # noqa: S603 (our own command line)
        try:
            _await_ready(process, port, command)
            yield Server(port, process.pid, store)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                raise BenchError(f"{system.name} did not stop within {STOP_SECONDS_MAX} s of SIGTERM") from None


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _await_ready(process: "subprocess.Popen[bytes]", port: int, command: Sequence[str]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchError(f"ended with status {process.returncode} before it was ready: {' '.join(command)}")
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if connection.recv(64).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(POLL_SECONDS)
    raise BenchError(f"not ready after {START_SECONDS_MAX} s: {' '.join(command)}")
