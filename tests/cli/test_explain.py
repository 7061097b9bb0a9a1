"""``spanglass explain``: what became of each attribute of a file or of a stored span."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from spanglass.mapping.identity import span_uuid
from spanglass.store.sqlite import SqliteStore
from tests.captures import DATA, exported, mapper

CAPTURE = "strands/bedrock_latest_attrs_tools_refusal"
EXPORT = str(DATA / f"{CAPTURE}.pb")


def _explain(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spanglass", "explain", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | settings)


@pytest.fixture(name="store", scope="module")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explain") / "traces.db"
    store = SqliteStore(path)
    store.write(mapper().parts(exported(CAPTURE)))
    store.close()
    return path


def test_a_file_is_explained_span_by_span() -> None:
    """A person reads of each attribute what becomes of it."""
    done = _explain(EXPORT)
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["gen_ai.request.model", "request_model", "OpenTelemetry", "GenAI"] in lines
    assert ["user.id", "claimed", "by", "nobody,", "kept", "verbatim"] in lines
    assert sum(line[:1] == ["members:"] for line in lines) == len(exported(CAPTURE))


def test_json_is_an_object_a_line() -> None:
    """A program reads the same."""
    lines = [json.loads(line) for line in _explain(EXPORT, "--json").stdout.splitlines()]
    assert [line["name"] for line in lines] == [span.name for span in exported(CAPTURE)]
    assert {claim["outcome"] for line in lines for claim in line["claims"]} >= {"used", "kept", "outranked"}


def test_an_export_as_json_is_read_too(tmp_path: Path) -> None:
    """Withheld values are shown beside the members."""
    path = DATA / "vercel-ai" / "v7_generate_tools.json"
    assert 'withheld: {"temperature":1.3}' in _explain(str(path)).stdout
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"resourceSpans": 1}')
    assert "wrong.json: no OTLP export of traces" in _explain(str(wrong)).stderr


def test_a_stored_span_is_found_by_either_id(store: Path) -> None:
    """The spanId of ListSpans and OpenTelemetry's ids name the same span."""
    span = next(span for span in exported(CAPTURE) if span.name == "chat")
    ids = f"{span.trace_id.hex()}:{span.span_id.hex()}"
    by_otel = _explain(ids, "--json", "--store", f"sqlite:///{store}")
    told = json.loads(by_otel.stdout)
    assert (told["name"], told["otelSpanId"]) == ("chat", span.span_id.hex())
    listed = str(uuid.UUID(bytes=span_uuid(span.trace_id, span.span_id)))
    assert _explain(listed, "--json", "--store", f"sqlite:///{store}").stdout == by_otel.stdout


def test_own_attributes_for_sessions_are_told_as_such(store: Path) -> None:
    """An attribute that the settings say names a session is claimed, of a file and of the store alike."""
    span = next(span for span in exported(CAPTURE) if span.name == "chat")
    for target in (EXPORT, f"{span.trace_id.hex()}:{span.span_id.hex()}"):
        arguments = (target, "--json", "--store", f"sqlite:///{store}")
        done = _explain(*arguments, SPANGLASS_SESSION_ATTRIBUTES="user.id")
        for line in map(json.loads, done.stdout.splitlines()):
            (claim,) = (claim for claim in line["claims"] if claim["attribute"] == "user.id")
            assert (claim["outcome"], claim["member"]) == ("used", "session")


@pytest.mark.parametrize(
    ("target", "code", "reason"),
    [
        ("nowhere.pb", 2, "nowhere.pb: neither a file nor the id of a span"),
        ("zz:0011223344556677", 2, "zz:0011223344556677: neither a file nor the id of a span"),
        ("00000000-0000-4000-8000-000000000000", 1, "'00000000-0000-4000-8000-000000000000': there is no such span in"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(store: Path, target: str, code: int, reason: str) -> None:
    """No traceback; the exit code tells nothing found from what cannot be."""
    done = _explain(target, "--store", f"sqlite:///{store}")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"spanglass: {reason}")
    assert len(done.stderr.splitlines()) == 1


def test_an_export_without_spans_is_told(tmp_path: Path) -> None:
    """An empty file is a valid message, of nothing."""
    (tmp_path / "empty.pb").touch()
    done = _explain(str(tmp_path / "empty.pb"))
    assert (done.returncode, done.stderr.rstrip().rpartition(": ")[2]) == (1, "no spans in it")


def test_a_store_is_not_made_by_looking_into_it(tmp_path: Path) -> None:
    """A file that is missing stays missing."""
    done = _explain("00000000-0000-4000-8000-000000000000", "--store", str(tmp_path / "missing.db"))
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
