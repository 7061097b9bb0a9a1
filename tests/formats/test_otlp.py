"""OTLP files: what was telemetry comes back as it was, what was put as telemetry that tells it."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanglass.formats.choosing import FORMATS, PARQUET, format_of, reader_of
from spanglass.formats.interface import (
    PIECE_BYTES_MAX,
    PIECE_SPANS_MAX,
    FormatError,
    Piece,
    Refused,
    Telemetry,
)
from spanglass.formats.otlp import ALTERED, otlp_json_writer, otlp_protobuf_writer, read_otlp
from spanglass.otlp.encoder import encode_protobuf, encode_protobuf_logs
from tests.captures import CAPTURES, exported, logged
from tests.docs.pages import rows
from tests.docs.test_references import quoted
from tests.formats.sessions import (
    PUT,
    Format,
    Json,
    drawn_spans,
    listed,
    of_capture,
    of_spans,
    of_telemetry,
    taken,
    wholes,
    write,
)
from tests.formats.test_lines import SPAN
from tests.telemetry import chat, said


def read(data: bytes) -> list[Piece]:
    """Read a file by what is in it."""
    file: Any = io.BufferedReader(io.BytesIO(data))
    return list(reader_of(file)(file))


BOTH: list[Format] = [(otlp_json_writer, read_otlp), (otlp_protobuf_writer, read_otlp)]
NAMES = ["json", "protobuf"]


@pytest.mark.parametrize("form", BOTH, ids=NAMES)
@pytest.mark.parametrize("capture", CAPTURES)
def test_recorded_sessions_go_round(capture: str, form: Format) -> None:
    """What is exported and imported is kept as it was and exported as the same bytes, or it is told that it is not."""
    store = of_capture(capture)
    data, writer = write(store, form)
    again = taken(read(data))
    told = bool(writer.losses[ALTERED])
    assert (list(wholes(again)) == list(wholes(store))) == (not told)
    assert (write(again, form)[0] == data) == (not told)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_spans())
def test_spans_that_were_put_go_round(spans: list[Json]) -> None:
    """So do spans that never were telemetry: they are listed just as they were."""
    store = of_spans(spans)
    for form in BOTH:
        data, writer = write(store, form)
        again = taken(read(data))
        assert listed(again) == listed(store)
        assert write(again, form)[0] == data
        assert not writer.losses


def test_others_read_what_was_put() -> None:
    """A span that was put tells what it tells in the words of the conventions, too."""
    use = {"toolUse": {"toolUseId": PUT[0], "name": "get_weather", "arguments": {"city": "Paris"}}}
    result = {"toolResult": {"toolUseId": PUT[0], "values": [{"text": {"value": "Rain"}}], "error": "late"}}

    def message(participant: str, *values: Json) -> Json:
        return {"messageId": PUT[0], "participant": participant, "timestamp": 1.5, "values": list(values)}

    attributes = {
        "operationName": "inference",
        "requestModel": "m",
        "usageInputTokens": 5,
        "cacheReadInputTokens": 2,
        "agentId": PUT[1],
        "guardrailAssessments": [],
        "inputMessages": [message("CUSTOMER", {"text": {"value": "Hi"}}), message("BOT", use), message("BOT", result)],
        "outputMessages": [message("AGENT", {"reasoning": {"value": "Hm"}}, {"text": {"value": "Yes"}})],
        "systemInstructions": [{"text": {"value": "Be brief."}}],
    }
    other = SPAN | {
        "spanId": "00000000-0000-4000-8000-000000000009",
        "parentSpanId": SPAN["spanId"],
        "spanType": "INTERNAL",
        "status": "TIMEOUT",
        "statusDescription": "too slow",
        "attributes": {"operationName": "execute_tool", "inputMessages": [message("BOT", use)]},
    }
    store = of_spans([SPAN | {"attributes": attributes}, other])
    data, _ = write(store, BOTH[1])
    request = ExportTraceServiceRequest.FromString(data[4:])
    (resource,) = request.resource_spans
    assert [pair.value.string_value for pair in resource.resource.attributes] == [PUT[0]]
    first, second = resource.scope_spans[0].spans
    told = {pair.key: pair.value for pair in first.attributes}
    assert told["gen_ai.operation.name"].string_value == "chat"
    assert told["gen_ai.usage.input_tokens"].int_value == 7
    assert told["aws.qconnect.agentId"].string_value == PUT[1]
    assert json.loads(told["gen_ai.input.messages"].string_value)[1:] == [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": PUT[0], "name": "get_weather", "arguments": {"city": "Paris"}}],
        },
        {
            "role": "tool",
            "parts": [
                {
                    "type": "tool_call_response",
                    "id": PUT[0],
                    "response": [{"type": "text", "text": "Rain"}],
                    "is_error": True,
                }
            ],
        },
    ]
    assert json.loads(told["gen_ai.output.messages"].string_value)[0]["role"] == "human_agent"
    assert json.loads(told["gen_ai.system_instructions"].string_value) == [{"type": "text", "content": "Be brief."}]
    assert second.parent_span_id == first.span_id
    assert (second.status.code, second.status.message, second.kind) == (2, "too slow", 1)
    assert {pair.key for pair in second.attributes} >= {"gen_ai.tool.name", "gen_ai.tool.call.arguments"}


def test_a_carried_span_that_is_none_is_telemetry() -> None:
    """An attribute that holds no span of the service model makes the span around it nothing else than it is."""
    broken = [
        "?",
        7,
        "[]",
        json.dumps({}),
        json.dumps(SPAN | {"status": "FINE"}),
        json.dumps(SPAN | {"sessionId": "s"}),
    ]
    spans = [chat(number, attributes={"spanglass.span": value}) for number, value in enumerate(broken, start=1)]
    store = taken([Telemetry(encode_protobuf(spans), len(spans), "here")])
    ((_, kept),) = wholes(store)
    assert [one["detail"]["attributes"]["spanglass.span"] for one in kept] == broken


def frame(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


CAPTURE = "openai--v2/chat_tools"
SPANS = encode_protobuf(exported(CAPTURE))
LOGS = encode_protobuf_logs(logged(CAPTURE))


def pretty(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=2).encode()


@pytest.mark.parametrize(
    "data",
    [
        frame(SPANS) + frame(LOGS),
        frame(LOGS) + frame(SPANS),
        frame(zstd.compress(SPANS)) + frame(zstd.compress(LOGS)),
        write(of_capture(CAPTURE), BOTH[0])[0],
        write(of_capture(CAPTURE), BOTH[1])[0],
    ],
    ids=["spans first", "logs first", "compressed", "our json", "our protobuf"],
)
def test_whatever_the_collector_writes_is_read(data: bytes) -> None:
    """Frames of protobuf, also compressed ones, and lines of JSON; traces and logs in one file, in any order."""
    assert list(wholes(taken(read(data)))) == list(wholes(of_capture(CAPTURE)))


@pytest.mark.parametrize("body", [SPANS, pretty(write(of_capture("strands/bedrock_long"), BOTH[0])[0])], ids=NAMES)
def test_one_request_alone_is_read(body: bytes) -> None:
    """Such as was sent once, in protobuf, or in JSON for people."""
    (piece,) = read(body)
    assert isinstance(piece, Telemetry)
    assert piece.spans > 0
    assert piece.where == "the file"


def test_a_request_that_is_none_is_told_with_its_place() -> None:
    """The others are read."""
    refused, good = read(frame(b"\x0a\xff") + frame(SPANS))
    assert isinstance(refused, Refused)
    assert (refused.where, type(good)) == ("byte 0", Telemetry)
    refused, good = read(b'{"resourceSpans": 7}\n' + write(of_capture("strands/bedrock_long"), BOTH[0])[0])
    assert isinstance(refused, Refused)
    assert (refused.where, type(good)) == ("line 1", Telemetry)


def ended(data: bytes, read_all: Callable[[Any], Any] = read_otlp) -> str:
    with pytest.raises(FormatError) as error:
        list(read_all(io.BufferedReader(io.BytesIO(data))))
    return str(error.value)


def test_wherever_a_file_is_cut_off_that_is_told() -> None:
    """Within a length, within a message, or within what is compressed."""
    whole = frame(SPANS)
    assert ended(whole + b"\x00") == f"byte {len(whole)}: the file is cut off within the length of a message"
    assert ended(whole[:-1]) == f"byte 0: the file is cut off within a message of {len(SPANS)} bytes"
    assert ended(frame(zstd.compress(SPANS)[:-1])) == "byte 0: a message whose compressed content is cut off"
    assert ended(frame(b"\x28\xb5\x2f\xfd\xff" * 9)).startswith("byte 0: a message that cannot be decompressed")
    assert ended(b"\x7f\xff\xff\xff") == "byte 0: a message of 2147483647 bytes; at most 67108864 are read"
    assert ended(frame(zstd.compress(bytes(65 << 20)))).endswith("decompressed")


def test_names_tell_formats() -> None:
    """By their ends, compressed or not."""
    assert [
        format_of(name) for name in ("a.otlp", "a.otlp.json", "a.otlp.jsonl.gz", "a.jsonl.zst", "A.SPANGLASS", "-")
    ] == [
        "otlp-proto",
        "otlp-json",
        "otlp-json",
        "jsonl",
        "archive",
        "jsonl",
    ]
    assert all(format_of(f"x{suffix}") == form for form, told in FORMATS.items() for suffix in told.suffixes)


def test_requests_are_bounded() -> None:
    """By spans, and by what they say: a receiver takes only so much at once."""
    many = of_telemetry([chat(number) for number in range(1, PIECE_SPANS_MAX + 2)])
    assert write(many, BOTH[0])[0].count(b"\n") == 2
    long = [chat(number, [said("user", "x" * (PIECE_BYTES_MAX // 4))]) for number in range(1, 10)]
    assert write(of_telemetry(long), BOTH[0])[0].count(b"\n") == 3


def test_the_page_tells_all_formats() -> None:
    """Each with the ends of its names, in whatever order."""
    told = {quoted(form)[0]: set(quoted(names)) for form, names, *_ in rows("docs/moving.md", "The formats")}
    assert told == {form: set(each.suffixes) for form, each in FORMATS.items()} | {PARQUET: {f".{PARQUET}"}}


def test_said_is_what_is_said() -> None:
    """Messages of a call survive as text in the conventions' attributes."""
    store = taken([Telemetry(encode_protobuf([chat(1, [said("user", "Hi")])]), 1, "here")])
    (line,) = write(store, BOTH[0])[0].splitlines()
    (attributes,) = [one["attributes"] for one in json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]]
    told = {pair["key"]: pair["value"]["stringValue"] for pair in attributes}
    assert json.loads(told["gen_ai.input.messages"]) == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
