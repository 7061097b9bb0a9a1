"""The SQLite store passes the battery, and keeps what only a file can promise."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from spanglass.model.record import Kind
from spanglass.store import compression
from spanglass.store.samples import everything, ids, message, part, read, span
from spanglass.store.sqlite import SqliteStore
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.writer import Writer
from spanglass.store.testing import Opener, StoreBattery
from spanglass.store.where import Where

VOCABULARY = [
    f"{a}{b}{c}" for a in ("tra", "bo", "ske", "vin") for b in ("lo", "mi", "ra", "du") for c in ("ck", "n", "st")
]


class TestSqliteStore(StoreBattery):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        """Open the file of this test."""
        return lambda: SqliteStore(tmp_path / "store.db")


class TestForgetfulSqliteStore(StoreBattery):
    """A store that holds almost nothing in memory answers the same."""

    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        """Open the file of this test."""
        return lambda: SqliteStore(tmp_path / "store.db", known_fragments_max=1)


def talk(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(VOCABULARY, k=words))


def conversation(turns: int, seed: int = 1) -> list[list[str]]:
    """Return what is said in a conversation, a list of texts a call, each beginning with the one before."""
    rng = random.Random(seed)  # noqa: S311 (to vary, not to hide)
    said = [talk(rng, 60) for _ in range(2 * turns)]
    return [said[: 2 * n + 2] for n in range(turns)]


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    """Two stores on one file see each other's writes at once, also those to a session that both write to."""
    with closing(SqliteStore(tmp_path / "s.db")) as one, closing(SqliteStore(tmp_path / "s.db")) as other:
        for number in range(40):
            writer, reader = (one, other) if number % 3 else (other, one)
            writer.write([part(span(number, inputs=tuple(message(f"m{n}") for n in range(number))))])
            assert len(list(read(reader, *ids()))) == number + 1
            if number % 10 == 9:
                assert reader.maintain()
        assert everything(one) == everything(other)
        assert [len(s.inputs) for s in read(one, *ids())] == list(range(40))
        one.delete_session(*ids())
        other.write([part(span(1))])
        assert len(list(read(one, *ids()))) == 1


def test_a_failed_write_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a write fails half way, nothing of it is in the file or in memory."""
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.write([part(span(1, inputs=(message("a"),)))])
        before = everything(store)
        flush = Writer._flush
        monkeypatch.setattr(Writer, "_flush", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            store.write([part(span(2, inputs=(message("a"), message("b"))))])
        monkeypatch.setattr(Writer, "_flush", flush)
        assert everything(store) == before
        store.write([part(span(3, inputs=(message("a"), message("b"))))])
        assert [s.inputs for s in read(store, *ids())] == [(message("a"),), (message("a"), message("b"))]


def test_a_conversation_is_written_once(tmp_path: Path) -> None:
    """A conversation of 200 turns, each repeating all before it, takes less than the bytes of its distinct messages."""
    texts = conversation(200)
    with closing(SqliteStore(tmp_path / "empty.db")):
        pass
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        for number, said in enumerate(texts):
            fragments = tuple(message(text, (Kind.CUSTOMER, Kind.BOT)[n % 2]) for n, text in enumerate(said))
            store.write([part(span(number, inputs=fragments[:-1], outputs=fragments[-1:]))])
        distinct = {f.key: len(f.json) for s in read(store, *ids()) for f in (*s.inputs, *s.outputs)}
    size = (tmp_path / "s.db").stat().st_size - (tmp_path / "empty.db").stat().st_size
    assert size < sum(distinct.values())


def test_small_writes_gather_in_few_blocks(tmp_path: Path) -> None:
    """A session written span by span is read from few blocks, and from fewer once it rests."""
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        for number, said in enumerate(conversation(100)):
            store.write([part(span(number, inputs=tuple(map(message, said))))])
        assert fetch(store._connection, "SELECT count(*) FROM blocks")[0][0] < 30
        while store.maintain():
            pass
        assert fetch(store._connection, "SELECT count(*) FROM blocks")[0][0] <= 5
        assert len(list(read(store, *ids()))) == 100


def test_a_grown_store_learns_a_dictionary(tmp_path: Path) -> None:
    """Once it holds enough, a store trains a dictionary on its own content; old and new blocks are read by all."""
    with closing(SqliteStore(tmp_path / "s.db")) as store, closing(SqliteStore(tmp_path / "s.db")) as other:
        for number in range(130):
            said = conversation(20, seed=number)[-1]
            spans = [span(number * 100 + n, trace=number, inputs=tuple(map(message, said))) for n in range(3)]
            store.write([part(*spans, session=f"s{number}", trace=number)])
        assert other.session(*ids(session="s1")) is not None
        before = everything(store)
        while store.maintain():
            pass
        assert store._connection.execute("SELECT max(number) FROM dictionaries").get == compression.SHIPPED + 1
        store.write([part(span(99_000, trace=999, inputs=(message("after"),)), session="new", trace=999)])
        assert everything(other)[1:] == before
    with closing(SqliteStore(tmp_path / "s.db")) as again:
        assert everything(again)[1:] == before


def test_space_is_given_back(tmp_path: Path) -> None:
    """After deletions, housekeeping shrinks the file."""
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        for number in range(30):
            texts = tuple(message(text) for text in conversation(20, seed=number)[-1])
            store.write([part(span(number, trace=number, inputs=texts), session=f"s{number}", trace=number)])
        pages = store._connection.pragma("page_count")
        for number in range(29):
            store.delete_session(*ids(session=f"s{number}"))
        while store.maintain():
            pass
        assert store._connection.pragma("page_count") < pages / 2
        assert len(list(read(store, *ids(session="s29")))) == 1


def test_search_catches_up_after_a_crash(tmp_path: Path) -> None:
    """Words that were written but not yet indexed when a process died are found by the next one."""
    abandoned = SqliteStore(tmp_path / "s.db")
    abandoned.write([part(span(1, inputs=(message("lost and found"),)))])
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        assert [s.name for s in store.sessions(Where(text="found")).sessions] == ["s"]
    abandoned.close()


def test_many_unindexed_messages_are_indexed_while_writing(tmp_path: Path) -> None:
    """A store that is never idle and never searched does not let its index fall behind for ever."""
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        store.write([part(span(1, inputs=tuple(message(f"m{n}") for n in range(9000))))])
        assert store._connection.execute("SELECT count(*) FROM sessions WHERE indexed < items").get == 0
