"""The disk of a node is full: with three replicas nothing is noticed, with one all that comes is refused.

``make test-cluster`` runs these.
"""

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest

from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.samples import ids, message, part, read, span
from tests.cassandra.conftest import DURABLE, Three, whole
from tests.cassandra.disk import Disk, small_disk, undiskable
from tests.cassandra.network import loopback
from tests.cassandra.node import Node, install, missing
from tests.cassandra.traffic import SILENCE_SECONDS_MAX, Traffic, again
from tests.integration.exports import Conversation, Export, export, place
from tests.integration.serving import start

TIMES: Final = 3
BEFORE: Final = 5
"""Exports before the disk is full."""
SECONDS_MAX: Final = 1_000
LARGE_BYTES: Final = 100_000
WORDS: Final = 3_000
"""Of a message that is exported."""


@pytest.mark.timeout(SECONDS_MAX)
def test_a_full_disk_of_one_node_of_three_loses_nothing(three: Three) -> None:
    """Spans are acknowledged and listed while the disk of a node is full, and all are there afterwards."""
    if three.disk is None:
        pytest.skip(undiskable() or "")
    node, chance, began = three.nodes[-1], random.Random(3), time.monotonic()  # noqa: S311 (seeded)
    whole(three.address)
    large, written = ids(session="large"), 0
    with Traffic(three.address, next(three.numbers)) as traffic, closing(CassandraStore(three.address)) as store:
        for _ in range(TIMES):
            three.disk.fill()
            deadline = time.monotonic() + SILENCE_SECONDS_MAX
            while node.answers():
                assert time.monotonic() < deadline, "the node does not notice that its disk is full"
                said = message(chance.randbytes(LARGE_BYTES).hex())
                again(partial(store.write, [part(span(written, inputs=(said,)), session="large", trace=None)]))
                written += 1
            traffic.acknowledged_on()
            three.disk.free()
            node.kill()
            node.start()
            traffic.acknowledged_on()
        print(f"\ndisk full: {TIMES} times in {time.monotonic() - began:.0f} s, after {written} large spans; {traffic}")
        assert len(list(read(store, *large))) == written
    traffic.settled()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[tuple[Node, Disk]]:
    """Return a node that is a cluster, and its disk."""
    if reason := missing() or undiskable():
        pytest.skip(reason)
    install()
    folder = tmp_path / "node"
    with small_disk(folder) as disk, Node(folder, loopback(1)[0].host, settings=DURABLE) as node:
        yield node, disk


@pytest.mark.timeout(SECONDS_MAX)
def test_a_full_disk_of_the_only_node_refuses(alone: tuple[Node, Disk], tmp_path: Path) -> None:
    """With one replica an export is refused so that it is sent again, and what was acknowledged is there afterwards."""
    (node, disk), chance = alone, random.Random(4)  # noqa: S311 (seeded)
    acknowledged: list[tuple[str, Export]] = []
    with start(tmp_path / "server", "--store", f"cassandra://{node.host}/alone?replication=1") as server:
        for number in itertools.count():
            if number == BEFORE:
                disk.fill()
            conversation = Conversation(chance, words=WORDS)
            made = export(*next(conversation.turns(1)))
            answer = server.ask("/v1/traces", made.body)
            if answer.status != HTTPStatus.OK:
                break
            acknowledged.append((conversation.session, made))
        assert len(acknowledged) >= BEFORE
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert int(answer.headers["retry-after"]) > 0
        disk.free()
        node.kill()
        node.start()
        deadline = time.monotonic() + SILENCE_SECONDS_MAX
        while (answer := server.ask("/v1/traces", made.body)).status != HTTPStatus.OK:
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            assert time.monotonic() < deadline, "the server does not come back"
        acknowledged.append((conversation.session, made))
        for session, each in acknowledged:
            assert {one["spanId"] for one in server.spans(place(session))} == {one.uuid for one in each.ids}
        assert "Traceback" not in server.logged()
    print(f"\ndisk full, one replica: {len(acknowledged)} exports acknowledged")
