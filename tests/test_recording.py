"""One thread writes for all: what callers get, what a fault of one does to the others, and when it refuses."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from spanglass.config import Limits
from spanglass.mappers import MappingHere
from spanglass.model.place import TracePart
from spanglass.model.record import SpanRecord
from spanglass.recording import ClosedError, OverloadedError, Recorded, Recorder
from spanglass.store.interface import Relate, StoreError, UnavailableError, WriteResult
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import ids, part, read, span
from spanglass.telemetry import ExportRequest, LogRecord, Resource, Scope, Span


class OneSpanMapper:
    """Maps a span to the battery's span of the number that its name is; a name that is none is a bug of the mapper."""

    def parts(self, spans: Iterable[Span], logs: Sequence[LogRecord] = ()) -> list[TracePart]:
        names = [*(each.name for each in spans), *(each.name for each in logs)]
        return [part(span(int(name))) for name in names]

    def masked(self) -> dict[str, int]:
        return {"emails": 1}

    def relate(self, _known: Sequence[SpanRecord], new: Sequence[SpanRecord]) -> Sequence[SpanRecord]:
        return new


class GatedStore(MemoryStore):
    """A memory store that counts its commits, waits at a gate, and can refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.commits: list[int] = []
        self.maintained = threading.Event()
        self.refuse: Callable[[Sequence[TracePart]], Exception | None] = lambda _parts: None

    def write(self, parts: Sequence[TracePart], relate: Relate | None = None) -> WriteResult:
        self.gate.wait(10)
        error = self.refuse(parts)
        if error is not None:
            raise error
        self.commits.append(len(parts))
        return super().write(parts, relate)

    def maintain(self) -> bool:
        self.maintained.set()
        return False


def request(*names: object, rejected: int = 0) -> Callable[[], ExportRequest]:
    spans = [Span(b"t" * 16, b"s" * 8, Resource(), Scope(), str(name)) for name in names]
    return lambda: ExportRequest(spans, rejected, "too odd" if rejected else "")


@contextmanager
def recording(store: GatedStore, **limits: int) -> Iterator[Recorder]:
    recorder = Recorder(store, MappingHere(OneSpanMapper()), Limits(**limits))
    try:
        yield recorder
    finally:
        store.gate.set()
        recorder.close()


def listed(store: GatedStore) -> int:
    return len(list(read(store, *ids()))) if store.session(*ids()) else 0


async def test_log_records_are_counted() -> None:
    """What is kept is readable, what is dropped counts as accepted, and what is rejected is told."""
    store = GatedStore()
    logs = [LogRecord(b"t" * 16, b"s" * 8, Resource(), Scope(), "1")]
    with recording(store) as recorder:
        read = lambda: ExportRequest([], 0, "too odd", logs, rejected_logs=2, dropped_logs=3)  # noqa: E731
        assert await recorder.record(read, 10) == Recorded(4, 2, "too odd")
        assert listed(store) == 1
        counts = recorder.counts
        assert (counts.log_records, counts.rejected_log_records, counts.dropped_log_records) == (1, 2, 3)
        await recorder.record(read, 10)
        assert counts.masked == {"emails": 2}


async def test_returns_when_spans_are_readable() -> None:
    """What ``record`` acknowledged, the next read sees; the answer counts accepted and rejected spans."""
    store = GatedStore()
    with recording(store) as recorder:
        assert await recorder.record(request(1, 2, rejected=3), 10) == Recorded(2, 3, "too odd")
        assert listed(store) == 2
        assert recorder.counts.written_spans == 2
        assert recorder.counts.rejected_spans == 3


async def test_requests_that_wait_share_a_commit() -> None:
    """While one commit is under way the next ones gather, and one commit takes them all."""
    store = GatedStore()
    with recording(store) as recorder:
        store.gate.clear()
        tasks = [asyncio.ensure_future(recorder.record(request(n), 10)) for n in range(20)]
        await asyncio.sleep(0)
        store.gate.set()
        await asyncio.gather(*tasks)
    assert sum(store.commits) == 20
    assert len(store.commits) <= 3


async def test_a_commit_holds_its_bytes() -> None:
    """A commit takes no more bytes of bodies together than its limit, but always one."""
    store = GatedStore()
    with recording(store, commit_bytes_max=25) as recorder:
        store.gate.clear()
        tasks = [asyncio.ensure_future(recorder.record(request(n), 10)) for n in range(9)]
        tasks.append(asyncio.ensure_future(recorder.record(request(9), 1000)))
        await asyncio.sleep(0)
        store.gate.set()
        await asyncio.gather(*tasks)
    assert max(store.commits) <= 3


async def test_what_one_cannot_read_is_its_own_fault() -> None:
    """An error while reading or mapping comes out of that request's ``record``; the others are written."""
    store = GatedStore()

    def broken() -> ExportRequest:
        raise ValueError("no such message")

    with recording(store) as recorder:
        good, bad, odd = await asyncio.gather(
            recorder.record(request(1), 10),
            recorder.record(broken, 10),
            recorder.record(request("not a number"), 10),
            return_exceptions=True,
        )
        assert good == Recorded(1)
        assert isinstance(bad, ValueError)
        assert str(bad) == "no such message"
        assert isinstance(odd, ValueError)
        assert listed(store) == 1
        assert recorder.counts.failed_requests == 2


@pytest.mark.parametrize("error", [StoreError("not this one"), KeyError("a bug")])
async def test_what_the_store_refuses_is_refused_alone(error: Exception) -> None:
    """When the store refuses some spans, or fails over them, only the request that holds them fails."""
    store = GatedStore()
    poison = part(span(7)).spans[0].span_id
    store.refuse = lambda parts: error if any(s.span_id == poison for p in parts for s in p.spans) else None
    with recording(store) as recorder:
        store.gate.clear()
        tasks = [asyncio.ensure_future(recorder.record(request(n), 10)) for n in (6, 7, 8)]
        await asyncio.sleep(0)
        store.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert listed(store) == 2


@pytest.mark.parametrize("error", [UnavailableError("disk full"), RuntimeError("a bug")])
async def test_a_store_that_cannot_write_does_not_stop_the_recorder(error: Exception) -> None:
    """While the store fails, callers hear of it; once it works again, so does the recorder."""
    store = GatedStore()

    def fail(_parts: Sequence[TracePart]) -> Exception | None:
        raise error

    with recording(store) as recorder:
        store.refuse = fail
        with pytest.raises(type(error)):
            await recorder.record(request(1), 10)
        store.refuse = lambda _parts: None
        assert await recorder.record(request(1), 10) == Recorded(1)


async def test_a_full_queue_refuses() -> None:
    """Bytes beyond the queue's limit are refused at once, with a time to come back."""
    store = GatedStore()
    with recording(store, queue_bytes_max=100) as recorder:
        store.gate.clear()
        waiting = asyncio.ensure_future(recorder.record(request(1), 90))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refused:
            await recorder.record(request(2), 20)
        assert refused.value.retry_after_seconds >= 1
        store.gate.set()
        await waiting
    assert recorder.counts.queue_bytes == 0
    assert recorder.counts.overloaded_requests == 1


async def test_a_body_larger_than_the_queue_is_taken_when_nothing_waits() -> None:
    """A single large request is not refused for ever."""
    store = GatedStore()
    with recording(store, queue_bytes_max=100) as recorder:
        assert await recorder.record(request(1), 1000) == Recorded(1)


async def test_closing_writes_what_was_accepted() -> None:
    """Whatever was waiting when ``close`` was called is durable when it returns; later requests are refused."""
    store = GatedStore()
    recorder = Recorder(store, MappingHere(OneSpanMapper()), Limits())
    store.gate.clear()
    tasks = [asyncio.ensure_future(recorder.record(request(n), 10)) for n in range(5)]
    await asyncio.sleep(0)
    store.gate.set()
    recorder.close()
    assert listed(store) == 5
    assert await asyncio.gather(*tasks) == [Recorded(1)] * 5
    with pytest.raises(ClosedError):
        await recorder.record(request(6), 10)


async def test_a_caller_that_gave_up_loses_nothing() -> None:
    """A request whose caller is gone is written all the same, and the thread goes on."""
    store = GatedStore()
    with recording(store) as recorder:
        store.gate.clear()
        gone = asyncio.ensure_future(recorder.record(request(1), 10))
        await asyncio.sleep(0)
        gone.cancel()
        store.gate.set()
        await recorder.record(request(2), 10)
        assert listed(store) == 2


@pytest.mark.parametrize("error", [UnavailableError("disk full"), RuntimeError("a bug")])
async def test_housekeeping_that_fails_stops_nothing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong while the store keeps house, requests are written afterwards."""
    store = GatedStore()

    def fail() -> bool:
        store.maintained.set()
        raise error

    monkeypatch.setattr(store, "maintain", fail)
    with recording(store) as recorder:
        assert await asyncio.to_thread(store.maintained.wait, 10)
        assert await recorder.record(request(1), 10) == Recorded(1)


def test_an_idle_recorder_lets_the_store_keep_house() -> None:
    """When nothing has come for a while, the store's housekeeping runs."""
    store = GatedStore()
    with recording(store):
        assert store.maintained.wait(10)


def test_a_busy_recorder_lets_the_store_keep_house_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where requests never cease, housekeeping runs between them every now and then."""
    monkeypatch.setattr("spanglass.recording.IDLE_SECONDS", None)  # it waits for a request for ever
    monkeypatch.setattr("spanglass.recording.BUSY_SECONDS", 0.0)
    store = GatedStore()
    with recording(store) as recorder:
        assert not store.maintained.is_set()
        asyncio.run(recorder.record(request(1), 10))
        assert store.maintained.wait(10)


def test_what_the_sender_may_not_touch_is_rejected() -> None:
    """Spans for assistants that the sender is not for are left out of a commit, and only their sender hears of it."""
    store = GatedStore()
    ours, more = ids()[0], b"another assistant"

    async def run(recorder: Recorder) -> tuple[Recorded, ...]:
        outcomes = await asyncio.gather(
            recorder.record(request(1, 2), 1, frozenset({b"theirs", more})),
            recorder.record(request(3), 1, frozenset({ours, more})),
            recorder.record(request(4, rejected=1), 1, frozenset()),
            recorder.record(request(5), 1),
        )
        return tuple(outcomes)

    told = "spans of assistants, or of traces of assistants, that this key is not for: "
    with recording(store) as recorder:
        outcomes = asyncio.run(run(recorder))
        assert recorder.counts.rejected_spans == 4
    assert outcomes == (
        Recorded(0, 2, f"{told}2"),
        Recorded(1),
        Recorded(0, 2, f"too odd; {told}1"),
        Recorded(1),
    )
    assert [each.span_id for each in read(store, *ids())] == [span(3).span_id, span(5).span_id]
