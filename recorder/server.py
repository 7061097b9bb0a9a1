"""One server that is both ends of an agent: the provider's API that it calls, and the receiver that it exports to."""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

import grpc
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from recorder.protocols import PROTOCOLS
from recorder.protocols.protocol import Protocol
from recorder.recording import Recording, Signal
from recorder.script import Failure, answer

HOST: Final = "127.0.0.1"
PIECE_SECONDS: Final = 0.002
"""Between the pieces of a streamed answer, so that its first one comes before its last."""
_SERVICES: Final[dict[str, Signal]] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
}
_MODEL: Final = re.compile(r"/models?/(.+)(?:/converse|:)")
_Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes] | None"


class Ends(msgspec.Struct, frozen=True):
    """Where a driver finds its model and its receiver."""

    url: str
    grpc_address: str


@contextlib.contextmanager
def serving(recording: Recording) -> Iterator[Ends]:
    """Serve both ends, on ports of the system's choice, until the block is left."""
    listener = socket.create_server((HOST, 0))
    server = uvicorn.Server(uvicorn.Config(_application(recording), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    receiver = grpc.server(ThreadPoolExecutor(1))
    receiver.add_generic_rpc_handlers((_Receiver(recording),))
    grpc_port = receiver.add_insecure_port(f"{HOST}:0")
    receiver.start()
    thread.start()  # connections wait in the listener's queue until the server takes them
    try:
        yield Ends(f"http://{HOST}:{listener.getsockname()[1]}", f"{HOST}:{grpc_port}")
    finally:
        receiver.stop(None)
        server.should_exit = True
        thread.join()
        listener.close()


def _application(recording: Recording) -> Starlette:
    async def note(request: Request) -> Response:
        recording.note(await request.json())
        return Response(status_code=204)

    async def receive(signal: Signal, request: Request) -> Response:
        headers = dict(request.headers)
        recording.take(signal, await request.body(), headers)
        media_type = headers.get("content-type", "")
        return Response(b"{}" if "json" in media_type else b"", headers={"content-type": media_type})

    async def model(request: Request) -> Response:
        path = unquote(request.url.path)
        protocol = next((one for one in PROTOCOLS if path.endswith(one.path)), None)
        if protocol is None:
            recording.note({"unhandled": path})
            return JSONResponse({"error": {"message": f"{path} is none of the scripted APIs"}}, 404)
        return await _answered(recording, protocol, path, await request.json())

    return Starlette(
        routes=[
            Route("/note", note, methods=["POST"]),
            *(Route(f"/v1/{signal}", partial(receive, signal), methods=["POST"]) for signal in _SERVICES.values()),
            Route("/{path:path}", model, methods=["POST"]),
        ]
    )


async def _answered(recording: Recording, protocol: Protocol, path: str, request: dict[str, Any]) -> Response:
    """Answer a model's call as the script has it, and take down both."""
    said = answer(*protocol.read(request))
    told: dict[str, Any] = {"api": protocol.name, "step": said.step}
    named = {"model": found[1]} if (found := _MODEL.search(path)) else {}
    recording.note(told | named | {"request": request})
    if isinstance(said, Failure):
        await asyncio.sleep(said.after_seconds)
        return JSONResponse(protocol.fail(said), said.status, protocol.failure_headers)
    response = protocol.respond(request, said)
    recording.note(told | {"response": protocol.reported(response)})
    if not protocol.streamed(request):
        return JSONResponse(response, headers=protocol.headers)
    pieces = _spaced(protocol.stream(request, response))
    return StreamingResponse(pieces, headers=protocol.headers | {"content-type": protocol.media_type})


async def _spaced(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(PIECE_SECONDS)


class _Receiver(grpc.GenericRpcHandler):
    """Takes OTLP/gRPC exports as bytes."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> _Handler:
        signal = _SERVICES.get(handler_call_details.method)
        return None if signal is None else grpc.unary_unary_rpc_method_handler(self._taking(signal))

    def _taking(self, signal: Signal) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def take(body: bytes, context: grpc.ServicerContext) -> bytes:
            told = {name: value for name, value in context.invocation_metadata() if isinstance(value, str)}
            self._recording.take(signal, body, told | {"transport": "grpc", "content-type": "application/grpc"})
            return b""

        return take
