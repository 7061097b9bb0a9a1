"""A store is copied into another by the command."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from spanglass.store.interface import KeyRecord
from spanglass.store.samples import EPOCH_NS, everything, message, part, span
from spanglass.store.sqlite import SqliteStore
from tests.cli.running import Done, within

Run: TypeAlias = Callable[..., Done]
KEY = KeyRecord(key_id="SPANA", role="admin", created_ns=EPOCH_NS)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return what runs the command in a folder with a store of a session and a key."""
    monkeypatch.chdir(tmp_path)
    with closing(SqliteStore("a.db")) as store:
        store.write([part(span(1, inputs=(message("Hello"),)), span(2, end_ns=0))])
        store.add_key(KEY)
    return within(monkeypatch, capsys)


def test_a_store_is_copied(run: Run) -> None:
    """The copy has what the store has, and a second run finds all of it there."""
    done = run("copy", "sqlite:///a.db", "sqlite:///b.db")
    assert (done.code, done.err) == (0, "")
    assert done.out == "copied 1 session, 2 spans, 1 key; 0 sessions there before, all compared\n"
    done = run("copy", "sqlite:///a.db", "sqlite:///b.db")
    assert done.out == "copied 0 sessions, 0 spans, 1 key; 1 session there before, all compared\n"
    with closing(SqliteStore("a.db")) as store, closing(SqliteStore("b.db")) as copied:
        assert everything(copied) == everything(store)
        assert copied.keys() == store.keys() == [KEY]


def test_what_differs_is_named(run: Run) -> None:
    """A session that the target knows more of is named, and the exit code is 1."""
    with closing(SqliteStore("b.db")) as store:
        store.write([part(span(3))])
    done = run("copy", "sqlite:///a.db", "sqlite:///b.db")
    assert done.code == 1
    assert "2 spans, 3 in the target" in done.err
    assert done.out.endswith("1 difference in the end\n")


def test_there_must_be_something_to_copy(run: Run, tmp_path: Path) -> None:
    """A store that is not there is not made, and none is copied into itself; either is told in a line."""
    done = run("copy", "sqlite:///missing.db", "sqlite:///b.db")
    assert done.code == 2
    assert "missing.db" in done.err
    assert not (tmp_path / "missing.db").exists()
    done = run("copy", "sqlite:///a.db", "sqlite:///a.db")
    assert done.code == 2
    assert "into" in done.err
    done = run("copy", "nothing", "sqlite:///b.db")
    assert done.code == 2
    assert "no store's address" in done.err
