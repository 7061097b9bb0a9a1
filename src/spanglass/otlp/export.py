"""Where HTTP and gRPC meet: one body in, recorded or refused."""

import functools
from collections.abc import Callable
from typing import TypeAlias

import structlog

from spanglass.access import ANYONE, Action, Caller
from spanglass.config import Limits
from spanglass.otlp.bodies import decompressed
from spanglass.otlp.errors import Code, Refusal, refusal
from spanglass.recording import Recorded, Recorder
from spanglass.telemetry import ExportRequest

Decode: TypeAlias = Callable[[bytes, Limits], ExportRequest]

_log = structlog.get_logger(__name__)


async def export(
    recorder: Recorder, limits: Limits, body: bytes, encoding: str, decode: Decode, *, caller: Caller = ANYONE
) -> Recorded | Refusal:
    """Record what a caller sent, a body with a Content-Encoding; on return it is durable.

    Decompressing and decoding take place where requests are mapped, so ``body`` is what back-pressure counts.
    """
    try:
        caller.admit("Export", Action.WRITE)
        read = functools.partial(_read, body, encoding, decode, limits)
        recorded = await recorder.record(read, len(body), caller.assistants)
    except Exception as error:  # noqa: BLE001 (the table in errors.py knows what the client hears of each)
        return refused(error)
    _log.debug("export", bytes=len(body), accepted=recorded.accepted, rejected=recorded.rejected)
    return recorded


def _read(body: bytes, encoding: str, decode: Decode, limits: Limits) -> ExportRequest:
    return decode(decompressed(body, encoding, limits.body_decoded_bytes_max), limits)


def refused(error: Exception) -> Refusal:
    """Return what a client hears of an error, and log it; only what is our fault is worth more than a debug line."""
    answer = refusal(error)
    if answer.code == Code.INTERNAL:
        _log.error("export failed", exc_info=error)
    else:
        _log.debug("export refused", status=answer.http_status, reason=answer.message)
    return answer
