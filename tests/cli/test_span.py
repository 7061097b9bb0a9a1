"""``spanglass span`` and ``spanglass search``: one span in full, and words with what was said."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Done, on_terminal, plain, run
from tests.integration.serving import Server

STRANDS = "strands/1111"
FAILED = "3315db43-f917-5ac9-afd5-619af3d64cde"


def _span(recorded: Server, *arguments: str) -> Done:
    return run("span", *arguments, SPANGLASS_ENDPOINT=recorded.url)


def test_a_span_is_told_in_full(recorded: Server, store: Path) -> None:
    """What it heard and said, why it failed, and what became of nothing else."""
    done = on_terminal(80, "span", FAILED, "--endpoint", recorded.url)
    assert done.code == 0
    lines = plain(done.out).splitlines()
    assert lines[:4] == [
        "execute_tool get_exchange_rate  ERROR",
        "why           ValueError: unknown currency XYZ",
        "started       2026-11-23 14:27:55",
        "took          2 ms",
    ]
    at = lines.index("heard")
    assert lines[at + 1 : at + 3] == ["BOT  14:27:55", '  → get_exchange_rate {"base":"EUR","quote":"XYZ"}']
    assert "  user.id  u-1" in lines
    assert all(len(line) <= 80 for line in lines)
    assert _span(recorded, FAILED) == run("span", FAILED, "--store", str(store))


def test_a_call_shows_what_is_new_in_it(recorded: Server) -> None:
    """What a call repeats is counted, and shown when all is asked for."""
    new, whole = (_span(recorded, "62eb", "--session", STRANDS, *more).out for more in ([], ["--all"]))
    assert "heard  2 more that the call before had, too; --all shows them" in new
    assert "What is the weather in Paris" not in new
    assert "What is the weather in Paris" in whole


def test_programs_read_it_whole_or_raw(recorded: Server) -> None:
    """``--json`` is the JSON API's answer, ``--raw`` ListSpans's own."""
    page = json.loads(_span(recorded, FAILED, "--json").out)
    assert page["span"]["spanId"] == FAILED
    assert json.loads(_span(recorded, FAILED, "--raw").out) == page["raw"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nothing"], 1, "'nothing': there is no such span in http://"),
        (["9", "--session", STRANDS], 1, "'9': there is no such span"),
        (["", "--session", STRANDS], 2, "'' stands for 13 spans"),
        ([FAILED, "--session", "nowhere"], 1, "'nowhere': there is no such session"),
    ],
)
def test_what_names_no_span_is_told(recorded: Server, arguments: list[str], code: int, told: str) -> None:
    """Nothing and too much each have their error."""
    done = _span(recorded, *arguments)
    assert (done.code, done.out) == (code, "")
    assert told in done.err


def test_words_are_found_with_what_was_said(recorded: Server) -> None:
    """Sessions come with excerpts, hits marked on a terminal; conditions narrow; nothing is exit code 1."""
    found = on_terminal(100, "search", "unknown", "currency", "--endpoint", recorded.url)
    assert found.code == 0
    assert "\x1b[1;33munknown\x1b[0m \x1b[1;33mcurrency\x1b[0m XYZ" in found.out
    narrowed = run("search", "currency agent:travel-agent", "--json", SPANGLASS_ENDPOINT=recorded.url)
    (session,) = map(json.loads, narrowed.out.splitlines())
    assert session["excerpts"]
    assert run("search", "xylophone", SPANGLASS_ENDPOINT=recorded.url) == Done(1, "", "")
    assert "words are needed" in run("search", "status:error", SPANGLASS_ENDPOINT=recorded.url, COLUMNS="200").err


def test_a_range_of_time_is_summed(recorded: Server) -> None:
    """Figures, models, tools and errors of the range are those of the JSON API; an empty range is exit code 1."""
    bounds = ("--from", "2026-11-23", "--to", "2026-11-24")
    done = on_terminal(80, "stats", *bounds, "--endpoint", recorded.url)
    lines = plain(done.out).splitlines()
    assert (done.code, lines[0]) == (0, "2026-11-23 00:00 – 2026-11-24 00:00")  # noqa: RUF001 (from, to)
    assert "2,818 tokens" in lines[1]
    at = lines.index("TOOL               CALLS  ERRORS  SESSIONS   P50   P95  IN ALL  RESULTS")
    assert lines[at + 1].split()[:4] == ["get_exchange_rate", "2", "2", "2"]
    told = json.loads(run("stats", *bounds, "--json", SPANGLASS_ENDPOINT=recorded.url).out)
    assert told == recorded.ask(f"/api/overview?from={told['start']}&to={told['end']}&buckets=60").json()
    empty = run("stats", "--to", "2020-01-01", SPANGLASS_ENDPOINT=recorded.url)
    assert (empty.code, empty.out.splitlines()[1]) == (1, "0 sessions  0 tokens")
    assert run("stats", "--from", "2026-01-02", "--to", "2026-01-01", SPANGLASS_ENDPOINT=recorded.url) == Done(
        2, "", "spanglass: to: must be later than from\n"
    )
