"""OTLP/JSON's shapes as msgspec reads them; None stands for a member left out or null, unknown members are skipped."""

from typing import Annotated, TypeAlias

import msgspec

Integer: TypeAlias = int | float | str
"""A 64-bit integer: a string in proto3's JSON, a number from many emitters, with an exponent from some."""
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
"""An unsigned 32-bit integer."""
Enum: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 31), lt=1 << 31)] | str


class Message(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """What all have in common: names in lowerCamelCase."""


class AnyValue(Message):
    """A value: at most one member is there."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Integer | None = None
    double_value: float | str | None = None
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None


class KeyValue(Message):
    """An attribute."""

    key: str | None = None
    value: AnyValue | None = None


class ArrayValue(Message):
    """An array."""

    values: list[AnyValue] | None = None


class KeyValueList(Message):
    """An object."""

    values: list[KeyValue] | None = None


class Resource(Message):
    """Who emitted."""

    attributes: list[KeyValue] | None = None


class Scope(Message):
    """Which instrumentation emitted (``InstrumentationScope``)."""

    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None


class Event(Message):
    """A ``Span.Event``."""

    name: str | None = None
    time_unix_nano: Integer | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Count | None = None


class Link(Message):
    """A ``Span.Link``; ids are hexadecimal."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Count | None = None
    flags: Count | None = None


class Status(Message):
    """How a span ended; the code is a number or its name."""

    code: Enum | None = None
    message: str | None = None


class Span(Message):
    """A span; ids are hexadecimal."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    flags: Count | None = None
    name: str | None = None
    kind: Enum | None = None
    start_time_unix_nano: Integer | None = None
    end_time_unix_nano: Integer | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Count | None = None
    events: list[Event] | None = None
    dropped_events_count: Count | None = None
    links: list[Link] | None = None
    dropped_links_count: Count | None = None
    status: Status | None = None


class LogRecord(Message):
    """A log record; ids are hexadecimal."""

    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None
    time_unix_nano: Integer | None = None
    observed_time_unix_nano: Integer | None = None
    severity_number: Enum | None = None
    severity_text: str | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Count | None = None
    flags: Count | None = None


class ScopeSpans(Message):
    """The spans of one scope."""

    scope: Scope | None = None
    spans: list[Span] | None = None
    schema_url: str | None = None


class ResourceSpans(Message):
    """The spans of one resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None
    schema_url: str | None = None


class ScopeLogs(Message):
    """The log records of one scope."""

    scope: Scope | None = None
    log_records: list[LogRecord] | None = None
    schema_url: str | None = None


class ResourceLogs(Message):
    """The log records of one resource."""

    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None
    schema_url: str | None = None


class LogsRequest(Message):
    """An ``ExportLogsServiceRequest``."""

    resource_logs: list[ResourceLogs] | None = None


class Request(Message):
    """An ``ExportTraceServiceRequest``."""

    resource_spans: list[ResourceSpans] | None = None
