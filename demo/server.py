"""The demonstration's server: a process of its own that outlives the demonstration."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

FOLDER = Path(".demo")
STARTING_SECONDS_MAX = 30.0
STOPPING_SECONDS_MAX = 30.0


class Server:
    """``spanglass serve`` on an empty store in ``.demo/``; a file there names its process."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._pid_file = FOLDER / "pid"

    def start(self) -> None:
        """Start on an empty store and return once the server answers.

        Raises:
            RuntimeError: It did not start; the message says why.
        """
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob("demo.db*"):
            old.unlink()
        log = FOLDER / "server.log"
        command = [sys.executable, "-m", "spanglass", "serve", "--port", str(self._port), "--grpc-port", "0"]
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 (our own command)
                [*command, "--store", f"sqlite:///{FOLDER / 'demo.db'}"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._pid_file.write_text(str(process.pid))
        deadline = time.monotonic() + STARTING_SECONDS_MAX
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                self._pid_file.unlink()
                raise RuntimeError(f"The server did not start:\n{log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> bool:
        """Stop the server of an earlier demonstration; return whether there was one."""
        if not self._pid_file.exists():
            return False
        pid = int(self._pid_file.read_text())
        self._pid_file.unlink()
        if not _is_ours(pid):
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPPING_SECONDS_MAX
        while _is_ours(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        return True

    def _answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{self.url}/readyz", timeout=1).close()  # noqa: S310 (http, on loopback)
            return True
        return False


def _is_ours(pid: int) -> bool:
    """Return whether the process is a server of a demonstration: its number may have gone to another since."""
    listed = subprocess.run(["ps", "-p", str(pid), "-o", "stat=,args="], capture_output=True, text=True, check=False)  # noqa: S603, S607
    state, _, command = listed.stdout.strip().partition(" ")
    return not state.startswith("Z") and "spanglass serve" in command
