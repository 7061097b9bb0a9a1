"""``spanglass import``: files of sessions into a server or a store."""

import sys
from collections.abc import Callable
from contextlib import closing
from typing import Annotated

import typer

from spanglass.cli.figures import plural
from spanglass.cli.moving import REFUSED, Problems, progress
from spanglass.cli.output import Output
from spanglass.cli.reading import reads
from spanglass.config import Target
from spanglass.connection import connect
from spanglass.formats.choosing import reader_of
from spanglass.formats.files import opened
from spanglass.formats.interface import Altered, FormatError, Refused
from spanglass.moving.importing import Imported, take_pieces
from spanglass.moving.taking import Taker


@reads
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Files to read; - is standard input.")],
    *,
    asked: Target,
    output: Output,
) -> None:
    """Read files of sessions into a server or a store.

    What is in a file tells its format, and a store is made if it is not there. The same spans again change nothing, so
    after a failure the same command goes on. What cannot be taken is told with its place, everything else is taken,
    and the exit code is then 1.

    Example: spanglass import november.spanglass --store archive.db
    """
    imported, problems = Imported(), Problems()
    with closing(connect(asked, recording=True)) as connection, progress("importing") as seen:
        taker = Taker(connection)
        for name in files:
            _import(name, taker, imported, problems, seen)
    if output.json:
        output.document(imported)
    elif output.is_terminal:
        output.line(f"{plural(imported.taken, 'span')} taken, {imported.refused:,} refused")
    if imported.problems:
        sys.exit(REFUSED)


def _import(name: str, taker: Taker, imported: Imported, problems: Problems, seen: Callable[[int], None]) -> None:
    def told(one: Refused | Altered) -> None:
        problems.tell(f"{name}: {one.where}", one.reason)

    try:
        with opened(name) as file:
            take_pieces(reader_of(file)(file), taker, imported, told, seen)
    except FormatError as error:
        imported.problems += 1
        problems.tell(name, str(error))
