"""OTLP/HTTP: POST /v1/traces (https://opentelemetry.io/docs/specs/otlp/#otlphttp)."""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from spanglass.bodies import BodyError, read_body
from spanglass.config import Limits
from spanglass.otlp.codec import decode_protobuf, encode_protobuf_response, encode_protobuf_status
from spanglass.otlp.errors import MethodError, Refusal, RequestError, UnsupportedMediaTypeError
from spanglass.otlp.export import Decode, export, refused
from spanglass.otlp.json_codec import decode_json, encode_json_response, encode_json_status
from spanglass.recording import Recorded, Recorder


class Codec(msgspec.Struct, frozen=True):
    """One encoding of OTLP: a response is in the request's."""

    media_type: str
    decode: Decode
    response: Callable[[int, str], bytes]
    status: Callable[[Refusal], bytes]


PROTOBUF: Final = Codec("application/x-protobuf", decode_protobuf, encode_protobuf_response, encode_protobuf_status)
JSON: Final = Codec("application/json", decode_json, encode_json_response, encode_json_status)
CODECS: Final = {codec.media_type: codec for codec in (PROTOBUF, JSON)}


def traces(recorder: Recorder, limits: Limits) -> ASGIApp:
    """Return the ASGI application behind /v1/traces, for all methods: OTLP words the refusal of a wrong one, too.

    It speaks ASGI itself. A framework's request, routing and response took as long as a third of the mapping.
    """

    async def receive_spans(scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        codec = _codec(headers)
        try:
            outcome = await _export(scope["method"], headers, receive, codec)
        except (RequestError, BodyError) as error:
            outcome = refused(error)
        except ClientDisconnect:
            return
        await _send(send, outcome, codec or JSON)

    async def _export(method: str, headers: Headers, receive: Receive, codec: Codec | None) -> Recorded | Refusal:
        if method != "POST":
            raise MethodError("spans are sent by POST")
        if codec is None:
            raise UnsupportedMediaTypeError(f"the content type is none of {', '.join(CODECS)}")
        encoding = ",".join(headers.getlist("content-encoding"))
        body = await read_body(headers, receive, limits)
        return await export(recorder, limits, body, encoding, codec.decode)

    return receive_spans


async def refuse(scope: Scope, send: Send, error: Exception) -> None:
    """Answer a request that was not let in, in its encoding."""
    await _send(send, refused(error), _codec(Headers(scope=scope)) or JSON)


def _codec(headers: Headers) -> Codec | None:
    return CODECS.get(headers.get("content-type", "").partition(";")[0].strip().lower())


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
