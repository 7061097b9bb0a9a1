"""Three nodes, each span on all of them, one broken at a random moment while servers write and list: nothing is lost.

``make test-cluster`` runs these. ``FAULT_RUNS`` in the environment says how often nodes are broken in each way.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import Final, NamedTuple, Self, TypeVar

import msgspec
import pytest

from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import Cursor, StoreError, UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import everything, ids, message, part, span, span_id
from tests.cassandra.cluster import cluster
from tests.cassandra.divided import Divided, divided, undividable
from tests.cassandra.network import loopback
from tests.cassandra.node import Node, install, missing

RUNS: Final = int(os.environ.get("FAULT_RUNS", "50"))
NODES: Final = 3
TIMEOUT_SECONDS: Final = 10.0
"""What the driver waits for one try of a statement."""
SILENCE_SECONDS_MAX: Final = 120.0
"""How long calls may fail one after the other: a few statements, each tried on every node."""
MOMENT_SECONDS_MAX: Final = 2.0
RUN_SECONDS_MAX: Final = 300
SPANS_A_WRITE: Final = 5
_T = TypeVar("_T")


class Broken(NamedTuple):
    """A way to break a node, and to mend it."""

    begin: Callable[[Node], None]
    end: Callable[[Node], None]


WAYS: Final = {
    "killed": Broken(Node.kill, Node.start),
    "stopped": Broken(Node.stop, Node.start),
    "paused": Broken(Node.pause, Node.resume),
}


class Three(NamedTuple):
    """A running cluster, how its networks are cut if they can be, and where the store is."""

    nodes: Sequence[Node]
    networks: Divided | None
    address: Address


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Return three nodes, each of which has every span."""
    if reason := missing():
        pytest.skip(reason)
    install()
    with ExitStack() as running:
        networks = None if undividable() else running.enter_context(divided(NODES))
        sites = networks.sites if networks else loopback(NODES)
        durable = {"commitlog_sync": "batch", "commitlog_sync_period": None}
        nodes = running.enter_context(cluster(tmp_path_factory.mktemp("three"), sites, durable))
        options = Options(replication="3", timeout_seconds=TIMEOUT_SECONDS)

        hosts = tuple(node.host for node in nodes)
        yield Three(nodes, networks, Address(hosts=hosts, keyspace="faults", options=options))


class Traffic:
    """Writes one session and lists it, over a store of its own each, until it is told to stop."""

    def __init__(self, address: Address, session: str) -> None:
        self.written: set[bytes] = set()
        """The spans that were acknowledged."""
        self.faults: list[str] = []
        self.longest_seconds = 0.0
        """How long calls failed one after the other, at most."""
        self.listed = 0
        self._address = address
        self._session = session
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._write, self._list)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        with closing(self._asked(partial(CassandraStore, self._address))) as store:
            while not self._stopping.is_set():
                spans = [span(len(self.written) + n, inputs=(message(f"said {n}"),)) for n in range(SPANS_A_WRITE)]
                self._asked(partial(store.write, [part(*spans, session=self._session, trace=None)]))
                self.written |= {each.span_id for each in spans}

    def _list(self) -> None:
        with closing(self._asked(partial(CassandraStore, self._address))) as store:
            while not self._stopping.is_set():
                before = set(self.written)
                seen = self.pages(store)
                if len(set(seen)) != len(seen):
                    self.faults.append("a span was listed twice")
                if lost := before - set(seen):
                    self.faults.append(f"{len(lost)} spans of {len(before)} were not listed")
                self.listed += 1

    def pages(self, store: CassandraStore) -> list[bytes]:
        """Return all spans of the session, page by page."""
        seen: list[bytes] = []
        after: Cursor | None = None
        while True:
            page = self._asked(partial(store.spans, *ids(session=self._session), after=after, limit=50))
            seen += [each.span_id for each in page.spans] if page else []
            if page is None or page.next is None:
                return seen
            after = page.next

    def _asked(self, call: Callable[[], _T]) -> _T:
        """Make a call until the cluster can answer, and note how long that took."""
        began = time.monotonic()
        try:
            return again(call)
        finally:
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)


def settled(three: Three, traffic: Traffic) -> None:
    """Hold what is listed in the end to what was acknowledged."""
    with closing(again(partial(CassandraStore, three.address))) as store:
        seen = traffic.pages(store)
    assert traffic.written <= set(seen)
    assert traffic.faults == []
    assert traffic.longest_seconds < SILENCE_SECONDS_MAX
    assert traffic.listed > 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.timeout(RUN_SECONDS_MAX * RUNS)
def test_a_node_that_breaks_loses_nothing(three: Three, way: str) -> None:
    """No acknowledged span is lost and no page is wrong, whichever node breaks at whatever moment, again and again."""
    chance = random.Random(way)  # noqa: S311
    whole(three.address)
    with Traffic(three.address, f"node {way}") as traffic:
        for _ in range(RUNS):
            node = chance.choice(three.nodes)
            passed(chance.uniform(0, MOMENT_SECONDS_MAX))
            WAYS[way].begin(node)
            passed(chance.uniform(0, MOMENT_SECONDS_MAX))
            WAYS[way].end(node)
            written_on(traffic)
    settled(three, traffic)


@pytest.mark.timeout(RUN_SECONDS_MAX * RUNS)
def test_a_node_that_is_cut_off_loses_nothing(three: Three) -> None:
    """The same for a node that no other one reaches, but the servers do."""
    if three.networks is None:
        pytest.skip(undividable() or "")
    chance = random.Random(1)  # noqa: S311
    whole(three.address)
    with Traffic(three.address, "cut off") as traffic:
        for _ in range(RUNS):
            number = chance.randrange(NODES)
            passed(chance.uniform(0, MOMENT_SECONDS_MAX))
            three.networks.cut(number)
            passed(chance.uniform(0, MOMENT_SECONDS_MAX))
            three.networks.mend(number)
            written_on(traffic)
    settled(three, traffic)


@pytest.mark.timeout(RUN_SECONDS_MAX)
def test_two_servers_leave_the_state_of_one(three: Three) -> None:
    """Two that write one session and its traces at once, ids late, shuffled and repeated, leave what one would."""
    made = []
    for number in range(40):
        trace = number % 5
        child = span(number, trace=trace, parent_span_id=span_id(trace), inputs=(message(f"word {number % 7}"),))
        root = span(number, trace=trace, inputs=(message("Hello"),))
        made.append(
            part(root, session="both", trace=trace) if number == trace else part(child, session=None, trace=trace)
        )
    reference = MemoryStore()
    reference.write(made)
    address = msgspec.structs.replace(three.address, keyspace="both")
    whole(address)

    def write(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        with closing(CassandraStore(address)) as store:
            for _ in range(2):
                for come in chance.sample(made, len(made)):
                    again(partial(store.write, [come]))

    threads = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(CassandraStore(address)) as store:
        assert everything(store) == everything(reference)


def again(call: Callable[[], _T]) -> _T:
    """Make a call until the cluster can answer; after too long a silence, let the failure through."""
    deadline = time.monotonic() + SILENCE_SECONDS_MAX
    while True:
        try:
            return call()
        except UnavailableError:
            if time.monotonic() > deadline:
                raise


def whole(address: Address) -> None:
    """Wait until every node is there for all others: a statement that needs all three is answered."""
    everyone = msgspec.structs.replace(address.options, consistency="ALL")
    deadline = time.monotonic() + SILENCE_SECONDS_MAX
    while True:
        try:
            with closing(CassandraStore(msgspec.structs.replace(address, options=everyone))) as store:
                store.write([part(span(0), session="whole")])
                store.delete_session(*ids(session="whole"))
                return
        except StoreError:
            if time.monotonic() > deadline:
                raise


def passed(seconds: float) -> None:
    """Let a random moment come: it is the fault's, and nothing is waited for."""
    threading.Event().wait(seconds)


def written_on(traffic: Traffic) -> None:
    """Wait until spans are acknowledged again."""
    before, deadline = len(traffic.written), time.monotonic() + SILENCE_SECONDS_MAX
    while len(traffic.written) == before:
        assert time.monotonic() < deadline, "nothing is written any more"
        passed(0.05)
