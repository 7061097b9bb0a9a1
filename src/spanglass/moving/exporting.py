"""Sessions out of a server or a store, into a writer of some format."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from spanglass import answers
from spanglass.formats.interface import Session, Writer
from spanglass.mapping.original import Whole
from spanglass.traces import NotFoundError, Traces


class Exported(NamedTuple):
    """How many sessions and spans were written."""

    sessions: int
    spans: int


def export(
    traces: Traces, sessions: Iterable[answers.Session], writer: Writer, seen: Callable[[int], None]
) -> Exported:
    """Write sessions, in their order; ``seen`` hears of the spans as they pass. The writer is left open.

    A session that is gone by the time that it is read is passed over.

    Raises:
        ReadError, UnreachableError: It cannot be read on; see ``traces``.
    """
    count = spans = 0
    for session in sessions:
        told = Session(session.assistant_id, session.session_id, session.name, session.assistant_name)
        try:
            spans += writer.write(told, _watched(traces.plain_spans(session), seen))
        except NotFoundError:
            continue
        count += 1
    return Exported(count, spans)


def _watched(spans: Iterable[Whole], seen: Callable[[int], None]) -> Iterator[Whole]:
    for span in spans:
        yield span
        seen(1)
