from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.spool import Export, Spool, record
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
