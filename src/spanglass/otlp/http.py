"""OTLP/HTTP: POST /v1/traces (https://opentelemetry.io/docs/specs/otlp/#otlphttp)."""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from spanglass.config import Limits
from spanglass.otlp.bodies import read_body
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


def routes(recorder: Recorder, limits: Limits) -> list[BaseRoute]:
    """Return the routes under which exporters deliver."""
    return [Route("/v1/traces", _Traces(recorder, limits))]


class _Traces:
    """The ASGI application behind /v1/traces, for all methods: OTLP words the refusal of a wrong one, too."""

    def __init__(self, recorder: Recorder, limits: Limits) -> None:
        self._recorder = recorder
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        codec = CODECS.get(media_type)
        try:
            outcome = await self._export(request, codec)
        except RequestError as error:
            outcome = refused(error)
        except ClientDisconnect:
            return
        await _response(outcome, codec or JSON)(scope, receive, send)

    async def _export(self, request: Request, codec: Codec | None) -> Recorded | Refusal:
        if request.method != "POST":
            raise MethodError("spans are sent by POST")
        if codec is None:
            raise UnsupportedMediaTypeError(f"the content type is none of {', '.join(CODECS)}")
        encoding = ",".join(request.headers.getlist("content-encoding"))
        body = await read_body(request, self._limits)
        return await export(self._recorder, self._limits, body, encoding, codec.decode)


def _response(outcome: Recorded | Refusal, codec: Codec) -> Response:
    if isinstance(outcome, Recorded):
        return Response(codec.response(outcome.rejected, outcome.reason), media_type=codec.media_type)
    retry = {} if outcome.retry_seconds is None else {"retry-after": str(outcome.retry_seconds)}
    return Response(codec.status(outcome), outcome.http_status, outcome.headers | retry, codec.media_type)
