"""What is masked of spans and log records before they are mapped: content as a whole, then secrets in what is left."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from spanglass.mapping.content import log_without_content, without_content
from spanglass.masking import Masker, Masks
from spanglass.telemetry import LogRecord, Span

NOTHING: Final = Masks()
"""Nothing is masked."""
CONTENT: Final = "content"
"""The name under which values are counted that were dropped as content."""
_Of = TypeVar("_Of", Span, LogRecord)


class Masking:
    """Masks spans and log records, and counts what it masks."""

    def __init__(self, masks: Masks) -> None:
        self._content = masks.content
        self._masker = Masker(masks)

    def spans(self, spans: Iterable[Span]) -> list[Span]:
        """Mask spans."""
        return self._masker.spans(self._counted(map(without_content, spans)) if self._content else list(spans))

    def logs(self, records: Sequence[LogRecord]) -> list[LogRecord]:
        """Mask log records."""
        return self._masker.logs(self._counted(map(log_without_content, records)) if self._content else records)

    def taken(self) -> dict[str, int]:
        """Return what was masked since the last time, by rule."""
        counts = dict(self._masker.counts)
        self._masker.counts.clear()
        return {name: count for name, count in counts.items() if count}

    def _counted(self, told: Iterable[tuple[_Of, int]]) -> list[_Of]:
        left = []
        for one, dropped in told:
            left.append(one)
            self._masker.counts[CONTENT] += dropped
        return left
