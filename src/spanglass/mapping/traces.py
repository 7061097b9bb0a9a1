"""The spans of one trace in one request: their ids, their claims, and what they make together."""

from collections.abc import Callable
from typing import cast

from spanglass.conventions.sessions import assistant_claim, session_claim
from spanglass.mapping import detail
from spanglass.mapping.identity import span_uuid
from spanglass.mapping.layout import Layout
from spanglass.mapping.relations import relate
from spanglass.model.place import Claim, Claims, TracePart
from spanglass.model.record import SpanRecord
from spanglass.telemetry import Span


class Trace:
    """The spans of one trace in one request."""

    def __init__(self, trace_id: bytes, merged: Callable[[SpanRecord, SpanRecord], SpanRecord]) -> None:
        self._trace_id = trace_id
        self._merged = merged
        self._ids = {b"": b""}
        self._assistant: Claim | None = None
        self._session: Claim | None = None
        self._records: dict[bytes, SpanRecord] = {}

    def span_id(self, span_id: bytes) -> bytes:
        """Return a span's UUID; siblings ask for the same parent."""
        if (known := self._ids.get(span_id)) is None:
            known = self._ids[span_id] = span_uuid(self._trace_id, span_id)
        return known

    def claim(self, span: Span, layout: Layout, span_id: bytes, service: tuple[int, str]) -> str | None:
        """Take in what a span claims, and return the session that it names; ``service`` is its resource's claim."""
        child = bool(span.parent_span_id)
        rank, text = (assistant_claim(span.attributes) if layout.assistant else None) or service
        claim = Claim(rank, child, bounded(span.start_ns), span_id, text)
        if self._assistant is None or claim < self._assistant:
            self._assistant = claim
        session = session_claim(span.attributes, layout.sessions) if layout.sessions else None
        if session is None:
            return None
        claim = Claim(session[0], child, claim.start_ns, span_id, session[1])
        if self._session is None or claim < self._session:
            self._session = claim
        return session[1]

    def add(self, record: SpanRecord) -> None:
        """Take in a span, merged with what is there of it already."""
        known = self._records.get(record.span_id)
        self._records[record.span_id] = record if known is None else self._merged(known, record)

    def part(self) -> TracePart:
        """Return the spans, related to each other."""
        records = self._records
        for changed in relate(tuple(records.values())):
            records[changed.span_id] = changed
        return TracePart(self._trace_id, Claims(cast("Claim", self._assistant), self._session), tuple(records.values()))


def bounded(time_ns: int) -> int:
    """Return a time that stores can order by; the span's own stands in its detail."""
    return time_ns if 0 <= time_ns <= detail.TIME_MAX else min(max(time_ns, 0), detail.TIME_MAX)


def ended(span: Span) -> int:
    """Return when a span ended, 0 while it runs; by a clock that was set back meanwhile, when it began."""
    return max(bounded(span.end_ns), bounded(span.start_ns)) if span.end_ns else 0
