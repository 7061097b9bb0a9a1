"""Spans as Phoenix and MLflow export them: OpenTelemetry's, in JSON of their own.

Phoenix's REST API answers with ``{"data": [span, …]}``: at ``…/spans/otlpv1`` OTLP's messages with names in snake case,
at ``…/spans`` its own form, whose ids stand in ``context``. MLflow writes a trace with what it knows of it, as
``{"info": …, "data": {"spans": […]}}`` (``Trace.to_json``), or only its spans, as ``{"spans": […]}``
(``traces.json``): ids in base64 or hex, the values of attributes as JSON.

Neither tells a span's resource whole, nor its scope. A trace of MLflow has its session and user in ``info``.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from spanglass.formats.interface import PIECE_SPANS_MAX, Piece, Refused, Telemetry
from spanglass.otlp.encoder import encode_protobuf
from spanglass.telemetry import Attributes, Event, Link, Resource, Scope, Span, Value

PHOENIX: Final = Scope("phoenix")
MLFLOW: Final = Scope("mlflow")
KINDS: Final = {
    "CHAT_MODEL": "LLM",
    "LLM": "LLM",
    "TOOL": "TOOL",
    "AGENT": "AGENT",
    "CHAIN": "CHAIN",
    "RETRIEVER": "RETRIEVER",
    "RERANKER": "RERANKER",
    "EMBEDDING": "EMBEDDING",
}
"""MLflow's types of spans in OpenInference's words."""
SAME: Final = {
    "mlflow.spanInputs": "input.value",
    "mlflow.spanOutputs": "output.value",
    "mlflow.llm.model": "llm.model_name",
}
TOKENS: Final = {
    "input_tokens": "llm.token_count.prompt",
    "output_tokens": "llm.token_count.completion",
    "total_tokens": "llm.token_count.total",
}
_KINDS: Final = {"INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
_STATUSES: Final = {"OK": 1, "ERROR": 2}
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def is_foreign(told: object) -> bool:
    """Tell whether a document is one of theirs."""
    if not isinstance(told, dict) or "spanId" in told:
        return False
    spans = _spans(told)
    return isinstance(spans, list)


def read_foreign(told: Mapping[str, Any], where: str) -> Iterator[Piece]:
    """Read a document; spans that cannot be read are refused one by one."""
    info = told.get("info") or {}
    spans: list[Span] = []
    for number, one in enumerate(_spans(told), start=1):
        try:
            spans.append(_span(one, info))
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            yield Refused(f"{where}, span {number}", f"it cannot be read: {type(error).__name__}: {error}", 1)
        if len(spans) == PIECE_SPANS_MAX:
            yield Telemetry(encode_protobuf(spans), len(spans), where)
            spans = []
    if spans:
        yield Telemetry(encode_protobuf(spans), len(spans), where)


def _spans(told: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON)
    data = told.get("data", told)
    return data.get("spans") if isinstance(data, dict) else data


def _span(told: Mapping[str, Any], info: Mapping[str, Any]) -> Span:
    if "context" in told:
        return _of_phoenix(told)
    if isinstance(told.get("attributes"), list):
        return _of_otlp(told)
    return _of_mlflow(told, info)


def _of_phoenix(told: Mapping[str, Any]) -> Span:
    attributes: Attributes = dict(told.get("attributes") or {})
    if "span_kind" in told:
        attributes.setdefault("openinference.span.kind", told["span_kind"])
    return Span(
        trace_id=bytes.fromhex(told["context"]["trace_id"]),
        span_id=bytes.fromhex(told["context"]["span_id"]),
        resource=Resource(),
        scope=PHOENIX,
        name=told["name"],
        parent_span_id=bytes.fromhex(told.get("parent_id") or ""),
        kind=1,
        start_ns=_ns(told["start_time"]),
        end_ns=_ns(told["end_time"]),
        attributes=attributes,
        events=[
            Event(one["name"], _ns(one["timestamp"]), dict(one.get("attributes") or {}))
            for one in told.get("events") or ()
        ],
        status_code=_STATUSES.get(told.get("status_code", ""), 0),
        status_message=told.get("status_message") or "",
    )


def _of_otlp(told: Mapping[str, Any]) -> Span:
    status = told.get("status") or {}
    return Span(
        trace_id=bytes.fromhex(told["trace_id"]),
        span_id=bytes.fromhex(told["span_id"]),
        resource=Resource(),
        scope=PHOENIX,
        name=told["name"],
        parent_span_id=bytes.fromhex(told.get("parent_span_id") or ""),
        kind=_kind(told.get("kind")),
        start_ns=int(told["start_time_unix_nano"]),
        end_ns=int(told.get("end_time_unix_nano") or 0),
        attributes=_pairs(told["attributes"]),
        events=[
            Event(one["name"], int(one["time_unix_nano"]), _pairs(one.get("attributes") or []))
            for one in told.get("events") or ()
        ],
        links=[
            Link(bytes.fromhex(one["trace_id"]), bytes.fromhex(one["span_id"]), "", _pairs(one.get("attributes") or []))
            for one in told.get("links") or ()
        ],
        status_code=status.get("code") or 0,
        status_message=status.get("message") or "",
        trace_state=told.get("trace_state") or "",
        flags=told.get("flags") or 0,
    )


def _of_mlflow(told: Mapping[str, Any], info: Mapping[str, Any]) -> Span:
    attributes = {name: _opened(value) for name, value in (told.get("attributes") or {}).items()}
    attributes |= _translated(attributes)
    status, metadata = told.get("status") or {}, info.get("trace_metadata") or info.get("request_metadata") or {}
    parent = told.get("parent_span_id") or told.get("parent_id")
    if not parent:
        attributes |= {name: value for name, value in metadata.items() if name.startswith("mlflow.trace.")}
    return Span(
        trace_id=_id(told["trace_id"]),
        span_id=_id(told["span_id"]),
        resource=Resource(),
        scope=MLFLOW,
        name=told["name"],
        parent_span_id=_id(parent) if parent else b"",
        kind=1,
        start_ns=int(told["start_time_unix_nano"]),
        end_ns=int(told.get("end_time_unix_nano") or 0),
        attributes=attributes,
        events=[
            Event(one["name"], int(one["time_unix_nano"]), dict(one.get("attributes") or {}))
            for one in told.get("events") or ()
        ],
        status_code=_STATUSES.get(str(status.get("code", "")).removeprefix("STATUS_CODE_"), 0),
        status_message=status.get("message") or "",
    )


def _translated(attributes: Attributes) -> Attributes:
    """Return in OpenInference's words, which are read, what MLflow's tell of calls and tools."""
    told: Attributes = {}
    kind = str(attributes.get("mlflow.spanType", ""))
    if kind in KINDS:
        told["openinference.span.kind"] = KINDS[kind]
    for name, other in SAME.items():
        if isinstance(value := attributes.get(name), str):
            told[other] = value
    for name in ("input", "output"):
        if f"{name}.value" in told:
            told[f"{name}.mime_type"] = "application/json"
    usage = msgspec.json.decode(str(attributes.get("mlflow.chat.tokenUsage", "{}")))
    return told | {other: usage[name] for name, other in TOKENS.items() if isinstance(usage.get(name), int)}


def _id(text: str) -> bytes:
    """Read an id in hex, as ``0x…`` or not, or in base64."""
    try:
        return bytes.fromhex(text.removeprefix("0x").removeprefix("tr-"))
    except ValueError:
        return base64.b64decode(text, validate=True)


def _opened(text: Value) -> Value:
    """Return what an attribute's JSON holds: a text or number as it is, a structure as its JSON."""
    try:
        told = msgspec.json.decode(text) if isinstance(text, str) else text
    except ValueError:
        return text
    return text if isinstance(told, dict | list) else told


def _kind(told: object) -> int:
    return told if isinstance(told, int) else _KINDS.get(str(told).removeprefix("SPAN_KIND_"), 0)


def _pairs(pairs: list[Mapping[str, Any]]) -> Attributes:
    return {pair["key"]: _value(pair.get("value") or {}) for pair in pairs}


def _value(told: Mapping[str, Any]) -> Value:
    """Read an AnyValue whose members that are not set are null."""
    for name, value in told.items():
        if value is None:
            continue
        match name:
            case "int_value":
                return int(value)
            case "array_value":
                return [_value(one) for one in value.get("values") or ()]
            case "kvlist_value":
                return _pairs(value.get("values") or [])
            case "bytes_value":
                return binascii.a2b_base64(value)
            case _:
                return value  # type: ignore[no-any-return]
    return None


def _ns(text: str) -> int:
    """Read a time in ISO 8601, whose fraction is microseconds."""
    elapsed = datetime.fromisoformat(text) - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000_000 + elapsed.microseconds * 1_000
