"""What the recorder keeps of an export."""

import gzip
import json
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.recording import Export, Recording, scrubbed

PROTOBUF = {"content-type": "application/x-protobuf", "user-agent": "exporter/1", "authorization": "Bearer secret"}


def _spans(stack: str) -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="chat", trace_id=b"t" * 16)
    event = span.events.add(name="exception")
    event.attributes.add(key="exception.stacktrace").value.string_value = stack
    event.attributes.add(key="nested").value.array_value.values.add(string_value=stack)
    return request.SerializeToString()


def test_files_are_named_by_signal_and_order(tmp_path: Path) -> None:
    """One body has the case's name, several are numbered; logs are told apart."""
    recording = Recording()
    recording.take("traces", _spans("a"), PROTOBUF)
    recording.take("logs", ExportLogsServiceRequest().SerializeToString(), PROTOBUF)
    recording.take("logs", b"{}", PROTOBUF | {"content-type": "application/json"})
    files = recording.write(tmp_path, "tools", {}, ())
    assert [path.name for path in files] == ["tools.pb", "tools.logs.1.pb", "tools.logs.2.json", "tools.truth.json"]


def test_an_earlier_recording_of_the_case_is_replaced(tmp_path: Path) -> None:
    """No body of an earlier recording stays, and other cases keep theirs."""
    for name in ("tools.1.pb", "tools.2.pb", "tools.logs.pb", "tools_v2.pb", "tools_v2.truth.json"):
        (tmp_path / name).touch()
    recording = Recording()
    recording.take("traces", _spans("a"), PROTOBUF)
    recording.write(tmp_path, "tools", {}, ())
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"tools.pb", "tools.truth.json", "tools_v2.pb", "tools_v2.truth.json"}


def test_the_truth_is_in_order_and_tells_how_it_was_exported(tmp_path: Path) -> None:
    """Notes stand as they came; of the headers only those that tell of the exporter are kept."""
    recording = Recording()
    recording.note({"user": "hello"})
    recording.note({"agent_returned": "hi"})
    recording.take("traces", gzip.compress(_spans("a")), PROTOBUF | {"content-encoding": "gzip"})
    *_, path = recording.write(tmp_path, "tools", {"emitter": "mine"}, ())
    truth = json.loads(path.read_text())
    assert truth["sequence"] == [{"user": "hello"}, {"agent_returned": "hi"}]
    assert truth["http_headers"] == {"content-type": "application/x-protobuf", "user-agent": "exporter/1"}
    assert truth["emitter"] == "mine"
    assert (tmp_path / "tools.pb").read_bytes() == _spans("a")


def test_nothing_exported_is_no_recording(tmp_path: Path) -> None:
    """A driver that exports nothing leaves no truth behind that nothing could be compared with."""
    with pytest.raises(ValueError, match="nothing was exported"):
        Recording().write(tmp_path, "tools", {}, ())


def test_texts_of_the_machine_are_replaced_wherever_they_stand() -> None:
    """Paths in stack traces do not get into a recording, in either encoding; the rest stays."""
    private = ("/secret/home",)
    body = scrubbed(Export("traces", is_json=False, body=_spans("at /secret/home/x.py")), private)
    assert body == _spans("at scrubbed/x.py")
    as_json = scrubbed(Export("traces", is_json=True, body=b'{"a":"/secret/home/x"}'), private)
    assert as_json == b'{"a":"scrubbed/x"}'


def test_a_body_without_such_texts_keeps_its_bytes() -> None:
    """What need not be changed is not encoded anew."""
    odd = _spans("a") + b"\x98\x06\x01"  # a field that the schema does not know
    assert scrubbed(Export("traces", is_json=False, body=odd), ("/secret",)) is odd
