"""Files into a server or a store: read piece by piece, taken, and told what was not."""

from collections.abc import Callable, Iterable

import msgspec

from spanglass.formats.interface import Altered, Piece, Refused
from spanglass.moving.taking import Taker


class Imported(msgspec.Struct, rename="camel"):
    """What became of what was read: spans and log records that were taken, and that were refused.

    ``altered`` are spans that were taken but come out in another form than they were exported in.
    """

    taken: int = 0
    refused: int = 0
    altered: int = 0
    problems: int = 0
    """Places that something is wrong with, each told once."""


def take_pieces(
    pieces: Iterable[Piece],
    taker: Taker,
    imported: Imported,
    told: Callable[[Refused | Altered], None],
    seen: Callable[[int], None],
) -> None:
    """Have pieces taken, counting them.

    ``told`` hears of what is refused or altered as it comes, ``seen`` of how many spans were taken.

    Raises:
        FormatError: The file cannot be read on; all pieces before were taken.
        TakingError, UnreachableError: Nothing is taken any more.
    """
    for piece in pieces:
        if isinstance(piece, Altered):
            imported.altered += 1
            told(piece)
            continue
        refusals: tuple[Refused, ...] = (piece,) if isinstance(piece, Refused) else ()
        if not isinstance(piece, Refused):
            taken = taker.take(piece)
            imported.taken += taken.count
            seen(taken.count)
            refusals = taken.refused
        for refused in refusals:
            imported.refused += refused.spans
            imported.problems += 1
            told(refused)
