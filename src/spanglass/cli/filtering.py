"""The options that tell which sessions, beside the query that says all of them in one text."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import msgspec
import typer

from spanglass.traces import Filters
from spanglass.traces import query as grammar


def parsed(read: Callable[[str], object]) -> Callable[[str], object]:
    """Return what reads an option's value, and tells in typer's way what is wrong with it."""

    def parse(text: str) -> object:
        try:
            return read(text)
        except grammar.QueryError as error:
            raise typer.BadParameter(str(error)) from None

    parse.__name__ = "VALUE"
    return parse


def _back(text: str) -> float:
    return time.time() - grammar.duration_ms(text) / 1000


_PANEL: Final = "Which sessions"
Query = Annotated[
    str,
    typer.Option(
        "--query",
        "-q",
        help="Conditions and words in one text, as in the viewer: 'status:error duration>2s last:24h refund'.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Assistant = Annotated[
    list[str] | None, typer.Option(help="Of this assistant: name, UUID or ARN.", rich_help_panel=_PANEL)
]
Agent = Annotated[list[str] | None, typer.Option(help="This agent took part.", rich_help_panel=_PANEL)]
Model = Annotated[list[str] | None, typer.Option(help="This model was called.", rich_help_panel=_PANEL)]
Tool = Annotated[list[str] | None, typer.Option(help="This tool was called.", rich_help_panel=_PANEL)]
Statuses = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        parser=parsed(grammar.status),
        metavar="STATUS",
        help="A span ended so: error, timeout; one has not ended: running; none of these: ok.",
        rich_help_panel=_PANEL,
    ),
]
Error = Annotated[list[str] | None, typer.Option(help="This type of error occurred.", rich_help_panel=_PANEL)]
Since = Annotated[
    float | None,
    typer.Option(
        "--from",
        parser=parsed(grammar.moment),
        metavar="TIME",
        help="Began at or after, as 2026-11-25 or 2026-11-25T14:00.",
        rich_help_panel=_PANEL,
    ),
]
Until = Annotated[
    float | None,
    typer.Option("--to", parser=parsed(grammar.moment), metavar="TIME", help="Began before.", rich_help_panel=_PANEL),
]
Last = Annotated[
    float | None,
    typer.Option(
        parser=parsed(_back), metavar="DURATION", help="Began within, as 30min, 24h or 7d.", rich_help_panel=_PANEL
    ),
]
MinDuration = Annotated[
    float | None,
    typer.Option(
        parser=parsed(grammar.duration_ms), metavar="DURATION", help="Took as long, as 2s.", rich_help_panel=_PANEL
    ),
]
MaxDuration = Annotated[
    float | None,
    typer.Option(
        parser=parsed(grammar.duration_ms), metavar="DURATION", help="Took at most as long.", rich_help_panel=_PANEL
    ),
]
MinTokens = Annotated[
    int | None,
    typer.Option(parser=parsed(grammar.count), metavar="COUNT", help="Tokens, as 10k.", rich_help_panel=_PANEL),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(parser=parsed(grammar.count), metavar="COUNT", help="Tokens at most.", rich_help_panel=_PANEL),
]


def filters(query: str, given: Mapping[str, object], words: Sequence[str] = ()) -> Filters:
    """Return the conditions of a query and of options, by the names of ``Filters``; an option takes the place of one.

    Values of options that may be given several times stand beside those of the query.

    Raises:
        typer.BadParameter: A condition of the query has no value that it can have.
    """
    try:
        told = grammar.parse(" ".join([query, *words]))
    except grammar.QueryError as error:
        raise typer.BadParameter(str(error), param_hint="--query" if query else "TEXT") from None
    changed = {
        name: (*getattr(told, name), *value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    return msgspec.structs.replace(told, **changed)
