"""What operators ask: is it alive, can it serve, and what has it done (Prometheus)."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from spanglass.access import Action, caller
from spanglass.access.errors import AccessError, ForbiddenError
from spanglass.access.web import refusal
from spanglass.recording import Recorder
from spanglass.store.interface import Store, StoreError

COUNTERS: Final = {
    "requests": "Export requests read",
    "failed_requests": "Export requests that could not be read or written",
    "overloaded_requests": "Export requests refused because the queue was full",
    "rejected_spans": "Spans of otherwise accepted requests that cannot be kept",
    "written_spans": "Spans written for the first time",
    "replaced_spans": "Spans that took the place of an earlier version",
    "unchanged_spans": "Spans that were there already",
    "log_records": "Log records of GenAI events kept with their spans",
    "rejected_log_records": "Log records of otherwise accepted requests that cannot be kept",
    "dropped_log_records": "Log records taken but not kept, being no GenAI event of a span",
    "commits": "Durable commits",
    "commit_seconds": "Seconds spent in commits",
    "expired_sessions": "Sessions deleted for their age",
}
"""Fields of ``recording.Counts`` that only grow, with what they count."""


def routes(store: Store, recorder: Recorder, threads: Executor) -> list[BaseRoute]:
    """Return /healthz, /readyz and /metrics; the metrics are this process's own."""
    registry = CollectorRegistry()
    registry.register(_Counts(recorder))

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        try:
            await asyncio.get_running_loop().run_in_executor(threads, lambda: store.sessions(limit=1))
        except StoreError as error:
            return JSONResponse({"ready": False, "reason": str(error)}, 503)
        return JSONResponse({"ready": True})

    async def metrics(request: Request) -> Response:
        try:
            who = caller(request.scope)
            who.admit("/metrics", Action.READ)
            if who.assistants is not None:
                raise ForbiddenError("these figures are of all assistants, and this key is not")
        except AccessError as error:
            return refusal(error)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


class _Counts(Collector):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def collect(self) -> Iterator[Metric]:
        """Read the recorder's counts as they stand."""
        counts = self._recorder.counts
        for name, meaning in COUNTERS.items():
            yield CounterMetricFamily(f"spanglass_{name}", meaning, getattr(counts, name))
        masked = CounterMetricFamily("spanglass_masked", "Secrets masked on their way in", labels=["rule"])
        for rule, count in list(counts.masked.items()):
            masked.add_metric([rule], count)
        yield masked
        yield GaugeMetricFamily("spanglass_queue_bytes", "Bytes of bodies waiting to be written", counts.queue_bytes)
