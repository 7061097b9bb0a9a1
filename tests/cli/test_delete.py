"""``spanglass delete``: what goes, who may, and who is asked before."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.captures import DATA
from tests.cli.running import Done, environment, run
from tests.integration.issuing import make_key, start_with_keys
from tests.integration.serving import COMMAND, Server, start
from tests.traces.conftest import CAPTURE, OTHER

STRANDS = "strands/1111"


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> Iterator[Server]:
    with start(tmp_path / "spans.db") as server:
        server.export(*((DATA / name).read_bytes() for name in (CAPTURE, OTHER)))
        yield server


def _delete(server: Server, *arguments: str) -> Done:
    return run("delete", *arguments, "--endpoint", server.url, COLUMNS="200")


def _names(server: Server) -> list[str]:
    return [session["assistantName"] for session in server.ask("/api/sessions").json()["sessions"]]


def test_sessions_assistants_and_what_is_old_are_deleted(own: Server) -> None:
    """Each way deletes what it names and nothing else; doing it again is exit code 1."""
    done = _delete(own, STRANDS, "--yes")
    assert (done.code, done.out) == (0, "deleted 1 session\n")
    assert done.err.startswith("11111111-2222-4333-8444-555555555555  strands  2026-11-23 ")
    assert _names(own) == ["pydantic-ai"]
    assert _delete(own, STRANDS, "--yes").code == 1
    assert _delete(own, "--before", "2026-11-23", "--yes", "--json") == Done(1, '{"sessions":0}\n', "")
    assert _delete(own, "--assistant", "pydantic-ai", "--yes", "--json") == Done(0, '{"assistants":1}\n', "")
    assert _names(own) == []
    assert _delete(own, "--assistant", "pydantic-ai", "--yes").code == 1


def test_a_store_that_nobody_serves_is_deleted_from(own: Server) -> None:
    """A file is deleted from as well, by age, also while a server has it."""
    store = str(own.log.with_suffix(""))
    assert run("delete", "--before", "2027-01-01", "--yes", "--json", "--store", store).out == '{"sessions":2}\n'
    assert _names(own) == []


def test_a_person_is_asked(own: Server) -> None:
    """On a terminal nothing is deleted before somebody says so; where nobody can be asked, nothing is deleted."""
    refused = _delete(own, STRANDS)
    assert refused.code == 2
    assert "--yes says that it is meant" in refused.err
    for answer, left in (("n", 2), ("y", 1)):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, "delete", STRANDS, "--endpoint", own.url],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        os.write(ours, f"{answer}\n".encode())
        _, err = process.communicate(timeout=60)
        os.close(ours)
        os.close(theirs)
        assert b"Delete 1 session? [y/N]" in err
        assert (process.returncode, len(_names(own))) == (left - 1, left)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say what: sessions, --assistant, or --before"),
        ([STRANDS, "--before", "2026-01-01"], "say what"),
        (["--before", "soon"], "'soon' is not a time"),
    ],
)
def test_what_is_not_said_rightly_is_refused(arguments: list[str], told: str) -> None:
    """One thing has to be named, in a form that says it."""
    done = run("delete", *arguments, "--yes", "--endpoint", "http://127.0.0.1:1", COLUMNS="200")
    assert done.code == 2
    assert told in done.err


def test_only_admins_delete(tmp_path: Path) -> None:
    """A reader's key reads, and is told that it may not delete, by either API."""
    reader, admin = make_key(tmp_path, "reader"), make_key(tmp_path, "admin")
    with start_with_keys(tmp_path) as server:
        where = ("--endpoint", server.url)
        assert run("sessions", *where).err.splitlines()[1:] == [
            "spanglass: set SPANGLASS_API_KEY to a key's bearer token, or sign with --profile or --sign"
        ]
        by_reader = {"SPANGLASS_API_KEY": reader.token}
        assert run("sessions", *where, **by_reader).code == 1
        for what, told in ((["--before", "1d"], "may not delete"), (["--assistant", "x"], "wisdom:DeleteAssistant")):
            denied = run("delete", *what, "--yes", *where, **by_reader)
            assert denied.code == 2
            assert told in denied.err
        assert run("delete", "--before", "1d", "--yes", *where, SPANGLASS_API_KEY=admin.token).code == 1
        signed = run("sessions", "--sign", *where, AWS_ACCESS_KEY_ID=reader.key_id, AWS_SECRET_ACCESS_KEY=reader.secret)
        assert signed == Done(1, "", "")
        assert json.loads(run("doctor", "--json", *where).out)["findings"][-1]["what"] == "clock"
