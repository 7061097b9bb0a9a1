"""``spanglass show``: a session as a tree, or as what was said."""

import contextlib
import json
from pathlib import Path

import pytest

from spanglass.store.sqlite import SqliteStore
from tests.cli.running import Done, on_terminal, plain, run
from tests.integration.serving import Server
from tests.traces.hostile import hostile

STRANDS = "strands/11111111-2222-4333-8444-555555555555"
TREE = """\
11111111-2222-4333-8444-555555555555  strands
2026-11-23 14:27:55  182 ms  13 spans  1,332 tokens  1 error
18a14afe  invoke_agent travel-agent                              134 ms  OK
cc9a082d  ├─ execute_event_loop_cycle                             39 ms  OK
a2832599  │  ├─ inference chat  anthropic.claud…    260 tok       37 ms  OK
b9324996  │  ├─ execute_tool get_weather                           1 ms  OK
7ac875e5  │  └─ execute_tool calculate                             1 ms  OK
7e9f38c4  ├─ execute_event_loop_cycle                             48 ms  OK
62eb33f4  │  ├─ inference chat  anthropic.claud…    315 tok       46 ms  OK
3315db43  │  └─ execute_tool get_exchange_rate                     2 ms  ERROR
          │        ValueError: unknown currency XYZ
46af63d4  └─ execute_event_loop_cycle                             46 ms  OK
cd809a58     └─ inference chat  anthropic.claud…    380 tok       45 ms  OK
cde0a777  invoke_agent travel-agent                               46 ms  OK
b6aef8ea  └─ execute_event_loop_cycle                             46 ms  OK
d1bc423c     └─ inference chat  anthropic.claud…    377 tok       46 ms  OK
"""


def _show(recorded: Server, *arguments: str) -> Done:
    return run("show", *arguments, SPANGLASS_ENDPOINT=recorded.url)


def test_a_session_is_a_tree(recorded: Server, store: Path) -> None:
    """A terminal of 80 columns shows each span at its place, with tokens, time and status, and why one failed."""
    done = on_terminal(80, "show", STRANDS, "--endpoint", recorded.url)
    assert (done.code, done.err) == (0, "")
    assert plain(done.out) == TREE
    assert all(len(line) <= 80 for line in plain(done.out).splitlines())
    piped = _show(recorded, STRANDS)
    assert piped == run("show", STRANDS, "--store", str(store))
    assert "\x1b" not in piped.out


def test_a_session_is_what_was_said(recorded: Server) -> None:
    """The conversation has who spoke, what was said, and calls of tools with their results."""
    lines = _show(recorded, STRANDS, "--conversation").out.splitlines()
    at = lines.index("  What is the weather in Paris, what is 17*23, and the EUR/XYZ rate?")
    assert lines[at - 1].endswith("CUSTOMER")
    assert '  → get_weather {"city":"Paris","unit":"celsius"}' in lines
    assert "    18 C, cloudy in Paris" in lines


def test_json_is_one_document(recorded: Server) -> None:
    """Programs read the session with its outline, or with its turns, as the JSON API has them."""
    told = json.loads(_show(recorded, STRANDS, "--json").out)
    session = told["session"]
    path = f"/api/assistants/{session['assistantId']}/sessions/{session['sessionId']}"
    assert told == {"session": recorded.ask(path).json(), "spans": recorded.ask(f"{path}/outline").json()["spans"]}
    said = json.loads(_show(recorded, STRANDS, "--conversation", "--json").out)
    assert said["turns"] == recorded.ask(f"{path}/conversation").json()["turns"]


def test_what_names_no_session_is_told(recorded: Server) -> None:
    """Nothing is exit code 1; several are 2, each named so that it can be copied."""
    assert _show(recorded, "nowhere") == Done(
        1, "", f"spanglass: 'nowhere': there is no such session in {recorded.url}\n"
    )
    several = _show(recorded, "1111")
    assert several.code == 2
    first, *found = several.err.splitlines()
    assert first == "spanglass: '1111' stands for 2 sessions"
    assert all(_show(recorded, each.strip()).code == 0 for each in found)


@pytest.mark.parametrize("options", [[], ["--conversation"]])
def test_what_was_said_is_never_run(options: list[str], tmp_path: Path) -> None:
    """Escape sequences, control characters and marks of direction are shown, on a terminal too, and markup is text."""
    path = tmp_path / "hostile.db"
    with contextlib.closing(SqliteStore(path)) as store:
        session = hostile(store)
    done = on_terminal(100, "show", session, *options, "--store", str(path), NO_COLOR="1")
    assert done.code == 0
    assert "␛]0;owned␇" in done.out
    assert "\\u202e" in done.out
    assert "[bold]" in done.out
    assert not set(plain(done.out)) & set("\x1b\x07\x08\u202e")
