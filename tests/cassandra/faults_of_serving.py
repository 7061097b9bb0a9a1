"""Whole servers over three nodes, while OpenTelemetry's exporter and boto3 ask: nodes and servers are killed.

``make test-cluster`` runs these. A tenth of ``FAULT_RUNS`` in the environment says how often.
"""

import itertools
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.exceptions
import msgspec
import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.cassandra.conftest import Three, whole
from tests.cassandra.traffic import SILENCE_SECONDS_MAX, Pair
from tests.integration.exports import SERVICE, Ids, place
from tests.integration.serving import Server, free_port, start

RUNS: Final = max(1, int(os.environ.get("FAULT_RUNS", "50")) // 10)
SERVERS: Final = 2
RUN_SECONDS_MAX: Final = 300
MOMENT_SECONDS_MAX: Final = 2.0


class Servers:
    """Servers over one keyspace, each at a port of its own that it comes back to."""

    def __init__(self, store: str, folder: Path) -> None:
        self._options = ("--store", store)
        self._logs = [folder / f"server{number}" for number in range(SERVERS)]
        self._ports = [free_port() for _ in range(SERVERS)]
        self.running = [self._started(number) for number in range(SERVERS)]

    def _started(self, number: int) -> Server:
        return start(self._logs[number], *self._options, port=self._ports[number])

    def kill(self, number: int) -> None:
        """End a server as a power cut would."""
        self.running[number].kill()

    def start(self, number: int) -> None:
        """Start it again."""
        self.running[number] = self._started(number)

    @property
    def urls(self) -> list[str]:
        """Where they answer, running or not."""
        return [server.url for server in self.running]

    def logged(self) -> str:
        """Return all that they logged."""
        return "".join(log.with_name(f"{log.name}.log").read_text() for log in self._logs)


class Clients(Pair[str]):
    """One exports and one lists, each asking the next server where one does not answer, as behind a load balancer."""

    def __init__(self, urls: list[str]) -> None:
        super().__init__()
        self.session = str(uuid.uuid4())
        self.statuses = Counter[int]()
        self.longest_seconds = 0.0
        self._urls = urls

    def send(self) -> None:
        """See ``Pair``."""
        exporters = itertools.cycle([self._exporter(url) for url in self._urls])
        made = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource({"service.name": SERVICE}))
        provider.add_span_processor(SimpleSpanProcessor(made))
        tracer = provider.get_tracer("agent")
        while not self.stopping.is_set():
            root = {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": self.session}
            with tracer.start_as_current_span("invoke_agent", attributes=root):
                for _ in range(2):
                    with tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
                        pass
            *children, parent = made.get_finished_spans()
            made.clear()
            for some in (children, [parent]):  # the session is told last
                self._until_acknowledged(exporters, some)
            for each in (*children, parent):
                context = each.get_span_context()
                assert context is not None
                ids = Ids(context.trace_id.to_bytes(16, "big"), context.span_id.to_bytes(8, "big"))
                self.acknowledged.add(ids.uuid)

    def _exporter(self, url: str) -> OTLPSpanExporter:
        told = requests.Session()
        told.hooks["response"].append(lambda response, **_: self.statuses.update([response.status_code]))
        return OTLPSpanExporter(f"{url}/v1/traces", timeout=30, session=told)

    def _until_acknowledged(self, exporters: Iterator[SpanExporter], spans: list[ReadableSpan]) -> None:
        began = time.monotonic()
        for exporter in exporters:
            if exporter.export(spans) is SpanExportResult.SUCCESS:
                break
            assert time.monotonic() - began < SILENCE_SECONDS_MAX, "an export failed for too long"
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)

    def look(self) -> None:
        """See ``Pair``."""
        clients = [client(url) for url in self._urls]
        for each in clients:
            each.meta.events.register("response-received.qconnect", self._heard)
        turns = itertools.cycle(clients)
        while not self.stopping.is_set():
            before = set(self.acknowledged)
            self.check(before, self._until_listed(turns))

    def _until_listed(self, turns: Iterator[Any]) -> list[str]:
        deadline = time.monotonic() + SILENCE_SECONDS_MAX
        while (seen := self.pages(next(turns))) is None:
            assert time.monotonic() < deadline, "nothing is listed any more"
        return seen

    def _heard(self, response_dict: dict[str, Any] | None, **_: object) -> None:
        if response_dict is not None:
            self.statuses.update([response_dict["status_code"]])

    def pages(self, asked: Any) -> list[str] | None:  # noqa: ANN401 (boto3 makes clients' classes at run time)
        """Return all spans of the session, None if the server does not answer or not now."""
        try:
            pages = asked.get_paginator("list_spans").paginate(**place(self.session)._asdict())
            return [span["spanId"] for page in pages for span in page["spans"]]
        except asked.exceptions.ResourceNotFoundException:
            return []
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):  # no answer, or 503
            return None


def client(url: str) -> Any:  # noqa: ANN401 (boto3 makes clients' classes at run time)
    """Return an unmodified client, as anyone makes it."""
    return boto3.Session("AKIDEXAMPLE", "a secret", region_name="us-east-1").client("qconnect", endpoint_url=url)


@pytest.mark.timeout(RUN_SECONDS_MAX * RUNS * 2)
def test_nodes_and_servers_die_under_clients(three: Three, tmp_path: Path) -> None:
    """Clients hear of nothing but 503, soon get what they asked for, and lose nothing that was acknowledged."""
    chance, began = random.Random(6), time.monotonic()  # noqa: S311 (seeded)
    address = msgspec.structs.replace(three.address, keyspace="served")
    whole(address)
    servers = Servers(f"cassandra://{','.join(address.hosts)}/served?migrate=never", tmp_path)
    with ExitStack() as running:
        for number in range(SERVERS):
            running.callback(servers.kill, number)
        with Clients(servers.urls) as clients:
            for _ in range(RUNS):
                node, server = chance.choice(three.nodes), chance.randrange(SERVERS)
                clients.acknowledged_on()
                node.kill()
                clients.acknowledged_on()
                node.start()
                clients.stopping.wait(chance.uniform(0, MOMENT_SECONDS_MAX))
                servers.kill(server)
                clients.acknowledged_on()
                servers.start(server)
        print(
            f"\nserved: nodes and servers killed {RUNS} times each in {time.monotonic() - began:.0f} s;"
            f" {len(clients.acknowledged)} spans acknowledged, {clients.listed} listings,"
            f" answers {dict(clients.statuses)}, longest export {clients.longest_seconds:.1f} s"
        )
        assert clients.faults == []
        assert clients.statuses.keys() <= {200, 404, 503}
        for url in servers.urls:
            seen = clients.pages(client(url))
            assert seen is not None
            assert set(seen) == clients.acknowledged
        assert "Traceback" not in servers.logged()
        assert '"level": "error"' not in servers.logged()
