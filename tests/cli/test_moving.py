"""Sessions go out of a store, and of a server, into files, and back, by the command."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from spanglass.formats.parquet import arrow
from spanglass.store.sqlite import SqliteStore
from tests.captures import exported, logged, mapper
from tests.cli.running import Done, within
from tests.formats.test_lines import SPAN
from tests.integration.issuing import make_key, start_with_keys
from tests.integration.serving import start

Run: TypeAlias = Callable[..., Done]
CAPTURES_MOVED = ("openai--v2/chat_tools", "strands/openai_tools_refusal", "pydantic-ai/chat_v2")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return what runs the command in an empty folder, and returns exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)

    return within(monkeypatch, capsys)


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store of recorded sessions."""
    known = mapper()
    with closing(SqliteStore(tmp_path / "traces.db")) as store:
        for capture in CAPTURES_MOVED:
            store.write(known.parts(exported(capture), logged(capture)), known.relate)
    return "traces.db"


def place(span: dict[str, str]) -> str:
    """Name a span's session."""
    return f"{span['assistantId']}/{span['sessionId']}"


@pytest.mark.parametrize(
    "name",
    [
        "all.spanglass",
        "all.otlp",
        "all.otlp.json.zst",
        "all.jsonl",
        "all.jsonl.gz",
        "all.jsonl.zst",
        "all.spanglass.zst",
    ],
)
def test_a_store_goes_round(run: Run, store: str, name: str) -> None:
    """What is exported and imported elsewhere is exported there into the same bytes; nothing is printed in pipes."""
    code, out, _ = run("export", name, "--store", store)
    assert (code, out) == (0, "")
    assert run("import", name, "--store", "other.db") == (0, "", "")
    code, _, _ = run("export", f"again-{name}", "--store", "other.db")
    assert code == 0
    assert Path(f"again-{name}").read_bytes() == Path(name).read_bytes()
    assert not list(Path().glob("*.part"))


def test_a_server_goes_round(run: Run, store: str, tmp_path: Path) -> None:
    """So does what one server has, by way of another."""
    assert run("export", "here.spanglass", "--store", store)[0] == 0
    with start(tmp_path / "server.db") as server:
        assert run("import", "here.spanglass", "--endpoint", server.url) == (0, "", "")
        assert run("export", "there.spanglass", "--endpoint", server.url) == (0, "", "")
    assert Path("there.spanglass").read_bytes() == Path("here.spanglass").read_bytes()


def test_an_endpoint_is_fed(run: Run, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes OTLP gets spans and log records as they came, with the headers told, and no key of ours."""
    run("export", "here.spanglass", "--store", store)
    (tmp_path / "server").mkdir()
    key = make_key(tmp_path / "server", "writer")
    monkeypatch.setenv("SPANGLASS_API_KEY", key.token)
    with start_with_keys(tmp_path / "server") as server:
        code, _, err = run("export", server.url, "--store", store)
        assert code == 2
        assert err.startswith(f"spanglass: {server.url}: ")
        header = ("--header", f"Authorization=Bearer {key.token}")
        assert run("export", f"{server.url}/v1/traces", "--store", store, *header) == (0, "", "")
    run("export", "there.spanglass", "--store", "server/spans.db")
    assert Path("there.spanglass").read_bytes() == Path("here.spanglass").read_bytes()


def test_tables_are_written_and_not_read(run: Run, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet is for analysis: an import says so, and what it takes to write it where that is missing."""
    assert run("export", "all.parquet", "--store", store) == (0, "", "")
    (some, *_) = Path("all.parquet").glob("spans/*/*/*.parquet")
    for name in ("all.parquet", str(some)):
        code, _, err = run("import", name, "--store", "new.db")
        assert code == 1
        assert "Parquet is for analysis and cannot be read back" in err
    code, _, err = run("pull", "x", "--into", "all.parquet")
    assert (code, err) == (2, "spanglass: into: parquet is written from a store, by spanglass export\n")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    arrow.cache_clear()
    code, _, err = run("export", "more.parquet", "--store", store)
    told = "spanglass: pyarrow makes tables and writes Parquet; install it with: pip install 'spanglass[parquet]'\n"
    assert (code, err) == (2, told)
    assert not Path("more.parquet").exists()


def test_what_is_left_out_is_told(run: Run, store: str) -> None:
    """ListSpans's shape has no room for telemetry; the command says how many spans had some, also as JSON."""
    code, out, err = run("export", "-", "--store", store)
    assert code == 0
    spans = [json.loads(line) for line in out.splitlines()]
    assert f"spanglass: left out: {len(spans)} spans' telemetry beside what ListSpans lists\n" in err
    code, out, err = run("export", "x.jsonl", "--store", store, "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["sessions"] == len({place(span) for span in spans})
    assert told["spans"] == told["leftOut"]["spans' telemetry beside what ListSpans lists"] == len(spans)


def test_sessions_can_be_chosen(run: Run, store: str) -> None:
    """By name, and by whatever narrows a list of sessions."""
    _, out, _ = run("export", "-", "--store", store)
    all_sessions = {place(json.loads(line)) for line in out.splitlines()}
    one = min(all_sessions)
    _, out, _ = run("export", "-", "--store", store, "--session", one)
    assert {place(json.loads(line)) for line in out.splitlines()} == {one}
    assert run("export", "-", "--store", store, "--to", "2001-01-01")[1] == ""
    _, out, _ = run("export", "-", "--store", store, "--from", "2001-01-01", "--format", "jsonl")
    assert {place(json.loads(line)) for line in out.splitlines()} == all_sessions


def test_what_cannot_be_taken_is_told_with_its_place(run: Run) -> None:
    """File, line and reason; the rest is taken, and the exit code says that something was not."""
    wrong = SPAN | {"spanId": "00000000-0000-4000-8000-000000000009", "status": "FINE"}
    Path("some.jsonl").write_text("\n".join([json.dumps(SPAN), "{", json.dumps(wrong)]))
    code, out, err = run("import", "some.jsonl", "missing.jsonl", "--store", "new.db", "--json")
    assert code == 1
    assert json.loads(out) == {"taken": 1, "refused": 2, "altered": 0, "problems": 3}
    told = err.splitlines()
    assert told[0].startswith("spanglass: some.jsonl: line 2: it is no JSON")
    assert told[1].startswith("spanglass: some.jsonl: line 3: status: Member must satisfy enum value set")
    assert told[2] == "spanglass: missing.jsonl: No such file or directory"


def test_a_truncated_file_is_told_with_its_place(run: Run, store: str) -> None:
    """Whether it is an archive or compressed lines; the store that was exported is untouched."""
    for name, told in (
        ("a.spanglass", "the archive is cut off: it ends at byte "),
        ("a.jsonl.zst", "its compressed content is cut off or damaged"),
    ):
        run("export", name, "--store", store)
        whole = Path(name).read_bytes()
        Path(name).write_bytes(whole[: len(whole) // 2])
        code, _, err = run("import", name, "--store", "new.db")
        assert code == 1
        assert err.startswith(f"spanglass: {name}: {told}")


def test_an_import_that_is_repeated_changes_nothing(run: Run, store: str) -> None:
    """So after a failure the same command goes on."""
    run("export", "a.spanglass", "--store", store)
    for _ in range(2):
        assert run("import", "a.spanglass", "--store", "new.db")[0] == 0
    run("export", "b.spanglass", "--store", "new.db")
    assert Path("b.spanglass").read_bytes() == Path("a.spanglass").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("export", "all.xyz"), "its name tells no format"),
        (
            ("export", "all.jsonl", "--format", "xyz"),
            "format: there is no xyz; there are otlp-json, otlp-proto, jsonl, archive, parquet",
        ),
        (("export", "-", "--json", "--format", "jsonl"), "json: what became of it cannot go where the sessions go"),
        (("export", "no/where.jsonl"), "No such file or directory"),
        (("export", "a.jsonl", "--session", "nobody"), "'nobody': there is no such session"),
        (("export", "a.jsonl", "--session", "x", "--from", "2001-01-01"), "session: name sessions, or tell"),
        (("export", "http://127.0.0.1:9", "--format", "jsonl"), "format: an endpoint takes OTLP, and nothing else"),
        (("export", "http://127.0.0.1:9", "--header", "x"), "header: 'x' is no NAME=VALUE"),
        (("export", "a.jsonl", "--header", "x=y"), "header: a file has none"),
        (("import", "binary"), "byte 0: this is of no format that can be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(run: Run, store: str, arguments: tuple[str, ...], told: str) -> None:
    """No traceback, and no file is left that is none."""
    Path("binary").write_bytes(b"\xff\x00\xff")
    code, _, err = run(*arguments, "--store", store)
    assert code == (1 if arguments[0] == "import" or "nobody" in arguments else 2)
    assert err.startswith("spanglass: ")
    assert told in err
    assert err.count("\n") == 1
    assert not list(Path().glob("*.part"))
    assert not list(Path().glob("*.jsonl"))
