"""What is masked of spans and log records before they are mapped: content as a whole, then secrets in what is left."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from spanglass.conventions.plain import Plain
from spanglass.mapping.content import log_without_content, without_content
from spanglass.masking import Masker, Masks
from spanglass.telemetry import LogRecord, Span

NOTHING: Final = Masks()
"""Nothing is masked."""
CONTENT: Final = "content"
"""The name under which values are counted that were dropped as content."""
SAID: Final = ("inputMessages", "outputMessages", "systemInstructions")
"""Members of a span's attributes that are content."""
TOLD: Final = ("statusDescription",)
"""Members of a span that may hold some."""
_Of = TypeVar("_Of", Span, LogRecord)


class Masking:
    """Masks spans and log records, and counts what it masks."""

    def __init__(self, masks: Masks, naming: Iterable[str] = ()) -> None:
        """Mask what ``masks`` says; ``naming`` are attributes of an application's own that name a session."""
        self._content = masks.content
        self._naming = frozenset(naming)
        self._masker = Masker(masks, self._naming)

    def spans(self, spans: Iterable[Span]) -> list[Span]:
        """Mask spans."""
        if self._content:
            spans = self._counted(without_content(span, self._naming) for span in spans)
        return self._masker.spans(list(spans))

    def logs(self, records: Sequence[LogRecord]) -> list[LogRecord]:
        """Mask log records."""
        if self._content:
            records = self._counted(log_without_content(record, self._naming) for record in records)
        return self._masker.logs(records)

    def page(self, page: Plain) -> Plain:
        """Mask spans in ListSpans's own shape, or whatever was sent as such."""
        spans = page.get("spans") if self._content and isinstance(page, dict) else None
        for span in spans if isinstance(spans, list) else ():
            if isinstance(span, dict):
                self._leave_out(span, TOLD)
                self._leave_out(span.get("attributes"), SAID)
        return self._masker.value(page)

    def _leave_out(self, of: Plain, names: Iterable[str]) -> None:
        if isinstance(of, dict):
            for name in names:
                self._masker.counts[CONTENT] += of.pop(name, None) is not None

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
