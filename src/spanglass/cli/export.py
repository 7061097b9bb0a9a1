"""``spanglass export``: sessions into a file."""

from collections.abc import Iterator
from typing import Annotated

import typer

from spanglass.answers import Session
from spanglass.cli import filtering
from spanglass.cli.figures import plural
from spanglass.cli.moving import progress
from spanglass.cli.output import Output, complain
from spanglass.cli.reading import reads
from spanglass.config import ConfigError
from spanglass.formats.choosing import FORMATS, format_of
from spanglass.formats.files import STANDARD, written
from spanglass.formats.interface import FormatError
from spanglass.moving.exporting import export as moved
from spanglass.traces import Filters, Traces


@reads
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - is standard output.")],
    *,
    session: Annotated[
        list[str] | None,
        typer.Option(help="This session: its UUID, ARN or name, or a contact's id.", rich_help_panel="Which sessions"),
    ] = None,
    query: filtering.Query = "",
    assistant: filtering.Assistant = None,
    since: filtering.Since = None,
    until: filtering.Until = None,
    last: filtering.Last = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help=f"One of {', '.join(FORMATS)}.", show_default="what the file's name tells"),
    ] = None,
    traces: Traces,
    output: Output,
) -> None:
    """Write sessions to a file.

    All sessions, or those that are named or meet the conditions. The file is there once all of it is written; the
    suffixes .gz and .zst compress. What the format has no room for is counted and told.

    Examples:
      spanglass export november.spanglass --from 2026-11-01 --to 2026-12-01

      spanglass export - --session umbrella-7 | jq .spanName
    """
    if form is not None and form not in FORMATS:
        raise ConfigError(f"format: there is no {form}; there are {', '.join(FORMATS)}")
    if output.json and file == STANDARD:
        raise ConfigError("json: what became of it cannot go where the sessions go")
    given = {"assistants": assistant, "since": last if since is None else since, "until": until}
    sessions = _sessions(traces, session or [], filtering.filters(query, given))
    try:
        write = FORMATS[form or format_of(file)].write
        with written(file) as stream, progress(f"exporting to {file}") as seen:
            writer = write(stream)
            exported = moved(traces, sessions, writer, seen)
            writer.close()
    except FormatError as error:
        raise ConfigError(f"{file}: {error}") from None
    left_out = {kind: count for kind, count in writer.losses.items() if count}
    if output.json:
        output.document(exported._asdict() | {"leftOut": left_out})
        return
    for kind, count in left_out.items():
        complain(f"left out: {count} {kind}")
    if file != STANDARD and output.is_terminal:
        output.line(f"{plural(exported.spans, 'span')} of {plural(exported.sessions, 'session')} in {file}")


def _sessions(traces: Traces, named: list[str], filters: Filters) -> Iterator[Session]:
    if not named:
        return traces.sessions(filters)
    if filters != Filters():
        raise ConfigError("session: name sessions, or tell which are meant by the other options")
    return map(traces.session, named)
