"""The command ``spanglass``: one subcommand a file."""

import sys
from typing import Annotated

import typer

from spanglass import __version__
from spanglass.cli.explain import NotFoundError, explain_command
from spanglass.cli.keys import keys
from spanglass.cli.serve import serve
from spanglass.config import ConfigError
from spanglass.store.interface import StoreError

cli = typer.Typer(
    name="spanglass",
    help="Records what AI agents did and answers AWS QConnect's ListSpans, self-hosted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
cli.command()(serve)
cli.command("explain")(explain_command)
cli.add_typer(keys, name="keys")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (the form of a typer callback)
    if wanted:
        typer.echo(f"spanglass {__version__}")
        raise typer.Exit


@cli.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line; what a user can mend is told in one line, with exit code 2."""
    try:
        cli()
    except (ConfigError, StoreError, NotFoundError) as error:
        typer.echo(f"spanglass: {error}", err=True)
        sys.exit(2)
