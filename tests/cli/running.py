"""The command as people run it: in a pipe, or on a terminal of so many columns."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from spanglass.cli import main
from tests.integration.serving import COMMAND

SECONDS_MAX: Final = 60
_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")
_FOREIGN: Final = ("AWS_", "COLUMNS", "NO_COLOR", "SPANGLASS_", "TERM")


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def environment(**settings: str) -> dict[str, str]:
    """Return the environment without what would change what a command prints."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {"TZ": "UTC", "TERM": "xterm-256color"} | settings


def run(*arguments: str, **settings: str) -> Done:
    """Run a command whose output is read by a program."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        check=False,
        env=environment(**settings),
        timeout=SECONDS_MAX,
        stdin=subprocess.DEVNULL,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(columns: int, *arguments: str, **settings: str) -> Done:
    """Run a command on a terminal; what it prints comes with its styles, lines ending as in a pipe."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment(**settings)
    )
    os.close(theirs)
    told = bytearray()
    try:
        while piece := os.read(ours, 1 << 16):
            told += piece
    except OSError:
        pass  # the terminal's other side is gone
    finally:
        os.close(ours)
    _, err = process.communicate(timeout=SECONDS_MAX)
    return Done(process.returncode, told.decode().replace("\r\n", "\n"), err.decode())


def plain(text: str) -> str:
    """Return what stands on a terminal, without styles."""
    return _STYLE.sub("", text)


def within(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return what runs a command within this process: where a test has many of them."""

    def command(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["spanglass", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    return command


_HEARING: Final = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])",
)
"""Has a command heed Ctrl-C as one does that a terminal starts: what runs in the background is started deaf to it.

It is no function to call after the fork: gRPC's threads, where tests had some, do not take that well."""


class Following:
    """A running ``spanglass tail``, and the lines that it prints."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [*_HEARING, *COMMAND, "tail", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            bufsize=0,
        )

    def line(self, seconds: float) -> str | None:
        """Return the next line if it comes in time."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not ready:
            return None
        line = self._process.stdout.readline().decode()
        assert line, f"it has ended: {self._process.communicate(timeout=SECONDS_MAX)[1].decode()}"
        return line

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what was said of it."""
        self._process.send_signal(signal.SIGINT)
        _, err = self._process.communicate(timeout=SECONDS_MAX)
        return self._process.returncode, err.decode()

    def end(self) -> None:
        """End it, if it runs still."""
        self._process.kill()
        self._process.communicate()
