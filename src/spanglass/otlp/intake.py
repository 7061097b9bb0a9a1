"""Which spans and log records can be kept, and the words for those that cannot: what both codecs end in."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from spanglass.conventions.events import event_name, is_genai
from spanglass.telemetry import ExportRequest, LogRecord, Span

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8
NO_PARENT: Final = bytes(SPAN_ID_BYTES)
"""What some emitters write for a root instead of nothing."""
TIME_NS_MAX: Final = (1 << 63) - 1
"""The year 2262. The wire's unsigned 64 bits go beyond, but no clock does, and no store's integers."""
FAULTS_TOLD_MAX: Final = 5
"""Faults that a reason spells out: enough to find the cause, short enough for gRPC's metadata."""


_Kept = TypeVar("_Kept", Span, LogRecord)


def export_request(spans: Iterable[Span | str]) -> ExportRequest:
    """Sort spans into kept and rejected; a text in a span's place tells why that one could not be read."""
    kept, rejected, reason = _sorted(spans, Span, _fault, "span")
    return ExportRequest(kept, rejected, reason)


def logs_request(records: Iterable[LogRecord | str]) -> ExportRequest:
    """Sort log records into kept, rejected as ``export_request`` does, and dropped: what is no GenAI event of a span.

    A kept record's ``name`` is that of its event, wherever that was told.
    """
    sound, rejected, reason = _sorted(records, LogRecord, _log_fault, "log record")
    kept = [record for record in sound if record.trace_id and record.span_id and is_genai(_named(record))]
    return ExportRequest([], 0, reason, kept, rejected, len(sound) - len(kept))


def _named(record: LogRecord) -> str:
    record.name = event_name(record.name, record.attributes)
    return record.name


def _sorted(
    items: Iterable[_Kept | str], kind: type[_Kept], fault_of: Callable[[_Kept], str], noun: str
) -> tuple[list[_Kept], int, str]:
    """Return those that can be kept, how many cannot, and why."""
    kept: list[_Kept] = []
    told: list[str] = []
    rejected = 0
    for index, item in enumerate(items):
        if isinstance(item, kind):
            fault = fault_of(item)
            if not fault:
                kept.append(item)
                continue
        else:
            fault = str(item)
        rejected += 1
        if rejected <= FAULTS_TOLD_MAX:
            told.append(f"{noun} {index}: {fault}")
    return kept, rejected, _reason(told, rejected, len(kept) + rejected, noun) if rejected else ""


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


def _log_fault(record: LogRecord) -> str:
    """Say what makes a log record unfit to be kept, if anything does; ids may be missing, and zeros are none."""
    if not any(record.trace_id):
        record.trace_id = b""
    if not any(record.span_id):
        record.span_id = b""
    return (
        (_id_fault("traceId", record.trace_id, TRACE_ID_BYTES) if record.trace_id else "")
        or (_id_fault("spanId", record.span_id, SPAN_ID_BYTES) if record.span_id else "")
        or ("its time is after the year 2262" if max(record.time_ns, record.observed_ns) > TIME_NS_MAX else "")
    )


def _id_fault(name: str, value: bytes, length: int) -> str:
    if len(value) != length:
        return f"{name} has {len(value)} bytes, not {length}"
    return "" if any(value) else f"{name} is all zeros"


def _reason(told: list[str], rejected: int, total: int, noun: str) -> str:
    more = f"; and {rejected - len(told)} more" if rejected > len(told) else ""
    return f"{rejected} of {total} {noun}s rejected: {'; '.join(told)}{more}"
