"""The plainest server that could do the job: each span a row of raw JSON in SQLite, one durable commit a request.

It has the same HTTP stack as Spanglass and answers the same paths, so that the difference is what Spanglass adds.
``GET /fixed/N`` answers a body of N bytes: what the HTTP stack alone costs.
"""

import argparse
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

import apsw
import msgspec
import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS span (session TEXT, start_ns INTEGER, span_id TEXT, json BLOB);
CREATE UNIQUE INDEX IF NOT EXISTS span_order ON span (session, start_ns, span_id);
"""
INSERT: Final = "INSERT OR REPLACE INTO span VALUES (?, ?, ?, ?)"
PAGE: Final = """
SELECT json, start_ns, span_id FROM span WHERE session = ? AND (start_ns, span_id) > (?, ?)
ORDER BY start_ns, span_id LIMIT ?
"""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Row = tuple[str, int, str, bytes]


class Rows:
    """Spans as rows of JSON."""

    def __init__(self, path: str) -> None:
        self._connection: Final = apsw.Connection(path)
        self._connection.execute(SCHEMA).fetchall()

    def write(self, body: bytes) -> None:
        """Decode an ``ExportTraceServiceRequest`` and keep its spans; they are durable on return."""
        with self._connection:
            self._connection.executemany(INSERT, list(_rows(ExportTraceServiceRequest.FromString(body))))

    def page(self, session: str, limit: int, token: str) -> bytes:
        """Return a page of a session as JSON; ``token`` is the last page's, or empty."""
        start_ns, _, span_id = token.partition(".")
        found = list(self._connection.execute(PAGE, (session, int(start_ns or -1), span_id, limit)))
        following = b""
        if len(found) == limit:
            following = b'"nextToken":"%d.%s",' % (found[-1][1], found[-1][2].encode())
        return b'{%s"spans":[%s]}' % (following, b",".join(row[0] for row in found))

    def close(self) -> None:
        """Write the log back and let go of the file."""
        self._connection.close()


class Application:
    """The baseline as an ASGI application."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._fixed: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match scope["path"].split("/")[1:]:
            case ["v1", "traces"]:
                self._rows.write(await _body(receive))
                answer = b""
            case ["assistants", _, "sessions", session, "spans"]:
                query = parse_qs(scope["query_string"].decode())
                limit, token = int(query.get("maxResults", ["100"])[0]), query.get("nextToken", [""])[0]
                answer = self._rows.page(session, limit, token)
            case ["fixed", size]:
                answer = self._fixed.setdefault(size, b'{"text":"%s"}' % (b"x" * (int(size) - len('{"text":""}'))))
            case _:
                answer = b"{}"
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _rows(request: ExportTraceServiceRequest) -> Iterator[Row]:
    for resource_spans in request.resource_spans:
        resource = {pair.key: _plain(pair.value) for pair in resource_spans.resource.attributes}
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield _row(resource, scope_spans.scope.name, span)


def _row(resource: dict[str, object], scope_name: str, span: Span) -> Row:
    attributes = {pair.key: _plain(pair.value) for pair in span.attributes}
    span_id = span.span_id.hex()
    json = msgspec.json.encode(
        {
            "traceId": span.trace_id.hex(),
            "spanId": span_id,
            "parentSpanId": span.parent_span_id.hex(),
            "name": span.name,
            "kind": span.kind,
            "startTimeUnixNano": span.start_time_unix_nano,
            "endTimeUnixNano": span.end_time_unix_nano,
            "status": {"code": span.status.code, "message": span.status.message},
            "attributes": attributes,
            "resource": resource,
            "scope": scope_name,
        },
    )
    return str(attributes["gen_ai.conversation.id"]), span.start_time_unix_nano, span_id, json


def _plain(value: AnyValue) -> object:
    field = value.WhichOneof("value")
    if field == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return getattr(value, field) if field else None


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", required=True, help="path of the SQLite file")
    options = parser.parse_args()
    rows = Rows(options.store)
    server = uvicorn.Config(
        Application(rows),
        port=options.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    # uvicorn raises the signal that stopped it once more; its default would leave the log unmerged
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        uvicorn.Server(server).run()
    finally:
        rows.close()


if __name__ == "__main__":
    main()
