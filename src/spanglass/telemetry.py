"""OpenTelemetry's traces and logs as plain Python: what a receiver hands to the mapping, free of protobuf and JSON.

The types follow opentelemetry-proto's ``trace.proto``, ``logs.proto``, ``resource.proto`` and ``common.proto``; a span
points at its resource and scope instead of standing inside them, so that a list of spans is all there is to a request.
"""

from typing import TypeAlias

import msgspec

Value: TypeAlias = "bool | int | float | str | bytes | list[Value] | dict[str, Value] | None"
"""An ``AnyValue``: a key/value list is a dict (the last of equal keys wins), an array a list."""

Attributes: TypeAlias = dict[str, Value]


class Resource(msgspec.Struct, eq=False):
    """Who emitted the spans (``Resource``), shared by all spans of one ``ResourceSpans``."""

    attributes: Attributes = {}
    schema_url: str = ""


class Scope(msgspec.Struct, eq=False):
    """Which instrumentation emitted the spans (``InstrumentationScope``), shared by all of one ``ScopeSpans``."""

    name: str = ""
    version: str = ""
    attributes: Attributes = {}
    schema_url: str = ""


class Event(msgspec.Struct, gc=False):
    """A ``Span.Event``; ``time_ns`` is nanoseconds since the epoch."""

    name: str = ""
    time_ns: int = 0
    attributes: Attributes = {}
    dropped_attributes: int = 0


class Link(msgspec.Struct):
    """A ``Span.Link`` to a span of this or another trace."""

    trace_id: bytes
    span_id: bytes
    trace_state: str = ""
    attributes: Attributes = {}
    dropped_attributes: int = 0
    flags: int = 0


class Span(msgspec.Struct, eq=False):
    """A ``Span``; ids are raw bytes (16 and 8), times nanoseconds since the epoch, ``end_ns`` 0 while it runs.

    ``kind`` and ``status_code`` are the numbers of ``SpanKind`` (0 unspecified, 1 internal, 2 server, 3 client,
    4 producer, 5 consumer) and ``Status.StatusCode`` (0 unset, 1 ok, 2 error).
    """

    trace_id: bytes
    span_id: bytes
    resource: Resource
    scope: Scope
    name: str = ""
    parent_span_id: bytes = b""
    kind: int = 0
    start_ns: int = 0
    end_ns: int = 0
    attributes: Attributes = {}
    events: list[Event] = []
    links: list[Link] = []
    status_code: int = 0
    status_message: str = ""
    trace_state: str = ""
    flags: int = 0
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0


class LogRecord(msgspec.Struct, eq=False):
    """A ``LogRecord`` (``logs.proto``) of a span; times are nanoseconds since the epoch, 0 where none was told.

    ``name`` is the event's (``event_name``), ``severity`` the number of ``SeverityNumber``.
    """

    trace_id: bytes
    span_id: bytes
    resource: Resource
    scope: Scope
    name: str = ""
    time_ns: int = 0
    observed_ns: int = 0
    attributes: Attributes = {}
    body: Value = None
    severity: int = 0
    severity_text: str = ""
    flags: int = 0
    dropped_attributes: int = 0


class ExportRequest(msgspec.Struct, eq=False):
    """What of an export request can be kept, spans or log records, and what became of the rest.

    ``rejected`` counts the spans that cannot be kept, ``rejected_logs`` the log records, and ``reason`` says why; it is
    OTLP's partial success. ``dropped_logs`` counts log records that are taken but not kept, being no GenAI event of a
    span.
    """

    spans: list[Span]
    rejected: int = 0
    reason: str = ""
    logs: list[LogRecord] = []
    rejected_logs: int = 0
    dropped_logs: int = 0
