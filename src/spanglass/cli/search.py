"""``spanglass search``: sessions in which words were said, with what was said."""

from typing import Annotated

import typer
from msgspec import UNSET

from spanglass.answers import Session
from spanglass.cli import filtering
from spanglass.cli.figures import minute
from spanglass.cli.output import Output
from spanglass.cli.reading import NOTHING, reads
from spanglass.cli.sessions import excerpt, status
from spanglass.cli.visible import one_line
from spanglass.traces import Traces


@reads
def search(
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT...", help="Words that one message holds, and conditions if you like.")
    ],
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many sessions; 0: all.")] = 20,
    traces: Traces,
    output: Output,
) -> None:
    """Find sessions in which words were said, newest first, with what was said.

    Words are compared whole, without regard to case or accents, in messages and system instructions. --json prints a
    session a line, with its excerpts. The exit code is 1 where there is none.

    Examples:
      spanglass search refund

      spanglass search unknown currency agent:travel-agent last:7d
    """
    filters = filtering.filters("", {}, text)
    if not filters.text:
        raise typer.BadParameter("words are needed; `spanglass sessions --query` takes conditions alone")
    found = False
    for session in traces.sessions(filters, limit=limit or None):
        if output.json:
            output.document(session)
        else:
            _tell(session, output)
        found = True
    if not found:
        raise typer.Exit(NOTHING)


def _tell(session: Session, output: Output) -> None:
    output.line(
        (minute(session.start_timestamp), "dim"),
        "  ",
        (one_line(session.name), "bold"),
        f"  {one_line(session.assistant_name)}  ",
        status(session),
    )
    for told in () if session.excerpts is UNSET else session.excerpts:
        output.line("  ", (told.span_id[:8], "dim"), "  ", excerpt(told))
