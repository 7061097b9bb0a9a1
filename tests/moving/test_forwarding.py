"""Telemetry is forwarded to whatever takes OTLP, named as OpenTelemetry names it."""

import pytest

from spanglass.connection import Answer
from spanglass.moving.forwarding import LOGS_LEFT, EndpointWriter, base
from spanglass.otlp.codec import encode_protobuf_response
from tests.captures import logged
from tests.formats.sessions import of_capture, wholes
from tests.moving.test_taking import scripted


@pytest.mark.parametrize(
    "url", ["https://x/api/otel", "https://x/api/otel/", "https://x/api/otel/v1/traces", "https://x/api/otel/v1/logs/"]
)
def test_an_endpoint_is_named_with_or_without_its_path(url: str) -> None:
    """As variables of OpenTelemetry name it, or a path of a signal."""
    assert base(url) == "https://x/api/otel"


def test_what_is_refused_is_told_with_its_session() -> None:
    """By an answer of partial success; where log records are not taken at all they are left out."""
    ((session, spans),) = wholes(of_capture("openai--v2/chat_tools"))
    protobuf = {"content-type": "application/x-protobuf"}
    taker, script, _ = scripted(Answer(200, protobuf, encode_protobuf_response(2, "not these")), Answer(404, {}, b""))
    told: list[tuple[str, str, int]] = []
    writer = EndpointWriter(taker, told.append)
    assert writer.write(session, spans) == len(spans)
    writer.close()
    place = f"{session.assistant_id}/{session.session_id}"
    assert told == [(place, "not these", 2)]
    assert writer.refused == 2
    assert writer.losses[LOGS_LEFT] == len(logged("openai--v2/chat_tools"))
    assert [asked[1] for asked in script.asked] == ["/v1/traces", "/v1/logs"]
