"""``spanglass sessions``: sessions by any condition."""

from collections.abc import Iterable
from typing import Annotated, Final

import typer
from rich.text import Text

from spanglass.answers import Excerpt, Session
from spanglass.cli import filtering
from spanglass.cli.figures import duration, minute, money
from spanglass.cli.output import STATUS_STYLES, Column, Output
from spanglass.cli.reading import NOTHING, reads
from spanglass.cli.visible import one_line, visible
from spanglass.traces import Traces

COLUMNS: Final = (
    Column("STARTED"),
    Column("SESSION", least=20),
    Column("ASSISTANT", least=12, rank=1),
    Column("AGENTS", least=12, rank=5),
    Column("MODELS", least=12, rank=6),
    Column("SPANS", right=True, rank=2),
    Column("TOKENS", right=True),
    Column("COST", right=True, rank=3),
    Column("TIME", right=True),
    Column("STATUS"),
    Column("FLOW", rank=4),
)
ROLE_STYLES: Final = {"inference": "blue", "execute_tool": "green", "other": "bright_black", "gap": ""}
FLOW_CELLS: Final = 16
"""Cells of a session's small picture."""


@reads
def sessions(
    *,
    query: filtering.Query = "",
    assistant: filtering.Assistant = None,
    agent: filtering.Agent = None,
    model: filtering.Model = None,
    tool: filtering.Tool = None,
    statuses: filtering.Statuses = None,
    error: filtering.Error = None,
    since: filtering.Since = None,
    until: filtering.Until = None,
    last: filtering.Last = None,
    min_duration: filtering.MinDuration = None,
    max_duration: filtering.MaxDuration = None,
    min_tokens: filtering.MinTokens = None,
    max_tokens: filtering.MaxTokens = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many; 0: all.")] = 20,
    traces: Traces,
    output: Output,
) -> None:
    """List sessions, newest first.

    Conditions hold together; one that is given several times is met by any of its values. --json prints a session a
    line. The exit code is 1 where there is none.

    Examples:
      spanglass sessions --last 24h --status error

      spanglass sessions --query 'agent:planner duration>2s refund' --json
    """
    given = {
        "assistants": assistant,
        "agents": agent,
        "models": model,
        "tools": tool,
        "statuses": statuses,
        "error_types": error,
        "since": last if since is None else since,
        "until": until,
        "min_duration_ms": min_duration,
        "max_duration_ms": max_duration,
        "min_tokens": min_tokens,
        "max_tokens": max_tokens,
    }
    tell(traces.sessions(filtering.filters(query, given), limit=limit or None), output)


def tell(found: Iterable[Session], output: Output) -> None:
    """Print sessions, as they come where a program reads them.

    Raises:
        typer.Exit: There is none.
    """
    listed = []
    for session in found:
        listed.append(session)
        if output.json:
            output.document(session)
            listed = listed[:1]
    if not listed:
        raise typer.Exit(NOTHING)
    if not output.json:
        output.table(COLUMNS, map(_row, listed))


def _row(session: Session) -> list[str | Text]:
    return [
        minute(session.start_timestamp),
        visible(session.name),
        visible(session.assistant_name),
        names(session.agents),
        names(session.models),
        f"{session.spans:,}",
        f"{session.total_tokens:,}",
        money(session.cost),
        duration(session.duration_ms),
        status(session),
        flow(session),
    ]


def names(counts: dict[str, int]) -> str:
    """Put names on one line, the most frequent first."""
    return one_line(", ".join(sorted(counts, key=lambda name: -counts[name])))


def status(session: Session) -> Text:
    """Tell how the worst of a session ended, and how often."""
    if session.errors > session.timeouts:
        return Text(f"{session.errors:,} ERR", STATUS_STYLES["ERROR"])
    if session.timeouts:
        return Text(f"{session.timeouts:,} TIMEOUT", STATUS_STYLES["TIMEOUT"])
    return Text("RUNNING", STATUS_STYLES["RUNNING"]) if session.running else Text("OK", STATUS_STYLES["OK"])


def flow(session: Session) -> Text:
    """Draw the small picture: what ran in each part of the time, red where something failed."""
    picture = Text()
    for role, ended, share in session.strip:
        cells = max(1, round(share * FLOW_CELLS))
        style = "red" if ended != "OK" else ROLE_STYLES[role]
        picture.append(" " * cells if role == "gap" else "▆" * cells, style)
    picture.truncate(FLOW_CELLS)
    return picture


def excerpt(told: Excerpt) -> Text:
    """Put an excerpt on one line, with what was sought marked."""
    units = told.text.encode("utf-16-le", "surrogatepass")
    line, at = Text(), 0
    for start, end in [*told.marks, (len(units) // 2, len(units) // 2)]:
        for piece, style in ((units[2 * at : 2 * start], ""), (units[2 * start : 2 * end], "bold yellow")):
            line.append(visible(piece.decode("utf-16-le", "replace").replace("\n", " ")), style)
        at = end
    return line
