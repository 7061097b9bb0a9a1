"""What commands print: tables and trees for people, JSON for programs.

On a terminal lines are as wide as it is; elsewhere nothing is cut or coloured. ``NO_COLOR`` is heeded by rich.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

import msgspec
from rich.console import Console
from rich.text import Text

from spanglass.cli.visible import visible

PIPED_COLUMNS: Final = 100_000
"""Width where the output is no terminal: nothing is cut."""
PIPE_CLOSED: Final = 141
"""The exit code of a program whose reader has had enough: 128 and the number of SIGPIPE."""
GAP: Final = "  "
"""What stands between two columns."""
STATUS_STYLES: Final = {"OK": "green", "ERROR": "bold red", "TIMEOUT": "bold yellow", "RUNNING": "cyan"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Output:
    """Where a command prints; ``json`` tells whether a program reads it."""

    def __init__(self, *, json: bool) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a locale may lack characters that people said
        self.json: Final = json
        self.is_terminal: Final = sys.stdout.isatty()
        width = None if self.is_terminal or os.environ.get("COLUMNS") else PIPED_COLUMNS
        self._console = _Console(highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)
        self.width: Final = self._console.width

    def document(self, told: object) -> None:
        """Print a JSON document on one line, at once."""
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        sys.stdout.flush()

    def indented(self, told: object) -> None:
        """Print a JSON document for people who read JSON; text in it that a terminal would obey is escaped."""
        text = msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
        sys.stdout.write(visible(text) + "\n" if self.is_terminal else text + "\n")

    def line(self, *parts: str | Text | tuple[str, str]) -> None:
        """Print one line of texts, each maybe with a style; it is cut at the terminal's edge."""
        text = Text.assemble(*parts)
        text.truncate(self.width, overflow="ellipsis")
        text.rstrip()
        self._print(text)

    def flush(self) -> None:
        """Have what was printed seen now."""
        sys.stdout.flush()

    def text(self, text: str | Text, indent: int = 0) -> None:
        """Print a text of any number of lines, folded between words, each line indented."""
        whole = text if isinstance(text, Text) else Text(visible(text))
        for line in whole.split(allow_blank=True):
            line.expand_tabs(8)
            for folded in line.wrap(self._console, max(self.width - indent, 20)) if self.is_terminal else [line]:
                folded.rstrip()
                self._print(Text(" " * indent) + folded)

    def table(
        self, columns: Sequence["Column"], rows: Iterable[Sequence[str | Text]], styles: Sequence[str] = ()
    ) -> None:
        """Print rows under their heads; columns are left out from the least important on until all fit.

        ``styles`` are those of the rows.
        """
        cells = [[_text(cell) for cell in row] for row in rows]
        widths = _widths(columns, cells, self.width)
        heads = [Text(column.head, "dim") for column in columns]
        for row, style in zip([heads, *cells], ["", *(styles or [""] * len(cells))], strict=True):
            line = Text(style=style)
            for column, cell, width in zip(columns, row, widths, strict=True):
                if width:
                    cell.truncate(width, overflow="ellipsis")
                    cell.align("right" if column.right else "left", width)
                    line.append_text(cell)
                    line.append(GAP)
            line.rstrip()
            self._print(line)

    def _print(self, text: Text) -> None:
        self._console.print(text, no_wrap=True, overflow="ignore", crop=False)


class Column(msgspec.Struct, frozen=True):
    """A column of a table; ``least`` is the width down to which it may be cut, 0 if it may not.

    Where a line is too narrow, columns of the greatest ``rank`` go first; those of rank 0 stay.
    """

    head: str
    right: bool = False
    least: int = 0
    rank: int = 0


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> list[int]:
    """Return how wide each column is, 0 for one that is left out, be it that it says nothing."""
    longest = [max((row[place].cell_len for row in rows), default=0) for place in range(len(columns))]
    natural = [max(len(column.head), most) for column, most in zip(columns, longest, strict=True)]
    least = [min(column.least, whole) or whole for column, whole in zip(columns, natural, strict=True)]
    least = [each if longest[place] else 0 for place, each in enumerate(least)]
    for place in sorted(range(len(columns)), key=lambda place: -columns[place].rank):
        if sum(each + len(GAP) for each in least if each) - len(GAP) > width and columns[place].rank:
            least[place] = 0
    left = width + len(GAP) - sum(each + len(GAP) for each in least if each)
    for place, (given, wanted) in enumerate(zip(least, natural, strict=True)):
        more = min(left, wanted - given) if given else 0
        least[place] += more
        left -= more
    return least


def _text(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def complain(message: str) -> None:
    """Tell on standard error, in one line, what went wrong."""
    sys.stderr.write(f"spanglass: {visible(message)}\n")


def end_quietly() -> NoReturn:
    """End where whoever read the output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be written goes nowhere
    sys.exit(PIPE_CLOSED)
