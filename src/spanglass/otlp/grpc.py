"""OTLP/gRPC: Export of TraceService and of LogsService (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc)."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import grpc
import grpc.aio

from spanglass.access import Callers
from spanglass.access.errors import AccessError
from spanglass.config import Limits
from spanglass.otlp.codec import (
    decode_protobuf,
    decode_protobuf_logs,
    encode_protobuf_response,
    encode_protobuf_status,
)
from spanglass.otlp.errors import Refusal
from spanglass.otlp.export import Decode, export, refused
from spanglass.recording import Recorded, Recorder
from spanglass.store.interface import StoreError

SERVICES: Final[dict[str, Decode]] = {
    "opentelemetry.proto.collector.trace.v1.TraceService": decode_protobuf,
    "opentelemetry.proto.collector.logs.v1.LogsService": decode_protobuf_logs,
}
_Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"
_STATUS_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


async def serve_grpc(recorder: Recorder, callers: Callers, limits: Limits, host: str, port: int) -> grpc.aio.Server:
    """Serve OTLP/gRPC until the server is stopped; port 0 serves none, and the server stands idle.

    Several processes may serve one port. gRPC undoes gzip and deflate, and answers RESOURCE_EXHAUSTED to what is larger
    than ``limits.body_decoded_bytes_max`` before or after; messages reach us as bytes, to be decoded by the recorder.

    Raises:
        RuntimeError: The port is taken by something else, or the host is not ours.
    """
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", limits.body_decoded_bytes_max), ("grpc.so_reuseport", 1)]
    )
    for service, decode in SERVICES.items():
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Export": grpc.unary_unary_rpc_method_handler(_exporting(recorder, callers, limits, decode))
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    if port:
        server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        await server.start()
    return server


def _exporting(
    recorder: Recorder, callers: Callers, limits: Limits, decode: Decode
) -> Callable[[bytes, _Context], Awaitable[bytes]]:
    async def answer(body: bytes, context: _Context) -> bytes:
        outcome: Recorded | Refusal
        try:
            caller = await callers.of_authorization(_values(context, "authorization"))
        except (AccessError, StoreError) as error:
            outcome = refused(error)
        else:
            outcome = await export(recorder, limits, body, "", decode, caller=caller)
        if isinstance(outcome, Refusal):
            details = (("grpc-status-details-bin", encode_protobuf_status(outcome)),)
            await context.abort(_STATUS_CODES[outcome.code], outcome.message, details)
        return encode_protobuf_response(outcome.rejected, outcome.reason)

    return answer


def _values(context: _Context, name: str) -> list[str]:
    """Return all values of a request's metadata under a name."""
    return [str(value) for key, value in context.invocation_metadata() or () if key == name]
