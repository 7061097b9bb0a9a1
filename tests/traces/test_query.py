"""The grammar of queries."""

import re
import time
from typing import get_args

import pytest

from spanglass.store.where import Status
from spanglass.traces import Filters, query
from spanglass.traces.query import QueryError, parse
from tests.docs.pages import ROOT

NOW = 1_800_000_000.0


def test_a_query_is_read_as_the_viewer_reads_it() -> None:
    """Conditions, bounds, ranges and words each become what the API takes."""
    told = parse('agent:planner agent:"two words" STATUS:error duration>2s tokens<10k last:24h my "old" order x:y', NOW)
    assert told == Filters(
        text='my "old" order x:y',
        agents=("planner", "two words"),
        statuses=("error",),
        since=NOW - 86_400,
        min_duration_ms=2000,
        max_tokens=10_000,
    )
    assert dict(told.parameters())["from"] == str(NOW - 86_400)


def test_times_are_read_as_browsers_read_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day is UTC's, a time without zone is local, and a zone is heeded."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert parse("from:2026-11-25").since == 1795564800
        assert parse("from:2026-11-25T00:00").since == 1795564800 - 19_800
        assert parse("to:2026-11-25T00:00Z").until == 1795564800
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "wrong", ["status:odd", "last:soon", "last:3", "duration>x", "tokens<", "from:yesterday", "agent:", 'tool:""']
)
def test_conditions_that_say_nothing_are_told(wrong: str) -> None:
    """A value that a condition cannot have is an error, not a word to search for."""
    with pytest.raises(QueryError):
        parse(wrong)


def test_the_viewer_knows_the_same_conditions() -> None:
    """Names, units and signs are those of the viewer's query box."""
    source = (ROOT / "viewer/src/app/query.ts").read_text()
    for name in (*query.KEYS, *query.FIGURES):
        assert f"\n  {name}: {{" in source
    (block,) = re.findall(r"const DURATIONS[^{]*{(.*?)}", source, re.DOTALL)
    units = {unit: float(factor.replace("_", "")) for unit, factor in re.findall(r"(\w+): ([\w.]+)", block)}
    assert units == query._DURATIONS
    assert 'STATUSES = ["ok", "error", "timeout", "running"]' in source
    assert get_args(Status) == ("ok", "error", "timeout", "running")
