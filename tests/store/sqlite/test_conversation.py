"""Outlines and conversations are the same however little is remembered while they are read."""

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from spanglass.store import conversation, items
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import ids, part, viewed
from spanglass.store.sqlite import SqliteStore
from spanglass.store.sqlite.conversation import Conversations
from spanglass.store.testing_viewing import call

SAID = [f"message {n}" for n in range(120)]


def test_what_is_remembered_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing held of earlier entries and earlier orders, what is read is what the reference reads."""
    monkeypatch.setattr(conversation, "HELD_MAX", 1)
    monkeypatch.setattr(conversation, "REMEMBERED_MAX", 1)
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


def test_an_order_is_remembered_until_the_session_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of one state are read from one order; what is said later is there as soon as it is written."""
    ordered: list[int] = []
    find = Conversations._find

    def finding(kept: Conversations, connection: apsw.Connection, session: int) -> conversation.Order:
        ordered.append(session)
        return find(kept, connection, session)

    monkeypatch.setattr(Conversations, "_find", finding)
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.write([part(call(1, *SAID[:9]))])
        for first in range(9):
            page = store.said(*ids(), first=first, limit=1)
            assert page is not None
            assert (len(page.said), page.total) == (1, 9)
        assert len(ordered) == 1
        store.write([part(call(2, *SAID[:10]))])
        page = store.said(*ids(), first=9)
        assert page is not None
        assert [each.message.json for each in page.said] == [b'[{"text":{"value":"message 9"}}]']
        assert len(ordered) == 2
