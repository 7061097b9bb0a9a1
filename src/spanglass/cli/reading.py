"""What commands that read have in common: where they read, as whom, how they print, and how they end."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer

from spanglass.cli.output import Output, complain, end_quietly
from spanglass.config import Target
from spanglass.connection import UnreachableError, connect
from spanglass.store.interface import StoreError
from spanglass.traces import AmbiguousError, NotFoundError, ReadError, Traces

NOTHING: Final = 1
"""The exit code where nothing was found."""
FAILED: Final = 2
"""The exit code where a command could not do what it was asked for."""
INTERRUPTED: Final = 130
"""The exit code after Ctrl-C: 128 and the number of SIGINT."""

_PANEL: Final = "Where"
Endpoint = Annotated[
    str | None, typer.Option(help="Address of a server.", show_default="http://127.0.0.1:4318", rich_help_panel=_PANEL)
]
Store = Annotated[
    str | None,
    typer.Option(
        help="A store to open instead: sqlite:///PATH, a path, or cassandra://HOST/KEYSPACE.", rich_help_panel=_PANEL
    ),
]
Profile = Annotated[str | None, typer.Option(help="AWS profile whose credentials sign.", rich_help_panel=_PANEL)]
Sign = Annotated[
    bool | None, typer.Option("--sign", help="Sign with AWS credentials of the environment.", rich_help_panel=_PANEL)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_OPTIONS: Final = {
    "endpoint": (Endpoint, None),
    "store": (Store, None),
    "profile": (Profile, None),
    "sign": (Sign, None),
    "as_json": (Json, False),
}
_GIVEN: Final = frozenset({"traces", "opening", "asked", "output"})
"""Parameters of a command that are no options."""


def reads(command: Callable[..., None], *, writable: bool = False) -> Callable[..., None]:
    """Return a command with the options that tell where it reads.

    It is given ``output``, and ``traces`` to read from; or, if it takes one of these, ``opening`` that opens them, or
    the target that is ``asked``.
    """
    signature = inspect.signature(command)
    own = [each for name, each in signature.parameters.items() if name not in _GIVEN]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in _OPTIONS.items()
    ]

    @functools.wraps(command)
    def reading(*, as_json: bool, **given: Any) -> None:  # noqa: ANN401 (whatever the command takes)
        where = {name: given.pop(name) for name in _OPTIONS if name in given}
        target = Target.from_environment(where)

        def opening() -> Traces:
            return Traces(connect(target, writable=writable))

        with ending(target):
            if "opening" in signature.parameters:
                command(opening=opening, output=Output(json=as_json), **given)
            elif "asked" in signature.parameters:
                command(asked=target, output=Output(json=as_json), **given)
            else:
                with opening() as traces:
                    command(traces=traces, output=Output(json=as_json), **given)

    reading.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]  # typer reads it
    return reading


@contextmanager
def ending(target: Target) -> Iterator[None]:
    """End as commands end, whatever the block comes to: in a line, with the exit code that says what it was."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        end_quietly()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (ReadError, UnreachableError, StoreError) as error:
        _tell(error, target)
        sys.exit(NOTHING if isinstance(error, NotFoundError) else FAILED)


def _tell(error: Exception, target: Target) -> None:
    complain(str(error))
    if isinstance(error, AmbiguousError):
        sys.stderr.writelines(f"  {found}\n" for found in error.found)
    if isinstance(error, UnreachableError) and not (target.endpoint or target.store):
        complain("name a server with --endpoint, or a file with --store")
    if isinstance(error, ReadError) and error.status == 401:  # noqa: PLR2004 (HTTP's Unauthorized)
        complain("set SPANGLASS_API_KEY to a key's bearer token, or sign with --profile or --sign")
