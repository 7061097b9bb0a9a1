"""What is measured: each scenario runs Spanglass and the baseline on the same load and yields figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bench import disk, load
from bench.client import client
from bench.cluster import cluster
from bench.dialects import dialects
from bench.figures import Bar, Figure
from bench.load import Load
from bench.runs import Bench, Written
from bench.servers import BASELINE, UNREMEMBERING, Server, running

LIST_CONNECTIONS: Final = 4
PAGES_AROUND: Final = 5
BOTO3_PAGES: Final = 50
ROUNDS: Final = 5
MEGABYTE: Final = 10**6
FEW_LIVE: Final = 2
MANY_LIVE: Final = 150
BATCH: Final = 64
"""Spans of a request of a process that holds many conversations, or of a collector: an eighth of what an exporter of
OpenTelemetry's takes together at most."""

SPANS_PER_SECOND: Final = Bar(8000, at_least=True)
SHARE_OF_JSON: Final = Bar(1 / 15)
TIMES_FIXED: Final = Bar(3, of_ratio=True)
TIMES_MESSAGES: Final = Bar(1.3)

Asked = Mapping[str, tuple[Server, Sequence[str]]]
"""Who is asked for what, by a name of ours."""


def write(bench: Bench) -> Iterator[Figure]:
    """Spans a second, acknowledged: durable and readable."""
    for live in (FEW_LIVE, MANY_LIVE):
        yield from _write_figures(
            f"write, {live} live",
            bench.written(bench.ours, bench.main, live),
            bench.written(BASELINE, bench.main, live),
        )
    yield from _write_figures(
        f"write, {MANY_LIVE} live, {BATCH} spans a request",
        bench.written(bench.ours, bench.main, MANY_LIVE, batch=BATCH),
        bench.written(BASELINE, bench.main, MANY_LIVE, batch=BATCH),
    )


def listing(bench: Bench) -> Iterator[Figure]:
    """First pages of ordinary sessions, alone and under writing load."""
    pages = bench.main.pages(5000)
    stores = [bench.written(system, bench.main, FEW_LIVE).store for system in (bench.ours, BASELINE)]
    anew = msgspec.structs.replace(bench.ours, command=(*UNREMEMBERING, *bench.ours.command))
    with (
        running(bench.ours, stores[0]) as ours,
        running(anew, stores[0]) as first,
        running(BASELINE, stores[1]) as rows,
    ):
        warm = bench.drive(load.fetch, ours.port, pages, 1, bench.plan.seconds).result()
        page_bytes = warm.bytes // warm.requests
        asked = {
            "ours": (ours, pages),
            "first": (first, pages),
            "rows": (rows, pages),
            "fixed": (rows, [f"/fixed/{page_bytes}"]),
        }
        alone = _by_turns(bench, asked, 1)
        many = _by_turns(bench, asked, LIST_CONNECTIONS)
        boto3_ms = _boto3(bench, ours).p50_ms
        busy = [_busy(bench, server, pages) for server in (ours, rows)]
    name = f"list, first pages of {page_bytes // 1000} kB"
    yield _against_fixed(name, alone["ours"], alone["fixed"])
    yield _against_fixed(f"{name}, each made anew", alone["first"], alone["fixed"], None)
    yield from _against_rows(name, alone["ours"], alone["rows"])
    yield Figure(name=f"{name}: through boto3, p50 ms", value=boto3_ms)
    for against, label in (("fixed", "fixed body"), ("rows", "raw rows")):
        rates = [many[key].requests / many[key].seconds for key in ("ours", against)]
        name = f"list, {LIST_CONNECTIONS} connections: pages/s"
        yield Figure(name=name, value=rates[0], baseline=rates[1], against=label)
    yield from _against_rows("list under writing load", busy[0][0], busy[1][0])
    rates = [writing.spans / writing.seconds for _, writing in busy]
    yield Figure(name="write under listing load: spans/s", value=rates[0], baseline=rates[1])


def size(bench: Bench) -> Iterator[Figure]:
    """What the stopped store takes of the disk."""
    for live in (FEW_LIVE, MANY_LIVE):
        ours, rows = (bench.written(system, bench.main, live) for system in (bench.ours, BASELINE))
        json, otlp = ours.read.bytes, ours.load.bytes
        yield Figure(
            name=f"disk, {live} live: file / ListSpans JSON",
            value=ours.bytes / json,
            baseline=rows.bytes / json,
            bar=SHARE_OF_JSON,
        )
        name = f"disk, {live} live: of it full-text index / ListSpans JSON"
        yield Figure(name=name, value=disk.full_text_bytes(ours.store) / json)
        yield Figure(name=f"disk, {live} live: file / OTLP", value=ours.bytes / otlp, baseline=rows.bytes / otlp)
        yield Figure(name=f"disk, {live} live: file MB", value=ours.bytes / MEGABYTE, baseline=rows.bytes / MEGABYTE)


def long_session(bench: Bench) -> Iterator[Figure]:
    """One session of many spans: writing it, and its pages wherever they stand."""
    ours, rows = (bench.written(system, bench.long, 1) for system in (bench.ours, BASELINE))
    name = f"session of {ours.load.spans:,} spans"
    yield from _write_figures(name, ours, rows)
    middle = len(ours.read.targets) // 2
    places = {
        "first": slice(PAGES_AROUND),
        "middle": slice(middle, middle + PAGES_AROUND),
        "last": slice(-PAGES_AROUND - 1, -1),
    }
    with running(bench.ours, ours.store) as server, running(BASELINE, rows.store) as other:
        for place, part in places.items():
            targets = ours.read.targets[part]
            warm = bench.drive(load.fetch, server.port, targets, 1, bench.plan.seconds).result()
            page_bytes = warm.bytes // warm.requests
            asked = {"ours": (server, targets), "fixed": (other, [f"/fixed/{page_bytes}"])}
            runs = _by_turns(bench, asked, 1)
            yield _against_fixed(f"{name}: {place} pages, {page_bytes // 1000} kB", runs["ours"], runs["fixed"])
    yield Figure(name=f"{name}: file / ListSpans JSON", value=ours.bytes / ours.read.bytes, bar=SHARE_OF_JSON)


def lasting(bench: Bench) -> Iterator[Figure]:
    """A conversation of many turns against the bytes of its distinct messages."""
    ours, rows = (bench.written(system, bench.lasting, 1) for system in (bench.ours, BASELINE))
    message_bytes = bench.lasting.conversations[0].message_bytes
    with running(bench.ours, bench.store(bench.ours, "empty")) as server:
        pass
    name = f"conversation of {bench.plan.lasting_turns} turns"
    yield Figure(
        name=f"{name}: file / messages",
        value=ours.bytes / message_bytes,
        baseline=rows.bytes / message_bytes,
        bar=TIMES_MESSAGES,
    )
    beyond = ours.bytes - server.store_bytes()
    yield Figure(name=f"{name}: what an empty file lacks / messages", value=beyond / message_bytes)
    index_bytes = disk.full_text_bytes(ours.store)
    yield Figure(name=f"{name}: of it full-text index / messages", value=index_bytes / message_bytes)


SCENARIOS: Final[dict[str, Callable[[Bench], Iterator[Figure]]]] = {
    "write": write,
    "list": listing,
    "disk": size,
    "long": long_session,
    "conversation": lasting,
    "dialects": dialects,
    "client": client,
    "cluster": cluster,
}


def _write_figures(name: str, ours: Written, rows: Written) -> Iterator[Figure]:
    """Say how fast a spool was written, and what it cost."""
    rates = [run.load.spans / run.load.seconds for run in (ours, rows)]
    yield Figure(name=f"{name}: spans/s", value=rates[0], baseline=rates[1], bar=SPANS_PER_SECOND)
    megabytes = [run.load.bytes / MEGABYTE / run.load.seconds for run in (ours, rows)]
    yield Figure(name=f"{name}: MB/s of OTLP", value=megabytes[0], baseline=megabytes[1])
    yield Figure(name=f"{name}: acknowledged, p50 ms", value=ours.load.p50_ms, baseline=rows.load.p50_ms)
    yield Figure(name=f"{name}: acknowledged, p99 ms", value=ours.load.p99_ms, baseline=rows.load.p99_ms)
    costs = [run.cpu_seconds / run.load.spans * 1e6 for run in (ours, rows)]
    yield Figure(name=f"{name}: server's processor µs a span", value=costs[0], baseline=costs[1])
    yield Figure(name=f"{name}: client's share of a processor", value=ours.load.client_share)


def _by_turns(bench: Bench, asked: Asked, connections: int) -> dict[str, Load]:
    """Fetch from each in turn, in several rounds, so that what else the machine does strikes all alike."""
    seconds = bench.plan.seconds / ROUNDS
    rounds = [
        {
            name: bench.drive(load.fetch, server.port, targets, connections, seconds).result()
            for name, (server, targets) in asked.items()
        }
        for _ in range(ROUNDS)
    ]
    return {name: load.together([runs[name] for runs in rounds]) for name in asked}


def _busy(bench: Bench, server: Server, pages: Sequence[str]) -> tuple[Load, Load]:
    """List with one connection while others write all the time; return both loads."""
    seconds, source = bench.plan.seconds, bench.meanwhile
    exports = source.order(MANY_LIVE)
    writing = bench.drive(load.write, server.port, source.path, exports, bench.plan.connections, seconds + 1)
    return bench.drive(load.fetch, server.port, pages, 1, seconds).result(), writing.result()


def _boto3(bench: Bench, server: Server) -> Load:
    sessions = [(one.assistant_id, one.session_id) for one in bench.main.conversations[:BOTO3_PAGES]]
    return bench.drive(load.list_with_boto3, server.port, sessions).result()


def _against_fixed(name: str, run: Load, fixed: Load, bar: Bar | None = TIMES_FIXED) -> Figure:
    return Figure(name=f"{name}: p50 ms", value=run.p50_ms, baseline=fixed.p50_ms, against="fixed body", bar=bar)


def _against_rows(name: str, run: Load, rows: Load) -> Iterator[Figure]:
    yield Figure(name=f"{name}: p50 ms", value=run.p50_ms, baseline=rows.p50_ms, against="raw rows")
    yield Figure(name=f"{name}: p99 ms", value=run.p99_ms, baseline=rows.p99_ms, against="raw rows")
