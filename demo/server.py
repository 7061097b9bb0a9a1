"""The demonstration's server: a process of its own that outlives the demonstration."""

import contextlib
import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

FOLDER = Path(".demo")
STORE = FOLDER / "demo.db"
LOG = FOLDER / "server.log"
PID = FOLDER / "pid"
"""Holds the process's id. The process inherits a lock on it, so the lock tells whether that id is still its own."""
SECONDS_MAX = 30.0
"""How long starting and stopping may take."""


class Server:
    """``spanglass serve`` on an empty store in ``.demo/`` of the working directory."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._arguments = ["serve", "--port", str(port), "--grpc-port", "0", "--store", f"sqlite:///{STORE}"]

    @property
    def command(self) -> str:
        """What a user types for the same."""
        return shlex.join(["spanglass", *self._arguments])

    def start(self) -> None:
        """Start and return once the server answers.

        Raises:
            RuntimeError: It did not start; the message says why.
        """
        self._check_port()
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob(f"{STORE.name}*"):
            old.unlink()
        process = self._spawn()
        answered = _within_time(lambda: process.poll() is not None or self._answers())
        if not answered or process.poll() is not None:
            raise RuntimeError(f"The server did not start:\n{LOG.read_text()}")

    def stop(self) -> bool:
        """Stop the server of an earlier demonstration; return whether there was one.

        Raises:
            RuntimeError: It does not stop.
        """
        if not PID.exists():
            return False
        with PID.open() as held:
            if running := not _lock(held):
                pid = int(held.read())
                os.kill(pid, signal.SIGTERM)
                if not _within_time(lambda: _lock(held)):
                    raise RuntimeError(f"The server of an earlier demonstration, process {pid}, does not stop.")
        PID.unlink()
        return running

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._port))
            except OSError as error:
                raise RuntimeError(
                    f"Port {self._port} cannot be had: {error.strerror}.\n"
                    "Stop the program that has it, or take another port: .venv/bin/python -m demo --port PORT"
                ) from None

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {name: value for name, value in os.environ.items() if not name.startswith("SPANGLASS_")}
        with PID.open("w") as held, LOG.open("wb") as log:
            _lock(held)
            process = subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-m", "spanglass", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=settings,
                pass_fds=[held.fileno()],
                start_new_session=True,
            )
            held.write(str(process.pid))
        return process

    def _answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{self.url}/readyz", timeout=1).close()  # noqa: S310 (http, on loopback)
            return True
        return False


def _lock(file: IO[str]) -> bool:
    """Lock a file for as long as any process has it open, and return whether that was possible."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _within_time(happened: Callable[[], bool]) -> bool:
    """Wait for something to happen; return whether it did."""
    deadline = time.monotonic() + SECONDS_MAX
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
