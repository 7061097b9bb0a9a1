"""What all backends decide alike: which of two versions of a span stays, when a message was said, where a page ends."""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

from spanglass.model.record import PARTICIPANTS, Fragment, SpanRecord
from spanglass.store.interface import Cursor, SpanPage

MESSAGE_BYTES_MAX: Final = 128
"""Bytes that the wire adds to a message's values: id, participant, timestamp, names, punctuation."""
_JSON: Final = attrgetter("json")
SPAN_BYTES_MAX: Final = 640
"""Bytes that the wire adds to a span's members: six ids, two times, names, punctuation."""


def supersedes(new: SpanRecord, known: SpanRecord) -> bool:
    """Return whether a version of a span takes the place of the known one: it differs and did not end earlier."""
    return new.end_ns >= known.end_ns and new != known


def said_ms(span: SpanRecord) -> Iterator[tuple[Fragment, int]]:
    """Yield each message of a span with the time, in ms, at which this span lets it have been said."""
    for fragments, ns in ((span.inputs, span.start_ns), (span.outputs, span.end_ns or span.start_ns)):
        for fragment in fragments:
            if fragment.kind in PARTICIPANTS:
                yield fragment, ns // 1_000_000


def wire_bytes(span: SpanRecord) -> int:
    """Return a bound on the bytes of a span in ListSpans, close from above."""
    shown = span.inputs[span.inputs_shown_from :] + span.outputs[span.outputs_shown_from :] + span.system[:1]
    members = len(span.recurring.json) + len(span.own.span) + len(span.own.attributes)
    return SPAN_BYTES_MAX + members + len(shown) * MESSAGE_BYTES_MAX + sum(map(len, map(_JSON, shown)))


def cut(spans: Iterable[SpanRecord], limit: int, bytes_max: int) -> SpanPage:
    """Take a page from spans in order, reading one more than it holds to know whether more follow."""
    page: list[SpanRecord] = []
    size = 0
    for span in spans:
        size += wire_bytes(span)
        if page and (len(page) == limit or size > bytes_max):
            return SpanPage(page, Cursor(page[-1].start_ns, page[-1].span_id))
        page.append(span)
    return SpanPage(page)
