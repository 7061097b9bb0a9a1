"""OTLP's messages in protobuf: the only file that knows the generated classes; ``encoder`` writes exports of them."""

import base64
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar, cast

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # has stubs, but says not
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # same
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from spanglass.config import Limits
from spanglass.otlp.errors import BadRequestError, Refusal
from spanglass.otlp.intake import SPAN_ID_BYTES, TRACE_ID_BYTES, export_request, logs_request
from spanglass.telemetry import Attributes, Event, ExportRequest, Link, LogRecord, Resource, Scope, Span, Value

_MessageT = TypeVar("_MessageT", bound=Message)


def _pool() -> DescriptorPool:
    """Return OTLP's descriptors with AnyValue's array and key/value list declared as bytes, the same on the wire.

    So the parser reads a value one level at a time, and we say how deep. By the descriptors as published it gives the
    whole request up at 100 messages within each other: one attribute of 32 levels costs all spans.
    """
    pool = DescriptorPool()
    for module in (common_pb2, resource_pb2, trace_pb2, trace_service_pb2, logs_pb2, logs_service_pb2):
        file = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        for field in (field for message in file.message_type if message.name == "AnyValue" for field in message.field):
            if field.type == FieldDescriptorProto.TYPE_MESSAGE:
                field.type = FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _shallow(pool: DescriptorPool, generated: type[_MessageT]) -> type[_MessageT]:
    """Return the pool's class of the same name; typed as the generated one, which it is but for AnyValue."""
    return cast("type[_MessageT]", GetMessageClass(pool.FindMessageTypeByName(generated.DESCRIPTOR.full_name)))


_POOL: Final = _pool()
Request: Final = _shallow(_POOL, trace_service_pb2.ExportTraceServiceRequest)
LogsRequest: Final = _shallow(_POOL, logs_service_pb2.ExportLogsServiceRequest)
ArrayValue: Final = _shallow(_POOL, common_pb2.ArrayValue)
KeyValueList: Final = _shallow(_POOL, common_pb2.KeyValueList)


def decode_protobuf(body: bytes, limits: Limits) -> ExportRequest:
    """Read an ``ExportTraceServiceRequest``; an empty body is one without spans.

    A value nested deeper than ``limits.attribute_depth_max`` becomes the base64 of its AnyValue.

    Raises:
        BadRequestError: The body is no such message.
    """
    try:
        return export_request(_spans(Request.FromString(body), limits.attribute_depth_max))
    except DecodeError as error:
        raise BadRequestError(f"the body is no ExportTraceServiceRequest in protobuf: {error}") from None


def decode_protobuf_logs(body: bytes, limits: Limits) -> ExportRequest:
    """Read an ``ExportLogsServiceRequest``, as ``decode_protobuf`` reads one of traces.

    Raises:
        BadRequestError: The body is no such message.
    """
    try:
        return logs_request(_logs(LogsRequest.FromString(body), limits.attribute_depth_max))
    except DecodeError as error:
        raise BadRequestError(f"the body is no ExportLogsServiceRequest in protobuf: {error}") from None


def _logs(request: logs_service_pb2.ExportLogsServiceRequest, depth: int) -> Iterator[LogRecord]:
    for resource_logs in request.resource_logs:
        resource = Resource(_attributes(resource_logs.resource.attributes, depth), resource_logs.schema_url)
        for scope_logs in resource_logs.scope_logs:
            scope = _scope(scope_logs.scope, scope_logs.schema_url, depth)
            for record in scope_logs.log_records:
                yield LogRecord(
                    trace_id=record.trace_id,
                    span_id=record.span_id,
                    resource=resource,
                    scope=scope,
                    name=record.event_name,
                    time_ns=record.time_unix_nano,
                    observed_ns=record.observed_time_unix_nano,
                    attributes=_attributes(record.attributes, depth),
                    body=_value(record.body, depth),
                    severity=record.severity_number,
                    severity_text=record.severity_text,
                    flags=record.flags,
                    dropped_attributes=record.dropped_attributes_count,
                )


def _spans(request: trace_service_pb2.ExportTraceServiceRequest, depth: int) -> Iterator[Span]:
    for resource_spans in request.resource_spans:
        resource = Resource(_attributes(resource_spans.resource.attributes, depth), resource_spans.schema_url)
        for scope_spans in resource_spans.scope_spans:
            scope = _scope(scope_spans.scope, scope_spans.schema_url, depth)
            for span in scope_spans.spans:
                yield _span(span, resource, scope, depth)


def _scope(scope: common_pb2.InstrumentationScope, schema_url: str, depth: int) -> Scope:
    return Scope(scope.name, scope.version, _attributes(scope.attributes, depth), schema_url)


def _span(span: trace_pb2.Span, resource: Resource, scope: Scope, depth: int) -> Span:
    status = span.status
    links = [_link(link, depth) for link in span.links if _is_linked(link)]
    return Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        resource=resource,
        scope=scope,
        name=span.name,
        parent_span_id=span.parent_span_id,
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=_attributes(span.attributes, depth),
        events=[_event(event, depth) for event in span.events],
        links=links,
        status_code=status.code,
        status_message=status.message,
        trace_state=span.trace_state,
        flags=span.flags,
        dropped_attributes=span.dropped_attributes_count,
        dropped_events=span.dropped_events_count,
        dropped_links=span.dropped_links_count + len(span.links) - len(links),
    )


def _event(event: trace_pb2.Span.Event, depth: int) -> Event:
    attributes = _attributes(event.attributes, depth)
    return Event(event.name, event.time_unix_nano, attributes, event.dropped_attributes_count)


def _is_linked(link: trace_pb2.Span.Link) -> bool:
    """Tell whether the link leads to a span; one that does not counts as dropped."""
    return len(link.trace_id) == TRACE_ID_BYTES and len(link.span_id) == SPAN_ID_BYTES


def _link(link: trace_pb2.Span.Link, depth: int) -> Link:
    attributes = _attributes(link.attributes, depth)
    return Link(link.trace_id, link.span_id, link.trace_state, attributes, link.dropped_attributes_count, link.flags)


def _attributes(pairs: Iterable[common_pb2.KeyValue], depth: int) -> Attributes:
    attributes: Attributes = {}
    for pair in pairs:
        value = pair.value
        # A member that is not set reads as its zero, so the first that is none is the value: far cheaper than asking
        # which it is. What is falsy, or a bool, array, list or bytes, is left to _value.
        attributes[pair.key] = value.string_value or value.int_value or value.double_value or _value(value, depth)
    return attributes


def _value(value: common_pb2.AnyValue, depth: int) -> Value:
    match value.WhichOneof("value"):
        case "array_value" | "kvlist_value" if not depth:
            return base64.b64encode(value.SerializeToString()).decode()
        case "array_value":
            array = ArrayValue.FromString(cast("bytes", value.array_value))
            return [_value(item, depth - 1) for item in array.values]
        case "kvlist_value":
            return _attributes(KeyValueList.FromString(cast("bytes", value.kvlist_value)).values, depth - 1)
        case None | "string_value_strindex":  # the latter is for profiles only, which bring the table it points into
            return None
        case scalar:
            return cast("Value", getattr(value, scalar))


def encode_protobuf_response(rejected: int = 0, reason: str = "") -> bytes:
    """Write an ``ExportTraceServiceResponse``; it names a partial success only if there is something to say.

    An ``ExportLogsServiceResponse`` is the same on the wire. See https://opentelemetry.io/docs/specs/otlp/#partial-success-1.
    """
    response = trace_service_pb2.ExportTraceServiceResponse()
    if rejected or reason:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = reason
    return response.SerializeToString()


def decode_protobuf_response(body: bytes) -> tuple[int, str]:
    """Read how many spans or log records an ``ExportTraceServiceResponse``, or one of logs, rejects, and why."""
    try:
        partial = trace_service_pb2.ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:  # not every server answers as it should
        return 0, ""
    return partial.rejected_spans, partial.error_message


def decode_protobuf_status(body: bytes) -> str:
    """Read the message of a ``google.rpc.Status``."""
    try:
        return str(Status.FromString(body).message)
    except DecodeError:
        return ""


def encode_protobuf_status(refusal: Refusal) -> bytes:
    """Write a ``google.rpc.Status``, with a ``RetryInfo`` if the client is to try again."""
    status = Status(code=refusal.code, message=refusal.message)
    if refusal.retry_seconds is not None:
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=refusal.retry_seconds)))
    return bytes(status.SerializeToString())
