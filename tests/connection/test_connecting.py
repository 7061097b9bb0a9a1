"""What is connected to, as whom, and what is told of it when that cannot be."""

import contextlib
import multiprocessing
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from spanglass.config import ConfigError, Target
from spanglass.connection import UnreachableError, connect
from spanglass.connection.inside import Inside
from spanglass.store.interface import StoreError
from spanglass.store.samples import ids, part, span
from spanglass.store.sqlite import SqliteStore
from tests.integration.issuing import Key, make_key, start_with_keys
from tests.integration.serving import Server, free_port

SESSIONS = "/api/sessions"
FORKS = multiprocessing.get_context("forkserver")
NOBODY = 65534


@pytest.fixture(scope="module", name="guarded")
def _guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Key]]:
    folder = tmp_path_factory.mktemp("guarded")
    key = make_key(folder, "reader")
    with start_with_keys(folder) as server:
        yield server, key


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "SPANGLASS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def _status(target: Target) -> int:
    with contextlib.closing(connect(target)) as connection:
        return connection.ask("GET", SESSIONS).status


def test_a_bearer_token_lets_in(guarded: tuple[Server, Key]) -> None:
    """The token of a key is shown, no key or a wrong one is refused."""
    server, key = guarded
    assert _status(Target(endpoint=server.url, api_key=key.token)) == 200
    assert _status(Target(endpoint=server.url, api_key=f"{key.token}0")) == 401
    assert _status(Target(endpoint=server.url)) == 401


def test_a_signature_lets_in(guarded: tuple[Server, Key], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """AWS's credentials sign, from the environment or a profile, whatever has to be escaped in path and query."""
    server, key = guarded
    (tmp_path / "credentials").write_text(
        f"[traces]\naws_access_key_id = {key.key_id}\naws_secret_access_key = {key.secret}\n"
    )
    by_profile = Target(endpoint=server.url, profile="traces")
    assert _status(by_profile) == 200
    with contextlib.closing(connect(by_profile)) as connection:
        assert connection.ask("GET", f"{SESSIONS}?agent=a%20%2Bb%2F&agent=%C3%A9&q=x%3Dy").status == 200
        with connection.stream("GET", "/api/events") as streamed:
            assert next(streamed.pieces).startswith(b"retry: ")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    assert _status(Target(endpoint=server.url, sign=True)) == 200
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert _status(Target(endpoint=server.url, sign=True)) == 401


def test_missing_credentials_are_told() -> None:
    """No credentials, no such profile, and a token that is none are errors before anything is asked."""
    with pytest.raises(ConfigError, match="sign: there are no AWS credentials"):
        connect(Target(endpoint="http://127.0.0.1:1", sign=True))
    with pytest.raises(ConfigError, match=r"sign: The config profile .* could not be found"):
        connect(Target(endpoint="http://127.0.0.1:1", profile="absent"))
    with pytest.raises(ConfigError, match="api-key: "):
        connect(Target(endpoint="http://127.0.0.1:1", api_key="two\nlines"))


def test_what_is_no_address_is_told() -> None:
    """Neither a server nor a store, and addresses with what belongs to none, are errors that name them."""
    for where in ("ftp://x", "mysql://x/y", "http://", "http://x:99999", "http://x/?q=1", "http://me:secret@x"):
        with pytest.raises(ConfigError):
            connect(Target(endpoint=where))


def test_where_nothing_answers_is_told() -> None:
    """A closed port and one that answers something else than HTTP are errors that say so."""
    with (
        contextlib.closing(connect(Target(endpoint=f"http://127.0.0.1:{free_port()}"))) as nobody,
        pytest.raises(UnreachableError, match=r"^http://127.0.0.1:\d+: nothing answers there$"),
    ):
        nobody.ask("GET", SESSIONS)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Target(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", answer_seconds_max=0.05)
        with (
            contextlib.closing(connect(target)) as late,
            pytest.raises(UnreachableError, match=r"no answer within 0\.05"),
        ):
            late.ask("DELETE", SESSIONS)


def test_a_silent_server_is_asked_twice() -> None:
    """What only reads is asked once more, since a kept connection may have been closed, and no further."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        target = Target(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", answer_seconds_max=0.05)
        with contextlib.closing(connect(target)) as late, pytest.raises(UnreachableError, match="no answer within"):
            late.ask("GET", SESSIONS)
        for _ in range(2):
            silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_the_environment_is_read_and_options_win() -> None:
    """A server stands before a store, an option before both, and both at once are an error."""
    environment = {"SPANGLASS_ENDPOINT": "http://a", "SPANGLASS_STORE": "b.db", "SPANGLASS_PORT": "99"}

    def where(options: Mapping[str, object], **without: str) -> str:
        return Target.from_environment(options, without or environment).where

    assert where({}) == "http://a"
    assert where({"store": "c.db"}) == "c.db"
    assert where({"endpoint": "http://d"}) == "http://d"
    assert where({}, SPANGLASS_PORT="99") == "http://127.0.0.1:99"
    with pytest.raises(ConfigError, match="endpoint, store: name one of them"):
        where({"store": "c.db", "endpoint": "http://d"})


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "spans.db"
    path.parent.mkdir()
    with contextlib.closing(SqliteStore(path)) as store:
        store.write([part(span(1))])
    return path


def test_reading_leaves_a_file_as_it_was(file: Path) -> None:
    """Nothing is made beside a store that is read, not a byte of it changes, and a file that is missing stays so."""
    before = file.read_bytes()
    assert _status(Target(store=str(file))) == 200
    assert (file.read_bytes(), list(file.parent.iterdir())) == (before, [file])
    with pytest.raises(StoreError, match="there is no such file"):
        connect(Target(store=f"sqlite:///{file}x"))
    assert list(file.parent.iterdir()) == [file]


def test_a_store_that_is_opened_answers_listspans_too(file: Path) -> None:
    """It is the server's own application, less what records."""
    assistant, session = (each.hex() for each in ids())
    with contextlib.closing(connect(Target(store=str(file)))) as connection:
        answer = connection.ask("GET", f"/assistants/{assistant}/sessions/{session}/spans")
        assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
        assert connection.ask("POST", "/v1/traces", b"{}").status in {404, 405}
        put = connection.ask("PUT", f"/api/assistants/{assistant}/sessions/{session}/spans", b"{}")
        assert put.status == 405


def test_a_store_of_another_version_is_not_brought_up_to_date(tmp_path: Path) -> None:
    """An older schema, an empty file, and another program's are refused and left as they were."""
    from spanglass.store.sqlite.database import open_writer, schema_scripts  # noqa: PLC0415

    older, empty, foreign = (tmp_path / name for name in ("older.db", "empty.db", "foreign.db"))
    open_writer(older, schema_scripts()[:-1]).close()
    empty.touch()
    foreign.write_text("no database" * 100)
    for path, told in ((older, "has schema version"), (empty, "is empty"), (foreign, "not a Spanglass store")):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=told):
            connect(Target(store=str(path)))
        assert path.read_bytes() == before


def test_a_store_that_may_not_be_written_is_read(file: Path) -> None:
    """Who may only read a store can, at rest and while somebody writes; words that nobody has indexed are told of."""
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1, FORKS, _become_nobody, (file,)) as reader:
        Path(folder).chmod(0o755)
        path = Path(folder) / "spans.db"
        with contextlib.closing(SqliteStore(path)) as store:
            store.write([part(span(1))])
            assert reader.submit(_asked, path, SESSIONS).result() == 200
        Path(folder).chmod(0o555)
        assert reader.submit(_asked, path, SESSIONS).result() == 200
        assert reader.submit(_asked, path, f"{SESSIONS}?q=word").result() == 503
        path.with_name("spans.db-wal").write_bytes(b"what a server left that was killed")
        assert "holds what was written last" in str(reader.submit(_asked, path, SESSIONS).exception())


def _become_nobody(file: Path) -> None:
    """Give up the rights of root, who may write anything, after having imported what is used by reading any store."""
    _asked(file, SESSIONS)
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _asked(path: Path, target: str) -> int:
    with contextlib.closing(connect(Target(store=str(path)))) as connection:
        return connection.ask("GET", target).status


def test_what_an_application_raises_is_raised_to_who_asks() -> None:
    """An error within is no silence, and an answer that never ends is ended by who leaves it."""

    async def odd(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/fails":
            raise RuntimeError("as asked")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    with contextlib.closing(Inside(contextlib.nullcontext(odd), "odd")) as inside:
        with pytest.raises(RuntimeError, match="as asked"):
            inside.ask("GET", "/fails")
        with inside.stream("GET", "/") as streamed:
            assert next(streamed.pieces) == b"x"
