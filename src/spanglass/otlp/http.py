"""OTLP/HTTP: POST /v1/traces and /v1/logs (https://opentelemetry.io/docs/specs/otlp/#otlphttp)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from spanglass.access import caller
from spanglass.bodies import BodyError, read_body
from spanglass.config import Limits
from spanglass.otlp.codec import (
    decode_protobuf,
    decode_protobuf_logs,
    encode_protobuf_response,
    encode_protobuf_status,
)
from spanglass.otlp.errors import MethodError, Refusal, RequestError, UnsupportedMediaTypeError
from spanglass.otlp.export import Decode, export, refused
from spanglass.otlp.json_codec import decode_json, decode_json_logs, encode_json_response, encode_json_status
from spanglass.recording import Recorded, Recorder


class Codec(msgspec.Struct, frozen=True):
    """One encoding of OTLP: a response is in the request's."""

    media_type: str
    decode: Decode
    response: Callable[[int, str], bytes]
    status: Callable[[Refusal], bytes]


PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
TRACES: Final = {
    PROTOBUF: Codec(PROTOBUF, decode_protobuf, encode_protobuf_response, encode_protobuf_status),
    JSON: Codec(JSON, decode_json, encode_json_response, encode_json_status),
}
LOGS: Final = {
    PROTOBUF: Codec(PROTOBUF, decode_protobuf_logs, encode_protobuf_response, encode_protobuf_status),
    JSON: Codec(JSON, decode_json_logs, partial(encode_json_response, noun="LogRecords"), encode_json_status),
}
SIGNALS: Final = {"/v1/traces": TRACES, "/v1/logs": LOGS}
"""Path → the encodings of its signal, by content type."""


def receiver(recorder: Recorder, limits: Limits, codecs: Mapping[str, Codec]) -> ASGIApp:
    """Return the ASGI application behind a signal's path, for all methods: OTLP words the refusal of a wrong one, too.

    It speaks ASGI itself. A framework's request, routing and response took as long as a third of the mapping.
    """

    async def receive_export(scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        codec = _codec(headers, codecs)
        try:
            outcome = await _export(scope, headers, receive, codec)
        except (RequestError, BodyError) as error:
            outcome = refused(error)
        except ClientDisconnect:
            return
        await _send(send, outcome, codec or codecs[JSON])

    async def _export(scope: Scope, headers: Headers, receive: Receive, codec: Codec | None) -> Recorded | Refusal:
        if scope["method"] != "POST":
            raise MethodError("exports are sent by POST")
        if codec is None:
            raise UnsupportedMediaTypeError(f"the content type is none of {', '.join(codecs)}")
        encoding = ",".join(headers.getlist("content-encoding"))
        body = await read_body(headers, receive, limits)
        return await export(recorder, limits, body, encoding, codec.decode, caller=caller(scope))

    return receive_export


async def refuse(scope: Scope, send: Send, error: Exception) -> None:
    """Answer a request that was not let in, in its encoding."""
    await _send(send, refused(error), _codec(Headers(scope=scope), TRACES) or TRACES[JSON])


def _codec(headers: Headers, codecs: Mapping[str, Codec]) -> Codec | None:
    return codecs.get(headers.get("content-type", "").partition(";")[0].strip().lower())


async def _send(send: Send, outcome: Recorded | Refusal, codec: Codec) -> None:
    status, headers = 200, {}
    if isinstance(outcome, Recorded):
        body = codec.response(outcome.rejected, outcome.reason)
    else:
        status, headers, body = outcome.http_status, dict(outcome.headers), codec.status(outcome)
        if outcome.retry_seconds is not None:
            headers["retry-after"] = str(outcome.retry_seconds)
    headers |= {"content-type": codec.media_type, "content-length": str(len(body))}
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
