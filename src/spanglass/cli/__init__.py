"""The command ``spanglass``: one subcommand a file, imported when it is called, so that every start is quick."""

import sys
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

import spanglass
from spanglass.config import ConfigError
from spanglass.store.interface import StoreError

COMMANDS: Final = {
    "serve": ("spanglass.cli.serve:serve", "Serve until SIGINT or SIGTERM; then finish what was accepted and stop."),
    "sessions": ("spanglass.cli.sessions:sessions", "List sessions, newest first."),
    "show": ("spanglass.cli.show:show", "Show one session: its spans as a tree, or what was said."),
    "span": (
        "spanglass.cli.span:span",
        "Show one span: what it heard and said, its parameters, tokens and attributes.",
    ),
    "search": (
        "spanglass.cli.search:search",
        "Find sessions in which words were said, newest first, with what was said.",
    ),
    "tail": ("spanglass.cli.tail:tail", "Tell of sessions and spans as they come, until Ctrl-C."),
    "stats": (
        "spanglass.cli.stats:stats",
        "Sum a range of time, by default 24 hours: failures, times, tokens and cost by model, agent and tool.",
    ),
    "delete": (
        "spanglass.cli.delete:delete",
        "Delete sessions, an assistant, or whatever is old, for ever; it asks first.",
    ),
    "doctor": ("spanglass.cli.doctor:doctor", "Look at what a server and its readers need, and tell how to mend it."),
    "explain": (
        "spanglass.cli.explain:explain",
        "Tell which dialect claims which attribute of a span, what became of it, and what nobody claims.",
    ),
    "export": ("spanglass.cli.export:export", "Write sessions to a file, or send them to an endpoint of OTLP."),
    "import": ("spanglass.cli.import_:import_", "Read files of sessions into a server or a store."),
    "pull": ("spanglass.cli.pull:pull", "Bring sessions home from AWS."),
    "copy": ("spanglass.cli.copy:copy", "Copy everything of a store into another, and check that it is there."),
    "migrate": ("spanglass.cli.migrate:migrate", "Make a store, or bring its schema up to date."),
    "keys": (
        "spanglass.cli.keys:keys",
        "Make, list and revoke access keys. What is done here holds at once, for servers that run, too.",
    ),
}
"""Each command's function or group, by module and name there, and the first sentence of its help."""


def load(name: str) -> Any:  # noqa: ANN401 (a command of typer's, whose classes differ from version to version)
    """Return a command, ready to be called."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


class _Commands(TyperGroup):
    """Imports the command that is called, and none to list them."""

    def list_commands(self, _ctx: object) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: object, cmd_name: str) -> Any:  # noqa: ANN401 (see load)
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 (see load)
        if args and args[0] in COMMANDS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


cli = typer.Typer(
    name="spanglass",
    cls=_Commands,
    help="Records what AI agents did and answers AWS QConnect's ListSpans, self-hosted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (the form of a typer callback)
    if wanted:
        typer.echo(f"spanglass {spanglass.__version__}")
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
    except (ConfigError, StoreError) as error:
        typer.echo(f"spanglass: {error}", err=True)
        sys.exit(2)
