"""Outlines and conversations are the same however little is remembered while they are read."""

import random
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from spanglass.store import conversation, items
from spanglass.store.compression import Compression
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import EPOCH_NS, SECOND_NS, ids, part, viewed
from spanglass.store.sqlite import SqliteStore, order
from spanglass.store.sqlite import conversation as conversations
from spanglass.store.testing_viewing import call

SAID = [f"message {n}" for n in range(120)]


def test_what_is_remembered_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing held of earlier entries and earlier orders, what is read is what the reference reads."""
    monkeypatch.setattr(conversation, "HELD_MAX", 1)
    monkeypatch.setattr(conversations, "REMEMBERED_MAX", 1)
    monkeypatch.setattr(items, "SAID_MAX", 1)
    reference = MemoryStore()
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        for number in range(50):
            session = f"s{number % 2}"
            one = part(
                call(number, *SAID[: number + 1], answer=SAID[number + 2], trace=number), session=session, trace=number
            )
            store.write([one])
            reference.write([one])
        for session in ("s0", "s1", "s0"):
            assert viewed(store, *ids(session=session)) == viewed(reference, *ids(session=session))


@pytest.fixture
def gone_over(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what grows with each chunk of spans that is gone over, by the version of its session."""
    versions: list[int] = []
    go_on = order.Order.go_on

    def going_on(known: order.Order, connection: apsw.Connection, compression: Compression) -> None:
        versions.append(known.version)
        go_on(known, connection, compression)

    monkeypatch.setattr(order.Order, "go_on", going_on)
    return versions


def test_an_order_is_remembered_until_the_session_changes(tmp_path: Path, gone_over: list[int]) -> None:
    """Pages of one state are read from one order; what is said later is there as soon as it is written."""
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.write([part(call(1, *SAID[:9]))])
        for first in range(9):
            page = store.said(*ids(), first=first, limit=1)
            assert page is not None
            assert (len(page.said), page.more) == (1, first < 8)
        assert len(gone_over) == 1
        store.write([part(call(2, *SAID[:10]))])
        page = store.said(*ids(), first=9)
        assert page is not None
        assert [each.message.json for each in page.said] == [b'[{"text":{"value":"message 9"}}]']
        assert len(gone_over) == 2


def test_a_page_takes_no_more_than_it_needs(tmp_path: Path, gone_over: list[int]) -> None:
    """The first page of a long session is there before the rest was gone over, and pages go on where others ended."""
    chunks = 4
    calls = [call(n, f"question {n}", answer=f"answer {n}", trace=n) for n in range(order.CHUNK_SPANS * chunks)]
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.write([part(each, trace=n) for n, each in enumerate(calls)])
        for first, chunk in ((0, 1), (100, 1), (order.CHUNK_SPANS * 2, 2), (0, 2)):
            page = store.said(*ids(), first=first, limit=100)
            assert page is not None
            assert page.said[0].message.json == b'[{"text":{"value":"question %d"}}]' % (first // 2)
            assert (len(page.said), page.more, len(gone_over)) == (100, True, chunk)
        assert store.hits(*ids(), "question 7")
        assert len(gone_over) == 2


@pytest.mark.parametrize(("chunk_spans", "reaches_max"), [(4, 3), (4, 1), (7, 1000)])
def test_the_order_of_writing_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_spans: int, reaches_max: int
) -> None:
    """Spans that were written in another order than they start are told as the reference tells them."""
    monkeypatch.setattr(order, "CHUNK_SPANS", chunk_spans)
    monkeypatch.setattr(order, "REACHES_MAX", reaches_max)
    monkeypatch.setattr(order, "NEAR", 1)
    numbers = [*range(40)]
    random.Random(5).shuffle(numbers)  # noqa: S311 (any order, but the same each time)
    reference = MemoryStore()
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        for n in numbers:
            one = part(call(n, *SAID[n : n + 9], answer=SAID[n + 10], end_ns=EPOCH_NS + (n + n % 7) * SECOND_NS))
            store.write([one])
            reference.write([one])
        for limit in (5, 1000):
            for first in range(0, 60, limit):
                assert store.said(*ids(), first=first, limit=limit) == reference.said(*ids(), first=first, limit=limit)
