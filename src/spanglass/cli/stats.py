"""``spanglass stats``: a range of time, summed."""

import time
from collections.abc import Sequence
from typing import Final

import typer
from msgspec import UNSET

from spanglass.answers import Bucket, Overview, Percentiles, ToolUsage, Usage
from spanglass.cli import filtering
from spanglass.cli.figures import duration, minute, money, percent, plural
from spanglass.cli.output import STATUS_STYLES, Column, Output
from spanglass.cli.reading import NOTHING, reads
from spanglass.cli.visible import visible
from spanglass.traces import Traces

BARS: Final = " ▁▂▃▄▅▆▇█"
BUCKETS: Final = 60
DAY_SECONDS: Final = 86_400.0
USAGE: Final = (
    Column("CALLS", right=True),
    Column("SESSIONS", right=True, rank=1),
    Column("INPUT", right=True, rank=2),
    Column("CACHE READ", right=True, rank=4),
    Column("CACHE WRITE", right=True, rank=5),
    Column("OUTPUT", right=True, rank=3),
    Column("TOKENS", right=True),
    Column("COST", right=True),
)
TOOLS: Final = (
    Column("TOOL", least=16),
    Column("CALLS", right=True),
    Column("ERRORS", right=True),
    Column("SESSIONS", right=True, rank=3),
    Column("P50", right=True),
    Column("P95", right=True, rank=1),
    Column("IN ALL", right=True, rank=2),
    Column("RESULTS", right=True, rank=4),
)
ERRORS: Final = (Column("ERROR", least=16), Column("SESSIONS", right=True))


@reads
def stats(
    *,
    last: filtering.Last = None,
    since: filtering.Since = None,
    until: filtering.Until = None,
    assistant: filtering.Assistant = None,
    traces: Traces,
    output: Output,
) -> None:
    """Sum a range of time, by default 24 hours: failures, times, tokens and cost by model, agent and tool.

    Sessions count where they began. --json prints one document. The exit code is 1 where there is no session.

    Examples:
      spanglass stats --last 7d

      spanglass stats --from 2026-11-01 --to 2026-12-01 --assistant shop --json
    """
    now = time.time()
    end = now if until is None else until
    start = next((each for each in (since, last) if each is not None), end - DAY_SECONDS)
    told = traces.overview(start, end, assistants=tuple(assistant or ()), buckets=BUCKETS)
    if output.json:
        output.document(told)
    else:
        _tell(told, output)
    if not told.sessions:
        raise typer.Exit(NOTHING)


def _tell(told: Overview, output: Output) -> None:
    output.line(f"{minute(told.start)} – {minute(told.end)}")  # noqa: RUF001 (from, to)
    failed = f"  {told.failed:,} failed ({percent(told.failed / told.sessions)})" if told.failed else ""
    output.line(
        (plural(told.sessions, "session"), "bold"),
        (failed, STATUS_STYLES["ERROR"]),
        (f"  {told.timed_out:,} timed out" if told.timed_out else "", STATUS_STYLES["TIMEOUT"]),
        (f"  {told.running:,} running" if told.running else "", STATUS_STYLES["RUNNING"]),
        f"  {plural(told.total_tokens, 'token')}",
        "" if told.cost is UNSET else f"  {money(told.cost)}",
    )
    if not told.sessions:
        return
    output.line(("sessions  ", "dim"), (_bars(told.buckets), "blue"))
    output.line(("took      ", "dim"), _percentiles(told.session_ms))
    if told.read < told.sessions:
        output.line((f"What follows is summed over {told.read:,} of them, an even sample.", "dim"))
    if not told.complete:
        output.line(("There are more; these are the newest.", "dim"))
    for kind, usages in (("MODEL", told.models), ("AGENT", told.agents)):
        _table([Column(kind, least=16), *USAGE], [_usage(usage) for usage in usages], output)
    _table(TOOLS, [_tool(tool) for tool in told.tools], output)
    _table(ERRORS, [[visible(each.name), f"{each.sessions:,}"] for each in told.error_types], output)


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]], output: Output) -> None:
    if rows:
        output.line()
        output.table(columns, rows)


def _bars(buckets: Sequence[Bucket]) -> str:
    """Draw how many sessions began in each part of the range."""
    most = max(bucket.sessions for bucket in buckets)
    return "".join(BARS[-(-bucket.sessions * (len(BARS) - 1) // most)] for bucket in buckets)


def _percentiles(of: Percentiles) -> str:
    return "  ".join(f"p{name} {duration(getattr(of, f'p{name}'))}" for name in ("50", "90", "95", "99"))


def _usage(usage: Usage) -> list[str]:
    tokens = usage.tokens
    counts = (tokens.input, tokens.cache_read, tokens.cache_write, tokens.output)
    name = visible(usage.name) or "(none told)"
    cells = [f"{count:,}" if count else "" for count in counts]
    return [name, f"{usage.inferences:,}", f"{usage.sessions:,}", *cells, f"{tokens.total:,}", money(usage.cost)]


def _tool(tool: ToolUsage) -> list[str]:
    return [
        visible(tool.name),
        f"{tool.calls:,}",
        f"{tool.errors:,}" if tool.errors else "",
        f"{tool.sessions:,}",
        duration(tool.duration_ms.p50),
        duration(tool.duration_ms.p95),
        duration(tool.total_ms),
        f"{tool.result_bytes:,} B",
    ]
