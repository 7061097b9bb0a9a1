"""Which spans of a request can be kept, and the words for those that cannot: what both codecs end in."""

from collections.abc import Iterable
from typing import Final

from spanglass.telemetry import ExportRequest, Span

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8
NO_PARENT: Final = bytes(SPAN_ID_BYTES)
"""What some emitters write for a root instead of nothing."""
TIME_NS_MAX: Final = (1 << 63) - 1
"""The year 2262. The wire's unsigned 64 bits go beyond, but no clock does, and no store's integers."""
FAULTS_TOLD_MAX: Final = 5
"""Faults that a reason spells out: enough to find the cause, short enough for gRPC's metadata."""


def export_request(spans: Iterable[Span | str]) -> ExportRequest:
    """Sort spans into kept and rejected; a text in a span's place tells why that one could not be read."""
    kept: list[Span] = []
    told: list[str] = []
    rejected = 0
    for index, span in enumerate(spans):
        if isinstance(span, Span):
            fault = _fault(span)
            if not fault:
                kept.append(span)
                continue
        else:
            fault = span
        rejected += 1
        if rejected <= FAULTS_TOLD_MAX:
            told.append(f"span {index}: {fault}")
    return ExportRequest(kept, rejected, _reason(told, rejected, len(kept) + rejected) if rejected else "")


def _fault(span: Span) -> str:
    """Say what makes the span unfit to be kept, if anything does; a parent of zeros is taken for none."""
    if span.parent_span_id == NO_PARENT:
        span.parent_span_id = b""
    return (
        _id_fault("traceId", span.trace_id, TRACE_ID_BYTES)
        or _id_fault("spanId", span.span_id, SPAN_ID_BYTES)
        or (_id_fault("parentSpanId", span.parent_span_id, SPAN_ID_BYTES) if span.parent_span_id else "")
        or ("its time is after the year 2262" if max(span.start_ns, span.end_ns) > TIME_NS_MAX else "")
    )


def _id_fault(name: str, value: bytes, length: int) -> str:
    if len(value) != length:
        return f"{name} has {len(value)} bytes, not {length}"
    return "" if any(value) else f"{name} is all zeros"


def _reason(told: list[str], rejected: int, total: int) -> str:
    more = f"; and {rejected - len(told)} more" if rejected > len(told) else ""
    return f"{rejected} of {total} spans rejected: {'; '.join(told)}{more}"
