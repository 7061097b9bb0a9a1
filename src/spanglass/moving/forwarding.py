"""Sessions as telemetry to whatever takes OTLP over HTTP: another tracing system, or a collector."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from spanglass.formats.gathering import Batch, pieces
from spanglass.formats.interface import Refused, Session
from spanglass.formats.otlp import write_batches
from spanglass.mapping.original import Whole
from spanglass.moving.taking import LOGS, NO_LOGS, TRACES, Taker

LOGS_LEFT: Final = "log records, which the endpoint does not take"


def base(url: str) -> str:
    """Return an endpoint's address without the path of a signal, as OTEL_EXPORTER_OTLP_ENDPOINT has it."""
    url = url.rstrip("/")
    return next((url.removesuffix(path) for path in (TRACES, LOGS) if url.endswith(path)), url)


class EndpointWriter:
    """Sends sessions; see ``formats.interface.Writer``. ``refused`` counts spans and log records not taken."""

    def __init__(self, taker: Taker, told: Callable[[Refused], None]) -> None:
        """Send through a taker; ``told`` hears of what is refused."""
        self.losses: Counter[str] = Counter()
        self.refused = 0
        self._taker = taker
        self._told = told

    def write(self, session: Session, spans: Iterable[Whole]) -> int:
        """See ``formats.interface.Writer``; what it sent is taken once this returns."""

        def put(batch: Batch) -> None:
            for piece in pieces(batch):
                for refused in (piece,) if isinstance(piece, Refused) else self._taker.take(piece).refused:
                    if refused.reason == NO_LOGS:
                        self.losses[LOGS_LEFT] += refused.spans
                        continue
                    self.refused += refused.spans
                    self._told(refused._replace(where=f"{session.assistant_id}/{session.session_id}"))

        return write_batches(session, spans, self.losses, put)

    def close(self) -> None:
        """See ``formats.interface.Writer``."""
