"""OTLP/HTTP of logs: what is kept, dropped and rejected, in both encodings; all else is as for traces."""

import gzip
from typing import Any

import httpx2
import msgspec
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue, KeyValueList

from spanglass.telemetry import LogRecord, Resource, Scope

PATH = "/v1/logs"
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
TRACE, SPAN = b"t" * 16, b"s" * 8


def text(value: str) -> AnyValue:
    return AnyValue(string_value=value)


def request(**record: Any) -> ExportLogsServiceRequest:  # noqa: ANN401 (any field)
    """Return a request of one log record with everything, unless told otherwise."""
    message = ExportLogsServiceRequest()
    resource_logs = message.resource_logs.add(schema_url="r")
    resource_logs.resource.attributes.add(key="service.name", value=text("shop"))
    scope_logs = resource_logs.scope_logs.add(schema_url="s")
    scope_logs.scope.name, scope_logs.scope.version = "openai", "1"
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "event_name": "gen_ai.user.message",
        "time_unix_nano": 5,
        "observed_time_unix_nano": 6,
        "severity_number": 9,
        "severity_text": "INFO",
        "body": AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="content", value=text("hi"))])),
        "attributes": [KeyValue(key="gen_ai.system", value=text("openai"))],
        "dropped_attributes_count": 2,
        "flags": 1,
    }
    scope_logs.log_records.add(**given | record)
    return message


AS_JSON: dict[str, Any] = {
    "resourceLogs": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "schemaUrl": "r",
            "scopeLogs": [
                {
                    "scope": {"name": "openai", "version": "1"},
                    "schemaUrl": "s",
                    "logRecords": [
                        {
                            "traceId": TRACE.hex(),
                            "spanId": SPAN.hex(),
                            "eventName": "gen_ai.user.message",
                            "timeUnixNano": "5",
                            "observedTimeUnixNano": 6,
                            "severityNumber": "SEVERITY_NUMBER_INFO",
                            "severityText": "INFO",
                            "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "hi"}}]}},
                            "attributes": [{"key": "gen_ai.system", "value": {"stringValue": "openai"}}],
                            "droppedAttributesCount": 2,
                            "flags": 1,
                        }
                    ],
                }
            ],
        }
    ]
}


def told(record: LogRecord) -> dict[str, Any]:
    """Return a log record as plain data."""
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return fields | {name: {n: getattr(of, n) for n in of.__struct_fields__} for name, of in _origins(record).items()}


def _origins(record: LogRecord) -> dict[str, Resource | Scope]:
    return {"resource": record.resource, "scope": record.scope}


EVERYTHING = {
    "trace_id": TRACE,
    "span_id": SPAN,
    "resource": {"attributes": {"service.name": "shop"}, "schema_url": "r"},
    "scope": {"name": "openai", "version": "1", "attributes": {}, "schema_url": "s"},
    "name": "gen_ai.user.message",
    "time_ns": 5,
    "observed_ns": 6,
    "attributes": {"gen_ai.system": "openai"},
    "body": {"content": "hi"},
    "severity": 9,
    "severity_text": "INFO",
    "flags": 1,
    "dropped_attributes": 2,
}


GZIPPED = gzip.compress(request().SerializeToString(), mtime=0)  # workers have to collect the same test


@pytest.mark.parametrize("body", [request().SerializeToString(), GZIPPED])
def test_protobuf_holds_everything(client: httpx2.Client, seen_logs: list[LogRecord], body: bytes) -> None:
    """Every field of a log record arrives, compressed or not, and the answer is protobuf."""
    headers = PROTOBUF | ({"content-encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {})
    response = client.post(PATH, content=body, headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert [told(record) for record in seen_logs] == [EVERYTHING]


def test_json_holds_everything(client: httpx2.Client, seen_logs: list[LogRecord]) -> None:
    """The same in JSON, with ids in hexadecimal and enumerations by number or name."""
    response = client.post(PATH, json=AS_JSON)
    assert (response.status_code, response.json()) == (200, {})
    assert [told(record) for record in seen_logs] == [EVERYTHING]


def test_json_may_leave_everything_out(client: httpx2.Client, seen_logs: list[LogRecord]) -> None:
    """Members that are null or missing are as good as zero; such a record is of no span."""
    for body in ({}, {"resourceLogs": [{}, {"scopeLogs": [{}, {"logRecords": [{}, {"body": None}]}]}]}):
        assert client.post(PATH, json=body).status_code == 200
    assert client.post(PATH, content=b"", headers=JSON).status_code == 200
    assert seen_logs == []


@pytest.mark.parametrize(
    "record",
    [
        {"event_name": "", "attributes": []},
        {"event_name": "app.started"},
        {"trace_id": b""},
        {"span_id": b""},
        {"trace_id": bytes(16)},
        {"span_id": bytes(8)},
    ],
)
def test_other_log_records_are_taken_and_dropped(
    client: httpx2.Client, seen_logs: list[LogRecord], record: dict[str, Any]
) -> None:
    """What is no GenAI event, or of no span, is no fault of its sender."""
    response = client.post(PATH, content=request(**record).SerializeToString(), headers=PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert seen_logs == []


def test_an_event_may_be_named_by_an_attribute(client: httpx2.Client, seen_logs: list[LogRecord]) -> None:
    """Emitters of before the field write ``event.name``."""
    named = [KeyValue(key="event.name", value=text("gen_ai.choice"))]
    body = request(event_name="", attributes=named).SerializeToString()
    client.post(PATH, content=body, headers=PROTOBUF)
    assert [record.name for record in seen_logs] == ["gen_ai.choice"]


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"trace_id": b"t"}, "traceId has 1 bytes, not 16"),
        ({"span_id": b"s" * 9}, "spanId has 9 bytes, not 8"),
        ({"time_unix_nano": 1 << 63}, "its time is after the year 2262"),
        ({"observed_time_unix_nano": 1 << 63}, "its time is after the year 2262"),
    ],
)
def test_partial_success(client: httpx2.Client, record: dict[str, Any], fault: str) -> None:
    """A record that cannot be kept is counted and described."""
    response = client.post(PATH, content=request(**record).SerializeToString(), headers=PROTOBUF)
    partial = ExportLogsServiceResponse.FromString(response.content).partial_success
    assert partial.rejected_log_records == 1
    assert partial.error_message == f"1 of 1 log records rejected: log record 0: {fault}"


@pytest.mark.parametrize("name", ["traceId", "spanId"])
def test_partial_success_in_json(client: httpx2.Client, name: str) -> None:
    """JSON names the count by what it counts."""
    body = msgspec.json.decode(msgspec.json.encode(AS_JSON))
    body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0][name] = "xy"
    reason = f"1 of 1 log records rejected: log record 0: {name} is not hexadecimal"
    assert client.post(PATH, json=body).json() == {
        "partialSuccess": {"rejectedLogRecords": "1", "errorMessage": reason}
    }


@pytest.mark.parametrize(
    ("headers", "content", "reason"),
    [
        (PROTOBUF, b"\xff", "the body is no ExportLogsServiceRequest in protobuf: "),
        (JSON, b"{", "the body is no ExportLogsServiceRequest in JSON: "),
        (JSON, b'{"resourceLogs": 1}', "the body is no ExportLogsServiceRequest in JSON: "),
        (JSON, b'{"x": ' + b"[" * 5000, "the body is nested too deep to be read as JSON"),
        (JSON | {"content-encoding": "gzip"}, b"{}", "the body is no valid gzip: "),
    ],
)
def test_what_is_no_request_is_refused(
    client: httpx2.Client, headers: dict[str, str], content: bytes, reason: str
) -> None:
    """The refusal says what the body should have been, in the request's encoding, and is for good."""
    response = client.post(PATH, content=content, headers=headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == headers["content-type"]
    assert reason.encode() in response.content


def test_other_methods_and_types(client: httpx2.Client) -> None:
    """Methods and content types are refused as for traces."""
    assert client.get(PATH).headers["allow"] == "POST"
    assert client.post(PATH, content=b"", headers={"content-type": "text/plain"}).status_code == 415
