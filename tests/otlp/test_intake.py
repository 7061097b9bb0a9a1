"""Which spans are kept, and what is said of the others."""

from spanglass import telemetry
from spanglass.otlp.intake import FAULTS_TOLD_MAX, export_request


def span(span_id: bytes = b"s" * 8, parent_span_id: bytes = b"") -> telemetry.Span:
    return telemetry.Span(b"t" * 16, span_id, telemetry.Resource(), telemetry.Scope(), parent_span_id=parent_span_id)


def test_all_well_is_said_in_silence() -> None:
    """A request without faults has no reason."""
    request = export_request([span(), span(parent_span_id=b"p" * 8)])
    assert (len(request.spans), request.rejected, request.reason) == (2, 0, "")


def test_what_could_not_be_read_counts_as_rejected() -> None:
    """A codec's own words stand in the reason, at the span's place among all."""
    request = export_request([span(), "traceId is not hexadecimal", span()])
    assert len(request.spans) == 2
    assert (request.rejected, request.reason) == (1, "1 of 3 spans rejected: span 1: traceId is not hexadecimal")


def test_a_reason_stays_short() -> None:
    """Of many faults the first few are told and the rest are counted."""
    request = export_request(span(b"x") for _ in range(5000))
    assert request.rejected == 5000
    assert request.reason.count("spanId has 1 bytes") == FAULTS_TOLD_MAX
    assert request.reason.endswith(f"; and {5000 - FAULTS_TOLD_MAX} more")


def test_a_parent_of_zeros_is_none() -> None:
    """A root that names zeros as its parent is a root."""
    assert export_request([span(parent_span_id=bytes(8))]).spans[0].parent_span_id == b""
