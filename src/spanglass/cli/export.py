"""``spanglass export``: sessions into a file, or to whatever takes OTLP."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Annotated

import typer

from spanglass.answers import Session
from spanglass.cli import filtering
from spanglass.cli.figures import plural
from spanglass.cli.moving import REFUSED, Problems, progress
from spanglass.cli.output import Output, complain
from spanglass.cli.reading import reads
from spanglass.config import ConfigError, Target
from spanglass.connection import connect
from spanglass.connection.connecting import WEB
from spanglass.formats.choosing import FORMATS, NAMES, PARQUET, format_of
from spanglass.formats.files import STANDARD, written
from spanglass.formats.interface import FormatError, Writer
from spanglass.formats.parquet import ParquetWriter, written_folder
from spanglass.moving.exporting import export as moved
from spanglass.moving.forwarding import EndpointWriter, base
from spanglass.moving.taking import Taker
from spanglass.traces import Filters, Traces


@reads
def export(
    file: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A file; - for standard output; or an endpoint of OTLP.")
    ],
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
        typer.Option("--format", help=f"One of {', '.join(NAMES)}.", show_default="what the file's name tells"),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A header for the endpoint, such as its key.")
    ] = None,
    traces: Traces,
    output: Output,
) -> None:
    """Write sessions to a file, or send them to an endpoint of OTLP.

    All sessions, or those that are named or meet the conditions. The file is there once all of it is written; the
    suffixes .gz and .zst compress. What the format has no room for is counted and told. An endpoint's address is that
    of OTEL_EXPORTER_OTLP_ENDPOINT; what it refuses is told, and the exit code is then 1.

    Examples:
      spanglass export november.spanglass --from 2026-11-01 --to 2026-12-01

      spanglass export - --session umbrella-7 | jq .spanName

      spanglass export https://collector.example:4318 --last 24h --header x-api-key=…
    """
    if form is not None and form not in NAMES:
        raise ConfigError(f"format: there is no {form}; there are {', '.join(NAMES)}")
    if output.json and file == STANDARD:
        raise ConfigError("json: what became of it cannot go where the sessions go")
    given = {"assistants": assistant, "since": last if since is None else since, "until": until}
    sessions = _sessions(traces, session or [], filtering.filters(query, given))
    problems = Problems()
    try:
        with ExitStack() as stack:
            writer = _writer(file, form, _headers(header or []), problems, stack)
            with progress(f"exporting to {file}") as seen:
                exported = moved(traces, sessions, writer, seen)
                writer.close()
    except FormatError as error:
        raise ConfigError(f"{file}: {error}") from None
    refused = writer.refused if isinstance(writer, EndpointWriter) else 0
    left_out = {kind: count for kind, count in writer.losses.items() if count}
    if output.json:
        output.document(exported._asdict() | {"leftOut": left_out, "refused": refused})
    else:
        for kind, count in left_out.items():
            complain(f"left out: {count:,} {kind}")
    if file != STANDARD and output.is_terminal and not output.json:
        output.line(f"{plural(exported.spans, 'span')} of {plural(exported.sessions, 'session')} in {file}")
    if refused:
        sys.exit(REFUSED)


def _writer(file: str, form: str | None, headers: Mapping[str, str], problems: Problems, stack: ExitStack) -> Writer:
    if not file.startswith(WEB):
        if headers:
            raise ConfigError("header: a file has none")
        form = form or format_of(file)
        if form == PARQUET:
            return ParquetWriter(stack.enter_context(written_folder(file)))
        return FORMATS[form].write(stack.enter_context(written(file)))
    if form is not None:
        raise ConfigError("format: an endpoint takes OTLP, and nothing else")
    connection = stack.enter_context(closing(connect(Target(endpoint=base(file)))))  # of ours it is shown no key
    return EndpointWriter(Taker(connection, headers), lambda one: problems.tell(one.where, one.reason))


def _headers(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise ConfigError(f"header: {wrong[0]!r} is no NAME=VALUE")
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _sessions(traces: Traces, named: list[str], filters: Filters) -> Iterator[Session]:
    if not named:
        return traces.sessions(filters)
    if filters != Filters():
        raise ConfigError("session: name sessions, or tell which are meant by the other options")
    return map(traces.session, named)
