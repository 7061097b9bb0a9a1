"""``spanglass pull``: sessions from AWS into a store, a server or a file."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from spanglass.cli.figures import plural
from spanglass.cli.moving import REFUSED, Problems, progress
from spanglass.cli.output import Output, complain
from spanglass.cli.reading import FAILED, INTERRUPTED, Json, ending
from spanglass.config import ConfigError, Target
from spanglass.connection import Connection, connect
from spanglass.connection.connecting import CASSANDRA, SQLITE, WEB
from spanglass.formats.choosing import FORMATS, format_of
from spanglass.formats.files import written
from spanglass.formats.interface import Altered, FormatError, Refused
from spanglass.model.arn import Misnomer, read_assistant
from spanglass.moving.aws import Aws, AwsError, SessionIds
from spanglass.moving.exporting import export
from spanglass.moving.pace import Pace
from spanglass.moving.pull_state import PullState, StateError
from spanglass.moving.pulling import Puller
from spanglass.moving.taking import Taker
from spanglass.traces import NotFoundError, ReadError, Traces, naming

RATE_DEFAULT: Final = 10.0
"""Requests a second that AWS lets an account make of ListSpans."""
SETTLED_HOURS_DEFAULT: Final = 24.0
SUFFIX: Final = ".pull"
_WHICH: Final = "Which sessions"
_AWS: Final = "AWS"


class Wanted:
    """Which sessions are meant, in whatever way they are named."""

    def __init__(self, aws: Aws, assistant: str | None, problems: Problems) -> None:
        self._aws = aws
        self._problems = problems
        self._assistant = None if assistant is None else _assistant(assistant)
        self.missing = 0

    def session(self, name: str) -> SessionIds:
        """Return which session a UUID, an ARN or ``ASSISTANT/SESSION`` names."""
        named = name if "/" in name or self._assistant is None else f"{self._assistant}/{name}"
        ids = naming.read(named)
        if ids is None:
            needed = "" if "/" in name or self._assistant else "; a UUID needs --assistant, too"
            raise ConfigError(f"{name!r} is no session's ARN, ASSISTANT/SESSION or UUID{needed}")
        return SessionIds(*ids)

    def contact(self, contact: str, instance: str | None) -> Iterator[SessionIds]:
        """Yield the session of a contact: as Amazon Connect tells it of an instance, else the one named so."""
        if instance is None:
            yield from self.named(contact)
            return
        arn = self._aws.session_of(instance, contact)
        if arn is None:
            self._missing(f"contact {contact}", "has no session")
        else:
            yield self.session(arn)

    def named(self, name: str) -> Iterator[SessionIds]:
        """Yield the sessions with a name, which SearchSessions finds."""
        if self._assistant is None:
            raise ConfigError("assistant: name the one whose sessions are searched with --assistant")
        found = list(self._aws.named(self._assistant, name))
        if not found:
            self._missing(f"name {name}", "no session has it")
        yield from found

    def _missing(self, what: str, reason: str) -> None:
        self.missing += 1
        self._problems.tell(what, reason)


def pull(
    sessions: Annotated[
        list[str] | None,
        typer.Argument(metavar="SESSION", help="ARNs, ASSISTANT/SESSION, or UUIDs beside --assistant."),
    ] = None,
    *,
    into: Annotated[
        str | None,
        typer.Option(
            help="A store (a path, sqlite:///PATH or cassandra://HOST/KEYSPACE), a server's address, or a file.",
            show_default="this machine's server",
        ),
    ] = None,
    assistant: Annotated[
        str | None, typer.Option(help="The assistant of the sessions: its UUID or ARN.", rich_help_panel=_WHICH)
    ] = None,
    from_file: Annotated[
        Path | None, typer.Option(help="A file that names a session a line.", rich_help_panel=_WHICH)
    ] = None,
    contact: Annotated[
        list[str] | None, typer.Option(help="The session of this contact, by its id.", rich_help_panel=_WHICH)
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option(help="The Amazon Connect instance that knows the contacts.", rich_help_panel=_WHICH),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Sessions with this name, which SearchSessions finds.", rich_help_panel=_WHICH),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="The AWS profile to ask as.", rich_help_panel=_AWS)] = None,
    region: Annotated[
        str | None, typer.Option(help="The AWS region.", show_default="the profile's", rich_help_panel=_AWS)
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="What to ask instead of AWS itself.", rich_help_panel=_AWS)
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.01, help="Requests a second at most.", rich_help_panel=_AWS)
    ] = RATE_DEFAULT,
    settled: Annotated[
        float,
        typer.Option(
            "--settled-after",
            min=0,
            metavar="HOURS",
            help="A session is not read again if it was read so long after its last span.",
        ),
    ] = SETTLED_HOURS_DEFAULT,
    again: Annotated[bool, typer.Option("--again", help="Read all sessions again.")] = False,
    state: Annotated[
        Path | None, typer.Option(help="Where it is kept how far it is.", show_default="beside what is pulled into")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring sessions home from AWS.

    They are asked for with boto3 and the user's own configuration, and kept with all their ids. Whatever ends it, the
    same command goes on from there. A session that was read is only read again if it may have changed since.

    Examples:
      spanglass pull arn:aws:wisdom:us-east-1:111122223333:session/…/… --into traces.db

      spanglass pull --assistant … --from-file sessions.txt --into november.spanglass --profile prod
    """
    place = _Place(into, state)
    output, problems = Output(json=as_json), Problems()
    aws = Aws(profile, region, endpoint_url, Pace(rate))
    wanted = Wanted(aws, assistant, problems)
    if instance is not None and not contact:
        raise ConfigError("instance: it knows contacts; name one with --contact")

    def meant() -> Iterator[SessionIds]:
        yield from map(wanted.session, sessions or ())
        yield from map(wanted.session, _lines(from_file) if from_file is not None else ())
        for one in contact or ():
            yield from wanted.contact(one, instance)
        for one in name or ():
            yield from wanted.named(one)

    if not (sessions or from_file or contact or name):
        raise ConfigError("pull: name sessions, by their ids, --from-file, --contact or --name")
    with ending(place.target):
        with (
            closing(aws),
            closing(PullState(place.state)) as kept,
            closing(connect(place.target, recording=True)) as connection,
        ):
            with progress("pulling") as seen:
                puller = Puller(
                    aws,
                    Taker(connection),
                    kept,
                    is_there=lambda ids: _is_there(Traces(connection), ids),
                    settled_seconds=float("inf") if again else settled * 3600,
                    told=lambda one: _tell(problems, one),
                    seen=seen,
                )
                _pull(puller, meant())
            place.write(connection)
        pulled = puller.pulled
        pulled.failed += wanted.missing
        if output.json:
            output.document(pulled)
        elif output.is_terminal:
            output.line(f"{plural(pulled.spans, 'span')} of {plural(pulled.sessions, 'session')} pulled")
        if pulled.failed or pulled.refused:
            sys.exit(REFUSED)


def _pull(puller: Puller, sessions: Iterator[SessionIds]) -> None:
    try:
        puller.pull(sessions)
    except (AwsError, StateError, KeyboardInterrupt) as error:
        if not isinstance(error, KeyboardInterrupt):
            complain(str(error))
        done = plural(puller.pulled.sessions, "session")
        complain(f"{done} done, {plural(puller.pulled.spans, 'span')}; the same command goes on from there")
        sys.exit(INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED)


class _Place:
    """Where sessions are pulled to, and where it is kept how far that is.

    A file is written from a store beside it, which stays there for the next pull.
    """

    def __init__(self, into: str | None, state: Path | None) -> None:
        self._file = into if into is not None and _is_file(into) else None
        where = f"{into}{SUFFIX}.db" if self._file is not None else into
        kind = "endpoint" if where is not None and where.startswith(WEB) else "store"
        self.target = Target.from_environment({kind: where} if where is not None else {})
        self.state = state or Path(self._state())

    def _state(self) -> str:
        if self._file is not None:
            return f"{self._file}{SUFFIX}"
        where = self.target.where
        if where.startswith(WEB):
            return f"spanglass-{urlsplit(where).netloc.replace(':', '-')}{SUFFIX}"
        if where.startswith(CASSANDRA):
            return f"spanglass-{urlsplit(where).path.removeprefix('/')}{SUFFIX}"
        return where.removeprefix(SQLITE) + SUFFIX

    def write(self, connection: Connection) -> None:
        """Write the file, if there is to be one."""
        if self._file is None:
            return
        traces = Traces(connection)
        try:
            with written(self._file) as stream, progress(f"writing {self._file}") as seen:
                writer = FORMATS[format_of(self._file)].write(stream)
                export(traces, traces.sessions(), writer, seen)
                writer.close()
        except FormatError as error:
            raise ConfigError(f"{self._file}: {error}") from None


def _is_file(into: str) -> bool:
    if "://" in into:
        return False
    try:
        form = format_of(into)
    except FormatError:
        return False
    if form not in FORMATS:
        raise ConfigError(f"into: {form} is written from a store, by spanglass export")
    return True


def _assistant(label: str) -> str:
    ids = read_assistant(label)
    if isinstance(ids, Misnomer):
        raise ConfigError(f"assistant: {label!r} is no assistant's UUID or ARN")
    return str(ids)


def _lines(path: Path) -> Iterator[str]:
    """Yield what a file names, a session a line; lines that begin with ``#`` are none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(f"from-file: {path}: {error}") from None
    yield from (line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _is_there(traces: Traces, ids: SessionIds) -> bool:
    """Tell whether a session is where it was pulled to, as far as that can be told: a key may read nothing."""
    try:
        traces.session("/".join(ids))
    except NotFoundError:
        return False
    except ReadError:
        return True
    return True


def _tell(problems: Problems, one: Refused | Altered) -> None:
    problems.tell(one.where, one.reason)
