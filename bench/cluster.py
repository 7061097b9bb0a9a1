"""A cluster: real nodes of Cassandra on the loopback, two servers over them, beside one server with a file.

All of it shares this machine's processors: what nodes add is seen in what a span costs, hardly in spans a second.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import msgspec

from bench import load
from bench.figures import Figure
from bench.load import Load
from bench.runs import WRITE_SECONDS_MAX, Bench, Written
from bench.servers import SPANGLASS, UNREMEMBERING, BenchError, Server, System, cpu_seconds, running
from bench.spool import Export, Spool
from spanglass.store.cassandra import open_cassandra
from spanglass.store.cassandra.address import Address, Credentials
from spanglass.store.cassandra.database import Database
from spanglass.store.interface import UnavailableError
from tests.cassandra.cluster import cluster as nodes_running
from tests.cassandra.network import loopback
from tests.cassandra.node import START_SECONDS_MAX, Node, install, missing

NODES: Final = (1, 2, 3)
SERVERS: Final = 2
REPLICAS_MAX: Final = 3
LIVE: Final = 150
"""Conversations under way at a time."""
CONNECTIONS: Final = 2
"""Exporters that send to each server at a time: nodes that share two processors answer more too late."""
PATIENT: Final = {f"{what}_timeout": "20s" for what in ("cas_contention", "read_request", "write_request")}
"""Settings of nodes, which may have to wait for each other's share of a processor."""
KEYSPACE: Final = "bench"
AGAINST: Final = "one server, a file"
_WRITES: Final = "SELECT keyspace_name, table_name, count FROM system_views.local_write_latency"


class Run(msgspec.Struct, frozen=True):
    """What writing to a cluster and reading from it came to; processor times in seconds, bytes by table of one node."""

    load: Load
    servers_seconds: float
    nodes_seconds: float
    pages: Load
    bytes: Mapping[str, int]
    writes: Mapping[str, int]
    """How often each table was written to on one node."""


def cluster(bench: Bench, nodes: Sequence[int] = NODES) -> Iterator[Figure]:
    """Writing to clusters of some nodes, first pages of them, and what a span costs there in time and room."""
    if reason := missing():
        sys.stderr.write(f"bench: {reason}\n")
        return
    install()
    source = bench.shared
    file = bench.written(bench.ours, source, LIVE)
    anew = msgspec.structs.replace(bench.ours, command=(*UNREMEMBERING, *bench.ours.command))
    with running(anew, file.store) as server:
        pages = bench.drive(load.fetch, server.port, source.pages(5000), 1, bench.plan.seconds).result()
    for count in nodes:
        run = _measured(bench, source, count)
        replicas = min(count, REPLICAS_MAX)
        name = f"cluster, nodes: {count}, replicas: {replicas}, servers: {SERVERS}"
        for label, value, baseline in (
            ("spans/s", run.load.spans / run.load.seconds, file.load.spans / file.load.seconds),
            ("acknowledged, p50 ms", run.load.p50_ms, file.load.p50_ms),
            ("acknowledged, p99 ms", run.load.p99_ms, file.load.p99_ms),
            ("first pages made anew, p50 ms", run.pages.p50_ms, pages.p50_ms),
            ("first pages made anew, p99 ms", run.pages.p99_ms, pages.p99_ms),
            ("servers' processor µs a span", _each(run.servers_seconds, run), _each(file.cpu_seconds, file)),
            ("nodes' processor µs a span", _each(run.nodes_seconds, run), None),
            ("bytes a span and replica", sum(run.bytes.values()) / run.load.spans, file.bytes / file.load.spans),
        ):
            yield Figure(name=f"{name}: {label}", value=value, baseline=baseline, against=AGAINST if baseline else "")
        if count == 1:
            yield from _by_table(run)


def _each(seconds: float, run: Run | Written) -> float:
    """Return the microseconds of a span."""
    return seconds / run.load.spans * 1e6


def _by_table(run: Run) -> Iterator[Figure]:
    for table, size in sorted(run.bytes.items(), key=lambda each: -each[1]):
        if size / run.load.spans >= 1:
            yield Figure(name=f"cluster: bytes a span in {table}", value=size / run.load.spans)
    for table, count in sorted(run.writes.items(), key=lambda each: -each[1]):
        yield Figure(name=f"cluster: writes to {table} an export", value=count / run.load.requests)


def _measured(bench: Bench, source: Spool, count: int) -> Run:
    """Write a spool to a cluster of so many nodes and read it all back.

    Raises:
        BenchError: An acknowledged span is not there.
    """
    folder = bench.folder / f"cluster-{count}"
    sites = loopback(count)
    hosts = [site.host for site in sites]
    url = f"cassandra://{','.join(hosts)}/{KEYSPACE}?replication={min(count, REPLICAS_MAX)}&timeout_seconds=60"
    command = tuple(part.replace("sqlite:///{store}", url) for part in (*UNREMEMBERING, *SPANGLASS.command))
    system = System("cluster", command)
    with nodes_running(folder, sites, PATIENT) as nodes:
        _make_tables(url)
        with ExitStack() as started:
            servers = [started.enter_context(running(system, folder)) for _ in range(SERVERS)]
            before = _seconds(servers, nodes)
            writing = [
                bench.drive(load.write, server.port, source.path, exports, CONNECTIONS, WRITE_SECONDS_MAX, again=True)
                for server, exports in zip(servers, _shared(source), strict=True)
            ]
            written = load.at_once([each.result() for each in writing])
            after = _seconds(servers, nodes)
            writes = _writes(hosts[0])
            port = servers[-1].port
            read = bench.drive(load.read_whole, port, [each.path for each in source.conversations]).result()
            pages = bench.drive(load.fetch, port, source.pages(5000), 1, bench.plan.seconds).result()
        if read.spans != written.spans:
            raise BenchError(f"cluster: {written.spans} spans acknowledged, {read.spans} read back")
        nodes[0].stop()  # which writes what it has in memory to its files
        used = [end - begin for begin, end in zip(before, after, strict=True)]
        return Run(written, used[0], used[1], pages, _table_bytes(nodes[0].folder), writes)


def _make_tables(url: str) -> None:
    """Make the keyspace once all nodes know of each other."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            open_cassandra(f"{url.removeprefix('cassandra://')}&consistency=ALL", {}).close()
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
        else:
            return


def _shared(source: Spool) -> Iterator[Sequence[Export]]:
    """Yield what each server is sent: a conversation's exports go to one, as a balancer by session sends them."""
    for number in range(SERVERS):
        yield Spool(source.path, source.conversations[number::SERVERS]).order(LIVE // SERVERS)


def _seconds(servers: Sequence[Server], nodes: Sequence[Node]) -> tuple[float, float]:
    """Return the processor time of servers and of nodes so far."""
    return sum(server.cpu_seconds() for server in servers), sum(cpu_seconds(node.pid) for node in nodes)


def _writes(host: str) -> dict[str, int]:
    with closing(Database(Address(hosts=(host,), keyspace=KEYSPACE), Credentials())) as db:
        return {table: count for keyspace, table, count in db.rows(_WRITES) if keyspace == KEYSPACE and count}


def _table_bytes(folder: Path) -> dict[str, int]:
    """Return the bytes of each table's files, and of those in which nodes keep what they decide by compare-and-set."""
    sizes: Counter[str] = Counter()
    for path in (folder / "data" / KEYSPACE).rglob("*"):
        if path.is_file():
            sizes[path.parent.name.partition("-")[0]] += path.stat().st_size
    for path in (folder / "data" / "system").glob("paxos-*/*"):
        sizes["system.paxos"] += path.stat().st_size
    return dict(sizes)
