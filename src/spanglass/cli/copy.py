"""``spanglass copy``: everything of one store into another."""

import sys
from contextlib import closing
from typing import Annotated

import msgspec
import typer

from spanglass.app import open_store
from spanglass.cli.figures import plural
from spanglass.cli.moving import REFUSED, Problems, progress
from spanglass.config import Config, ConfigError
from spanglass.moving.copying import Copying


def copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The store to copy: sqlite:///PATH or cassandra://HOST/KEYSPACE.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The store to copy into; made if it is not there.")],
) -> None:
    """Copy everything of a store into another, and check that it is there.

    That is assistants, sessions with what clients said of them, all spans as they are kept, what their traces claim,
    and keys. What TO has beside it stays. After a failure the same command goes on. Whatever differs in the end is
    told, and the exit code is then 1.

    Example: spanglass copy sqlite:///traces.db sqlite:///copy.db
    """
    if source == target:
        raise ConfigError(f"copy: {source} is what it would be copied into")
    config, problems = Config.from_environment(), Problems()
    with (
        closing(open_store(msgspec.structs.replace(config, store=source), existing=True)) as read,
        closing(open_store(msgspec.structs.replace(config, store=target))) as written,
        progress("copying") as seen,
    ):
        copying = Copying(read, written, config.limits, seen)
        for what, how in copying.run():
            problems.tell(what, how)
    copied = copying.copied
    counts = (plural(copied.sessions, "session"), plural(copied.spans, "span"), plural(copied.keys, "key"))
    typer.echo(f"copied {', '.join(counts)}; {plural(copied.present, 'session')} there before, all compared")
    if problems.count:
        typer.echo(f"{plural(problems.count, 'difference')} in the end")
        sys.exit(REFUSED)
