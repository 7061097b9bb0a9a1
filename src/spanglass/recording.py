"""From requests to durable spans: one thread reads, maps and writes, and many requests share one commit.

A single thread does all of it, because the interpreter runs one at a time anyway and because it then owns the mapper's
memo without a lock. While a commit is under way further requests queue up; the next commit takes them together.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
import structlog

from spanglass.config import Limits
from spanglass.mapping import relate
from spanglass.model.place import TracePart
from spanglass.store.interface import Store, StoreError, UnavailableError, WriteResult
from spanglass.telemetry import ExportRequest, Span

IDLE_SECONDS: Final = 1.0
"""Seconds without a request after which the store is given time for its housekeeping."""
_log = structlog.get_logger(__name__)


class Mapper(Protocol):
    """What turns telemetry into parts to store (``spanglass.mapping.Mapper``)."""

    def parts(self, spans: Sequence[Span]) -> list[TracePart]:
        """Map spans, grouped by trace."""


class OverloadedError(Exception):
    """More was sent than can be written; the same request may succeed after ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("the queue of spans to write is full")
        self.retry_after_seconds = retry_after_seconds


class ClosedError(Exception):
    """The recorder is shutting down and takes nothing more; another server may."""


class Recorded(msgspec.Struct, frozen=True):
    """The answer to one request: all its spans but the rejected are durable and readable. See ``ExportRequest``."""

    accepted: int = 0
    rejected: int = 0
    reason: str = ""


class Counts(msgspec.Struct):
    """What a recorder has done since it started."""

    requests: int = 0
    failed_requests: int = 0
    overloaded_requests: int = 0
    rejected_spans: int = 0
    written_spans: int = 0
    replaced_spans: int = 0
    unchanged_spans: int = 0
    commits: int = 0
    commit_seconds: float = 0.0
    queue_bytes: int = 0


class _Job(msgspec.Struct, eq=False):
    read: Callable[[], ExportRequest]
    size: int
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Recorded]
    request: ExportRequest | None = None
    parts: list[TracePart] = []

    def resolve(self, outcome: Recorded | BaseException) -> None:
        """Hand the outcome over to the caller's loop, which may have given up on it or be closed."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(_settle, self.answer, outcome)


def _settle(answer: asyncio.Future[Recorded], outcome: Recorded | BaseException) -> None:
    if answer.done():
        return
    if isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


class Recorder:
    """Takes requests in from any event loop and writes them in one thread of its own."""

    def __init__(self, store: Store, mapper: Mapper, limits: Limits) -> None:
        self.counts = Counts()
        self._store = store
        self._mapper = mapper
        self._limits = limits
        self._queue: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="spanglass-recorder", daemon=True)
        self._thread.start()

    async def record(self, read: Callable[[], ExportRequest], size: int) -> Recorded:
        """Write what ``read`` returns, and return when it is durable and readable.

        ``read`` is called in the recorder's thread; ``size`` is the bytes that it holds on to until then.

        Raises:
            OverloadedError: Too many bytes are waiting already.
            ClosedError: The recorder is closing.
            StoreError: The store refused; nothing of this request was kept.
            Exception: Whatever ``read`` raises.
        """
        loop = asyncio.get_running_loop()
        job = _Job(read, size, loop, loop.create_future())
        with self._wake:
            if self._closing:
                raise ClosedError
            if self.counts.queue_bytes and self.counts.queue_bytes + size > self._limits.queue_bytes_max:
                self.counts.overloaded_requests += 1
                raise OverloadedError(retry_after_seconds=1)
            self.counts.queue_bytes += size
            self._queue.append(job)
            self._wake.notify()
        return await job.answer

    def close(self) -> None:
        """Write what was accepted, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while (jobs := self._take()) is not None:
            if jobs:
                if readable := [job for job in jobs if self._read(job)]:
                    self._write(readable)
                with self._wake:
                    self.counts.queue_bytes -= sum(job.size for job in jobs)
            else:
                self._maintain()

    def _take(self) -> list[_Job] | None:
        """Return what waits, up to a commit's size; nothing after an idle while, None once closed and drained."""
        with self._wake:
            if not self._queue and not self._closing:
                self._wake.wait(IDLE_SECONDS)
            if not self._queue:
                return None if self._closing else []
            jobs, size = [self._queue.popleft()], 0
            while self._queue and size + self._queue[0].size <= self._limits.commit_bytes_max:
                jobs.append(self._queue.popleft())
                size += jobs[-1].size
            return jobs

    def _read(self, job: _Job) -> bool:
        self.counts.requests += 1
        try:
            job.request = job.read()
            job.parts = self._mapper.parts(job.request.spans)
        except Exception as error:  # noqa: BLE001 (it goes to the caller, and the thread goes on)
            self.counts.failed_requests += 1
            job.resolve(error)
            return False
        return True

    def _write(self, jobs: list[_Job]) -> None:
        """Commit the jobs together; if the store refuses that, one by one, so that one's fault is not all's."""
        started = time.monotonic()
        try:
            self._count(self._store.write([part for job in jobs for part in job.parts], relate))
        except Exception as error:  # noqa: BLE001 (even a bug must not stop the thread that all writes need)
            if not isinstance(error, StoreError):
                _log.exception("write failed")
            if len(jobs) > 1 and not isinstance(error, UnavailableError):
                for job in jobs:
                    self._write([job])
            else:
                self._fail(jobs, error)
        else:
            self.counts.commits += 1
            self.counts.commit_seconds += time.monotonic() - started
            for job in jobs:
                self._accept(job)

    def _count(self, result: WriteResult) -> None:
        self.counts.written_spans += result.written
        self.counts.replaced_spans += result.replaced
        self.counts.unchanged_spans += result.unchanged

    def _accept(self, job: _Job) -> None:
        request = job.request or ExportRequest([])
        self.counts.rejected_spans += request.rejected
        job.resolve(Recorded(len(request.spans), request.rejected, request.reason))

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        self.counts.failed_requests += len(jobs)
        for job in jobs:
            job.resolve(error)

    def _maintain(self) -> None:
        try:
            while self._store.maintain() and not self._queue:
                pass
        except StoreError as error:
            _log.warning("housekeeping failed", error=str(error))
        except Exception:  # noqa: BLE001 (a bug must not stop the thread that all writes need)
            _log.exception("housekeeping failed")
