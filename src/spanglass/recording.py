"""From requests to durable spans: one thread has them mapped and writes them, and many requests share one commit.

While one batch of requests is written the next is mapped, by a process of its own where there is one (``mappers``), and
further requests queue up; the next commit takes them together.
"""

import asyncio
import itertools
import threading
import time
from collections import deque
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
import structlog

from spanglass.config import Limits
from spanglass.mappers import Mapping, Outcomes, Read
from spanglass.packing import Mapped
from spanglass.store.interface import Store, StoreError, UnavailableError, WriteResult

IDLE_SECONDS: Final = 1.0
"""Seconds without a request after which the store is given time for its housekeeping."""
BUSY_SECONDS: Final = 60.0
"""Seconds after which it is given time for a piece of that although requests wait."""
_log = structlog.get_logger(__name__)


class OverloadedError(Exception):
    """More was sent than can be written; the same request may succeed after ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("the queue of spans to write is full")
        self.retry_after_seconds = retry_after_seconds


class ClosedError(Exception):
    """The recorder is shutting down and takes nothing more; another server may."""


class Recorded(msgspec.Struct, frozen=True):
    """The answer to one request: all that was accepted is durable and readable. See ``ExportRequest``."""

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
    log_records: int = 0
    rejected_log_records: int = 0
    dropped_log_records: int = 0
    masked: dict[str, int] = {}
    commits: int = 0
    commit_seconds: float = 0.0
    expired_sessions: int = 0
    queue_bytes: int = 0


class _Job(msgspec.Struct, eq=False):
    read: Read
    size: int
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Recorded]
    assistants: frozenset[bytes] | None = None
    mapped: Mapped = Mapped([])

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

    def __init__(self, store: Store, mapping: Mapping, limits: Limits) -> None:
        self.counts = Counts()
        self._store = store
        self._mapping = mapping
        self._limits = limits
        self._queue: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="spanglass-recorder", daemon=True)
        self._thread.start()

    async def record(self, read: Read, size: int, assistants: frozenset[bytes] | None = None) -> Recorded:
        """Write what ``read`` returns, and return when it is durable and readable.

        ``read`` is called wherever requests are mapped; ``size`` is the bytes that it holds on to until it is written.
        ``assistants`` are the ids of those that the sender may write to, None is all; what is for others is rejected.

        Raises:
            OverloadedError: Too many bytes are waiting already.
            ClosedError: The recorder is closing.
            StoreError: The store refused; nothing of this request was kept.
            Exception: Whatever ``read`` raises.
        """
        loop = asyncio.get_running_loop()
        job = _Job(read, size, loop, loop.create_future(), assistants)
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
        mapped: list[_Job] = []
        outcomes: Outcomes = list
        maintained = time.monotonic()
        while (jobs := self._take(mapped)) is not None:
            if jobs:
                self._mapping.begin([job.read for job in jobs])
            if mapped:
                self._finish(mapped, outcomes())
            is_idle = not mapped and not jobs
            if is_idle or time.monotonic() - maintained > BUSY_SECONDS:
                self._maintain()
                maintained = time.monotonic()
            mapped, outcomes = jobs, self._mapping.end() if jobs else list
        self._mapping.close()

    def _take(self, mapped: Sequence[_Job]) -> list[_Job] | None:
        """Return what waits, up to a commit's size and a batch's share of all that is at hand.

        Return nothing after an idle while, or at once if something ``mapped`` is to be written; None once all is done.
        """
        with self._wake:
            if not self._queue and not self._closing and not mapped:
                self._wake.wait(IDLE_SECONDS)
            if not self._queue:
                return None if self._closing and not mapped else []
            share = -(-(len(self._queue) + len(mapped)) // self._mapping.shares)
            jobs, size = [self._queue.popleft()], 0
            while self._queue and len(jobs) < share and size + self._queue[0].size <= self._limits.commit_bytes_max:
                jobs.append(self._queue.popleft())
                size += jobs[-1].size
            return jobs

    def _finish(self, jobs: Sequence[_Job], outcomes: Sequence[Mapped | Exception]) -> None:
        """Write what was mapped, and tell the others that they were not."""
        mapped = []
        self.counts.requests += len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Mapped):
                job.mapped = outcome if job.assistants is None else _confined(outcome, job.assistants)
                mapped.append(job)
            else:
                self._fail([job], outcome)
        if mapped:
            self._write(mapped)

    def _write(self, jobs: list[_Job]) -> None:
        """Commit the jobs together; if the store refuses that, one by one, so that one's fault is not all's."""
        started = time.monotonic()
        try:
            result = self._store.write([part for job in jobs for part in job.mapped.parts], self._mapping.relate)
        except Exception as error:  # noqa: BLE001 (even a bug must not stop the thread that all writes need)
            if not isinstance(error, StoreError):
                _log.exception("write failed")
            if len(jobs) > 1 and not isinstance(error, UnavailableError):
                for job in jobs:
                    self._write([job])
            else:
                self._fail(jobs, error)
        else:
            self._count(result)
            _leave_out(jobs, result.foreign)
            self.counts.commits += 1
            self.counts.commit_seconds += time.monotonic() - started
            self._settle(jobs, [self._accepted(job.mapped) for job in jobs])

    def _count(self, result: WriteResult) -> None:
        self.counts.written_spans += result.written
        self.counts.replaced_spans += result.replaced
        self.counts.unchanged_spans += result.unchanged

    def _accepted(self, mapped: Mapped) -> Recorded:
        self.counts.rejected_spans += mapped.rejected
        self.counts.log_records += mapped.logs
        self.counts.rejected_log_records += mapped.rejected_logs
        self.counts.dropped_log_records += mapped.dropped_logs
        for rule, count in mapped.masked.items():
            self.counts.masked[rule] = self.counts.masked.get(rule, 0) + count
        return Recorded(mapped.accepted, mapped.rejected + mapped.rejected_logs, mapped.reason)

    def _fail(self, jobs: Sequence[_Job], error: Exception) -> None:
        self.counts.failed_requests += len(jobs)
        self._settle(jobs, [error] * len(jobs))

    def _settle(self, jobs: Sequence[_Job], outcomes: Sequence[Recorded | Exception]) -> None:
        """Tell the callers what became of their requests, which hold on to nothing from here on."""
        with self._wake:
            self.counts.queue_bytes -= sum(job.size for job in jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.resolve(outcome)

    def _maintain(self) -> None:
        try:
            while self._store.maintain() and not self._queue:
                pass
        except StoreError as error:
            _log.warning("housekeeping failed", error=str(error))
        except Exception:  # noqa: BLE001 (a bug must not stop the thread that all writes need)
            _log.exception("housekeeping failed")


def _confined(mapped: Mapped, assistants: frozenset[bytes]) -> Mapped:
    """Return a request's parts as one sends them who may write to these assistants alone."""
    return msgspec.structs.replace(mapped, parts=[part.confined(assistants) for part in mapped.parts])


def _leave_out(jobs: Sequence[_Job], foreign: Collection[int]) -> None:
    """Count as rejected what the store left out of a write: these, among all parts of the jobs."""
    if not foreign:
        return
    numbers = itertools.count()
    for job in jobs:
        left_out = [part for part in job.mapped.parts if next(numbers) in foreign]
        if not left_out:
            continue
        mapped, count = job.mapped, sum(len(part.spans) for part in left_out)
        told = f"spans of assistants, or of traces of assistants, that this key is not for: {count}"
        reason = "; ".join(filter(None, (mapped.reason, told)))
        accepted = max(0, mapped.accepted - count)
        if mapped.logs:  # records of one span count as one
            logs, rejected = max(0, mapped.logs - count), mapped.rejected_logs + count
            changes: dict[str, object] = {"logs": logs, "rejected_logs": rejected}
        else:
            changes = {"rejected": mapped.rejected + count}
        job.mapped = msgspec.structs.replace(mapped, accepted=accepted, reason=reason, **changes)
