"""Where requests are read and mapped: in the thread that writes, or in a process of its own beside it.

The interpreter runs one thread at a time, so a second processor helps only a second process. It is handed requests as
they came and hands back what is to be written (``packing``); it holds nothing that matters, so if it dies, another one
does the same work again.
"""

import contextlib
import functools
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Final, Protocol, TypeAlias

import structlog

from spanglass.model.place import TracePart
from spanglass.model.record import SpanRecord
from spanglass.packing import Mapped, Packer, Unpacker
from spanglass.store.interface import Relate
from spanglass.telemetry import ExportRequest, LogRecord, Span

Read: TypeAlias = Callable[[], ExportRequest | Mapped]
"""Reads a request; its spans may need no mapping.

For a process of its own it must be picklable, as a ``functools.partial`` of a function is."""
Outcomes: TypeAlias = Callable[[], "list[Mapped | Exception]"]
"""Tells, for each request of a batch, how it was mapped or why it was not."""
SENT_BYTES_MAX: Final = 32 << 20
"""Bytes of fragments that both processes hold, so as not to send them again."""
STOP_SECONDS_MAX: Final = 5.0
"""Seconds that the process may take to notice that its pipe is closed."""

_log = structlog.get_logger(__name__)


class Mapper(Protocol):
    """What turns telemetry into parts to store (``spanglass.mapping.Mapper``)."""

    def parts(self, spans: Sequence[Span], logs: Sequence[LogRecord] = ()) -> list[TracePart]:
        """Map spans and log records, grouped by trace."""

    def masked(self) -> dict[str, int]:
        """Return how much was masked since this was asked last, by rule."""

    def relate(self, known: Sequence[SpanRecord], new: Sequence[SpanRecord]) -> Sequence[SpanRecord]:
        """Return what is to be written when new spans come to those of their trace; see ``store.interface.Relate``."""


class Mapping(Protocol):
    """Reads and maps requests, one batch at a time."""

    shares: int
    """Into how many batches the requests at hand are best cut, so that mapping and writing go on side by side."""

    @property
    def relate(self) -> Relate:
        """What the thread that writes hands to the store."""

    def begin(self, reads: Sequence[Read]) -> None:
        """Begin a batch."""

    def end(self) -> Outcomes:
        """Wait for the batch, and return what tells what became of its requests: once, before the next batch's does.

        Another batch may begin in between.
        """

    def close(self) -> None:
        """Let go of everything."""


class MappingHere:
    """Maps in the caller's thread, when the batch is asked for."""

    shares = 1

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self.relate: Relate = mapper.relate
        self._reads: Sequence[Read] = ()

    def begin(self, reads: Sequence[Read]) -> None:
        """See ``Mapping``."""
        self._reads = reads

    def end(self) -> Outcomes:
        """See ``Mapping``."""
        reads = self._reads
        return lambda: [_mapped(read, self._mapper) for read in reads]

    def close(self) -> None:
        """See ``Mapping``."""


class MappingApart:
    """Maps in a process of its own, with the mapper that a picklable function makes there."""

    shares = 2

    def __init__(self, make_mapper: Callable[[], Mapper]) -> None:
        self._make_mapper = make_mapper
        self.relate: Relate = make_mapper().relate
        self._reads: Sequence[Read] = ()
        self._start()

    def begin(self, reads: Sequence[Read]) -> None:
        """See ``Mapping``."""
        self._reads = reads
        try:
            self._send(reads)
            self._is_sent = True
        except Exception:  # noqa: BLE001 (pickle raises whatever it meets; which request it was is found out later)
            self._is_sent = False

    def end(self) -> Outcomes:
        """See ``Mapping``. A request that the process dies of twice has failed; the others are mapped all the same."""
        if self._is_sent:
            if (packed := self._received()) is not None:
                return functools.partial(_unpacked, self._unpacker, packed)
            self._restart()
        outcomes = [self._mapped_alone(read) for read in self._reads]
        return lambda: outcomes

    def close(self) -> None:
        """See ``Mapping``."""
        self._connection.close()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = (sys.executable, "-P", "-c", _COMMAND.format(theirs.fileno()))
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))  # noqa: S603 (our own command line)
        self._connection = Connection(ours.detach())
        self._unpacker = Unpacker()
        self._send(self._make_mapper)

    def _restart(self) -> None:
        self.close()
        _log.error("mapping process died", status=self._process.returncode)
        self._start()

    def _send(self, what: object) -> None:
        with contextlib.suppress(OSError):  # a process that is dead is noticed when its answer is read
            self._connection.send(what)

    def _received(self) -> bytes | None:
        """Return what the process answers, None if it is dead."""
        try:
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            return None

    def _mapped_alone(self, read: Read) -> Mapped | Exception:
        try:
            self._send([read])
        except Exception as error:  # noqa: BLE001 (as in begin)
            return error
        if (packed := self._received()) is not None:
            return _unpacked(self._unpacker, packed)[0]
        self._restart()
        return RuntimeError("the process that maps requests died of this one")


def _unpacked(unpacker: Unpacker, packed: bytes) -> list[Mapped | Exception]:
    return [
        pickle.loads(one) if isinstance(one, bytes) else one  # noqa: S301 (our own process wrote it)
        for one in unpacker.unpack(packed)
    ]


_COMMAND: Final = f"from {__name__} import serve; serve({{}})"


def serve(descriptor: int) -> None:
    """Map what comes through a socket until it is closed: the other end of ``MappingApart``.

    It ends with the process that started it, whatever ends that one, and not by a signal to all of a terminal's or a
    service's processes, which are to finish what was accepted.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    packer = Packer(SENT_BYTES_MAX)
    with Connection(descriptor) as connection, contextlib.suppress(EOFError, OSError):
        mapper: Mapper = connection.recv()()
        while True:
            mapped = [_mapped(read, mapper) for read in connection.recv()]
            connection.send_bytes(packer.pack([one if isinstance(one, Mapped) else _pickled(one) for one in mapped]))


def _mapped(read: Read, mapper: Mapper) -> Mapped | Exception:
    try:
        request = read()
        if isinstance(request, Mapped):
            return request
        logs, dropped = len(request.logs), request.dropped_logs
        return Mapped(
            mapper.parts(request.spans, request.logs),
            len(request.spans) + logs + dropped,
            request.rejected,
            request.reason,
            logs,
            request.rejected_logs,
            dropped,
            mapper.masked(),
        )
    except Exception as error:  # noqa: BLE001 (it goes to the caller)
        return error


def _pickled(error: Exception) -> bytes:
    """Pickle an error with its traceback as a note; one that cannot be is told in words."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        return pickle.dumps(error)
    except Exception:  # noqa: BLE001 (whatever pickle meets)
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
