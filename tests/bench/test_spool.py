"""Requests are recorded once and sent in any order."""

from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.spool import Export, Spool, gather, record
from bench.workload import Workload


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    workload = Workload(7)
    return record(tmp_path / "spool", ((workload.conversation(number), workload.turns(number)) for number in range(6)))


def body(spool: Spool, export: Export) -> bytes:
    request = spool.path.read_bytes()[export.offset : export.offset + export.length]
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/traces HTTP/1.1\r\n")
    assert f"content-length: {export.body_bytes}" in head.decode().lower()
    assert len(body) == export.body_bytes
    return body


def test_holds_whole_requests(spool: Spool) -> None:
    """Each export stands in the file as an HTTP request, and says how many spans it holds."""
    for export in spool.order(2):
        [resource] = ExportTraceServiceRequest.FromString(body(spool, export)).resource_spans
        assert len(resource.scope_spans[0].spans) == export.spans


@pytest.mark.parametrize("live", [1, 2, 150])
def test_order_holds_every_export_once(spool: Spool, live: int) -> None:
    """However many are live, all is sent once, and each conversation in the order in which it was held."""
    order = spool.order(live)
    assert sum(export.spans for export in order) == spool.spans
    for conversation in spool.conversations:
        assert [export for export in order if export in conversation.exports] == list(conversation.exports)


def test_gathered_requests_hold_every_span_once(spool: Spool, tmp_path: Path) -> None:
    """Exports put together are requests like others, of so many spans at least, with all that came in and in order."""
    together = Spool(tmp_path / "gathered", ())
    gathered = gather(spool, 3, 20, together.path)
    assert all(export.spans >= 20 for export in gathered[:-1])
    told, sent = (
        [
            span.span_id
            for export in exports
            for resource in ExportTraceServiceRequest.FromString(body(held, export)).resource_spans
            for span in resource.scope_spans[0].spans
        ]
        for held, exports in ((spool, spool.order(3)), (together, gathered))
    )
    assert sent == told
    assert len(sent) == sum(export.spans for export in gathered) == spool.spans
