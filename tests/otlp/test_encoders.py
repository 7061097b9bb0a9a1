"""What the encoders write is what the decoders read, in both encodings."""

import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from spanglass.config import Limits
from spanglass.otlp.codec import decode_protobuf, decode_protobuf_logs
from spanglass.otlp.encoder import encode_protobuf, encode_protobuf_logs
from spanglass.otlp.json_codec import decode_json, decode_json_logs
from spanglass.otlp.json_encoder import encode_json, encode_json_logs
from spanglass.telemetry import Event, Link, LogRecord, Resource, Scope, Span, Value
from tests.captures import CAPTURES, exported, logged
from tests.telemetry import RESOURCE, SCOPE, TRACE, span

Codec = tuple[Callable[..., bytes], Callable[..., Any]]
TRACES: list[Codec] = [(encode_protobuf, decode_protobuf), (encode_json, decode_json)]
LOGS: list[Codec] = [(encode_protobuf_logs, decode_protobuf_logs), (encode_json_logs, decode_json_logs)]


def plain(items: list[Any]) -> list[Any]:
    """Return spans or log records so that equal ones are equal."""
    return [msgspec.to_builtins(item) for item in items]


def through(codec: Codec, *items: Any) -> list[Any]:  # noqa: ANN401 (spans or log records)
    encode, decode = codec
    request = decode(encode(items), Limits())
    assert request.rejected == request.rejected_logs == request.dropped_logs == 0
    return [*request.spans, *request.logs]


@pytest.mark.parametrize("codec", TRACES)
@pytest.mark.parametrize("capture", CAPTURES)
def test_recorded_spans_are_written_as_they_were_read(capture: str, codec: Codec) -> None:
    """Spans that real emitters exported come back whole, those of one resource and scope together."""
    spans = exported(capture)
    back = through(codec, *spans)
    by_id = {(one.trace_id, one.span_id): one for one in back}
    assert plain([by_id[one.trace_id, one.span_id] for one in spans]) == plain(spans)
    assert len(back) == len(spans)


@pytest.mark.parametrize("codec", LOGS)
@pytest.mark.parametrize("capture", [each for each in CAPTURES if logged(each)])
def test_recorded_log_records_are_written_as_they_were_read(capture: str, codec: Codec) -> None:
    """So do log records."""
    assert sorted(map(repr, through(codec, *logged(capture)))) == sorted(map(repr, logged(capture)))


VALUES: dict[str, Value] = {
    "text": "é🎈",
    "empty": "",
    "true": True,
    "false": False,
    "zero": 0,
    "least": -(2**63),
    "most": 2**63 - 1,
    "half": 0.5,
    "whole": 1.0,
    "infinity": math.inf,
    "less": -math.inf,
    "nothing": None,
    "bytes": b"\x00\xff",
    "list": ["a", 1, None, [], {}, [b"x"]],
    "map": {"a": {"b": [1.5, {"c": "d"}]}, "": 1},
}


@pytest.mark.parametrize("codec", TRACES)
def test_every_field_of_a_span_is_written(codec: Codec) -> None:
    """Values of all types, events, links, counts, states and schema URLs come back."""
    one = Span(
        TRACE,
        bytes(range(8)),
        Resource({"service.name": "s", "map": {"a": 1}}, "https://schema/1"),
        Scope("scope", "1.2", {"x": [1]}, "https://schema/2"),
        "name",
        bytes(range(1, 9)),
        3,
        5,
        2**62,
        VALUES,
        [Event("e", 7, {"k": "v"}, 2), Event("", 0)],
        [Link(TRACE[::-1], bytes(range(2, 10)), "a=b", {"k": 1}, 3, 4)],
        2,
        "why",
        "c=d",
        257,
        1,
        2,
        3,
    )
    assert plain(through(codec, one)) == plain([one])


@pytest.mark.parametrize("codec", TRACES)
def test_oddities_are_written_so_that_they_can_be_read(codec: Codec) -> None:
    """NaN stays NaN, an integer beyond 64 bits is text, and depth is no matter, as far as it is read."""
    deep: Value = "bottom"
    for _ in range(Limits().attribute_depth_max):
        deep = [{"in": deep}] if isinstance(deep, str) else {"in": deep}
    (back,) = through(codec, span(1, {"nan": math.nan, "huge": 2**64, "small": -(2**64), "deep": deep}))
    assert math.isnan(back.attributes.pop("nan"))
    assert back.attributes["huge"] == str(2**64)
    assert back.attributes["small"] == str(-(2**64))
    inner = back.attributes["deep"]
    for _ in range(Limits().attribute_depth_max - 1):
        inner = inner["in"]
    assert isinstance(inner, str | list)


@pytest.mark.parametrize("codec", LOGS)
def test_every_field_of_a_log_record_is_written(codec: Codec) -> None:
    """Times, severity, body, attributes and counts come back."""
    one = LogRecord(
        TRACE, bytes(range(8)), RESOURCE, SCOPE, "gen_ai.choice", 5, 6, {"a": b"b"}, {"m": [1]}, 9, "INFO", 1, 2
    )
    bare = LogRecord(TRACE, bytes(range(8)), RESOURCE, SCOPE, "gen_ai.choice")
    assert plain(through(codec, one, bare)) == plain([one, bare])
