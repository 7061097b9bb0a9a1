"""What the commands that move sessions have in common: progress on terminals, and what went wrong, as it comes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from spanglass.cli.output import complain

REFUSED: Final = 1
"""The exit code where something was refused, or could not be read."""
TOLD_MAX: Final = 100
"""Problems that are told one by one."""


class Problems:
    """Tells problems on standard error as they come, and stops telling where there are too many."""

    def __init__(self) -> None:
        self.count = 0

    def tell(self, where: str, reason: str) -> None:
        """Tell one."""
        self.count += 1
        if self.count <= TOLD_MAX:
            complain(f"{where}: {reason}")
        elif self.count == TOLD_MAX + 1:
            complain("there are more, which are counted but not told")


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal, while the block lasts, how many spans went by; elsewhere nothing.

    What is given is told of the spans as they pass.
    """
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} spans"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=None)
        yield lambda count: shown.update(task, advance=count)
