"""``spanglass delete``: sessions, an assistant with all of its, or whatever is old."""

import functools
import sys
import time
from typing import Annotated

import typer

from spanglass.cli.figures import moment, plural
from spanglass.cli.filtering import parsed
from spanglass.cli.output import Output
from spanglass.cli.reading import NOTHING, reads
from spanglass.cli.visible import one_line
from spanglass.traces import Traces
from spanglass.traces import query as grammar


def _age(text: str) -> float:
    try:
        return time.time() - grammar.duration_ms(text) / 1000
    except grammar.QueryError:
        return grammar.moment(text)


@functools.partial(reads, writable=True)
def delete(
    sessions: Annotated[
        list[str] | None, typer.Argument(metavar="SESSION...", help="As `spanglass show` takes them.")
    ] = None,
    *,
    assistant: Annotated[
        str | None, typer.Option(help="Delete this assistant with all of its sessions: a name, UUID or ARN.")
    ] = None,
    before: Annotated[
        float | None,
        typer.Option(
            parser=parsed(_age),
            metavar="TIME|AGE",
            help="Delete what was last heard of before: 2026-11-25, or 90d ago.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    traces: Traces,
    output: Output,
) -> None:
    """Delete sessions, an assistant, or whatever is old, for ever; it asks first.

    A server with keys takes this from an admin's key alone. The exit code is 1 where there was nothing to delete.

    Examples:
      spanglass delete order-7

      spanglass delete --before 90d --yes
    """
    if [bool(sessions), assistant is not None, before is not None].count(True) != 1:
        raise typer.BadParameter("say what: sessions, --assistant, or --before", param_hint="SESSION...")
    if assistant is not None:
        _ask(f"assistant {one_line(assistant)} of {traces.place} with all of its sessions", yes=yes)
        deleted = traces.delete_assistant(assistant)
        told = {"assistants": deleted}
    elif before is not None:
        _ask(f"all sessions of {traces.place} that were last heard of before {moment(before)}", yes=yes)
        deleted = traces.delete_before(before)
        told = {"sessions": deleted}
    else:
        known = [traces.session(name) for name in sessions or ()]
        for session in known:
            sys.stderr.write(f"{one_line(session.name)}  {one_line(session.assistant_name)}  ")
            sys.stderr.write(f"{moment(session.start_timestamp)}  {plural(session.spans, 'span')}\n")
        _ask(plural(len(known), "session"), yes=yes)
        deleted = sum(map(traces.delete, known))
        told = {"sessions": deleted}
    if output.json:
        output.document(told)
    else:
        (kind,) = told
        output.line(f"deleted {plural(deleted, kind.removesuffix('s'))}")
    if not deleted:
        raise typer.Exit(NOTHING)


def _ask(what: str, *, yes: bool) -> None:
    """Have a person say that this is meant.

    Raises:
        typer.BadParameter: Nobody can be asked.
        typer.Exit: It is not.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here; --yes says that it is meant", param_hint="--yes")
    if not typer.confirm(f"Delete {what}?", err=True):
        raise typer.Exit(NOTHING)
