"""A span's log records: kept with it, and read for what it does not say itself.

A log record names its span, and comes before or after it. So a span's record holds the log records that have come, each
a ``DETAIL`` fragment, and can be taken apart again into the span as it came and these. Log records that come before
their span are held by a record that stands for it, as of a span that still runs. What a span and its log records make
together follows from the two alone, so the order in which they come does not matter.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from spanglass.conventions.events import OF_CALLS, GenAIEvent, as_attributes
from spanglass.conventions.plain import encode
from spanglass.mapping import detail
from spanglass.mapping.rewriting import Relation, rewritten
from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.telemetry import Attributes, LogRecord, Resource, Scope, Span, Value

LOGS_MAX: Final = 1_000
"""Log records kept with one span, the earliest of them."""
OPERATION: Final = "gen_ai.operation.name"
CHAT: Final = "chat"
"""The operation of a span that only log records of a call tell of."""

_MARK: Final = b',"joined":'
_LISTS: Final = ("inputs", "outputs", "system")
_INFERENCE: Final = b'"operationName":"inference"'
_TOOL: Final = b'"operationName":"execute_tool"'
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.decode


class Log(msgspec.Struct, frozen=True):
    """A log record as it is kept: what it says, who says it, and when, in nanoseconds since the epoch.

    ``order`` tells records of one time and one request apart.
    """

    says: Fragment
    origin: Fragment
    time_ns: int
    observed_ns: int
    order: int = 0

    @property
    def at_ns(self) -> int:
        """When it was said; most emitters tell only when it was observed."""
        return self.time_ns or self.observed_ns

    @property
    def rank(self) -> tuple[int, int, bytes]:
        """Its place among the log records of its span."""
        return self.at_ns, self.order, self.says.key


class _Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a record was joined: the log records' times and orders, how many origins they have, what they filled."""

    times: tuple[tuple[int, int, int], ...]
    origins: int
    alone: bool = False
    """Whether there is no span yet."""
    lists: tuple[str, ...] = ()
    members: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    span_id: str = ""
    joined: _Note = _Note((), 0)


_read_detail: Final = msgspec.json.Decoder(_Detail).decode


class Joint(msgspec.Struct):
    """A span as it came, None if it has not come yet, and its log records in order."""

    span: SpanRecord | None
    logs: tuple[Log, ...] = ()

    def joined(self, other: "Joint") -> "Joint":
        """Return the span that ended later, of equal ones the other, and the log records of both."""
        span = self.span
        if span is None or (other.span is not None and other.span.end_ns >= span.end_ns):
            span = other.span or span
        return Joint(span, ordered(self.logs + other.logs))


def ordered(logs: Iterable[Log]) -> tuple[Log, ...]:
    """Return log records in order, each once, and not too many."""
    once: dict[tuple[bytes, int, int], Log] = {}
    for log in logs:
        key = (log.says.key, log.time_ns, log.observed_ns)
        if key not in once or log.rank < once[key].rank:
            once[key] = log
    return tuple(sorted(once.values(), key=lambda log: log.rank)[:LOGS_MAX])


def read_log(record: LogRecord, order: int) -> Log:
    """Read a log record as a receiver has it."""
    origin = fragment(Kind.DETAIL, b"{%b}" % detail.origin(record.resource, record.scope))
    who = origin.key.hex()
    told: dict[str, Value] = {
        "name": record.name,
        "body": record.body,
        "attributes": record.attributes,
        "severityNumber": record.severity,
        "severityText": record.severity_text,
        "flags": record.flags,
        "droppedAttributesCount": record.dropped_attributes,
    }
    told = {name: value for name, value in told.items() if value not in (None, 0, "", {})}
    says = encode({"origin": who, **told})
    key = fragment(Kind.DETAIL, says).key.hex().encode()
    origins = fragment(Kind.DETAIL, b'{"logOrigins":{"%b":%b}}' % (who.encode(), origin.json))
    return Log(
        fragment(Kind.DETAIL, b'{"logs":{"%b":%b}}' % (key, says)),
        origins,
        record.time_ns,
        record.observed_ns,
        order,
    )


def has_logs(record: SpanRecord) -> bool:
    """Tell whether a record may hold log records; one that holds none may seem to, but not the other way round."""
    return _MARK in record.own_detail


def taken_apart(record: SpanRecord) -> Joint:
    """Undo ``told_by`` and whatever relation the record shows."""
    record = rewritten(record, Relation())
    if not has_logs(record) or not (note := _read_detail(record.own_detail).joined).times:
        return Joint(record)
    count = len(note.times)
    says, rest = record.details[-count:], record.details[:-count]
    origins = {key: one for one in rest[-note.origins :] for key in _decode(one.json)["logOrigins"]}
    logs = tuple(Log(one, origins[_only(one)["origin"]], *times) for one, times in zip(says, note.times, strict=True))
    if note.alone:
        return Joint(None, logs)
    lists: dict[str, Any] = dict.fromkeys(note.lists, ())
    return Joint(
        msgspec.structs.replace(
            record,
            **lists,
            **{f"{name}_shown_from": 0 for name in note.lists if name != "system"},
            own=Members(record.own.span, record.own.attributes.removesuffix(note.members.encode())),
            details=rest[: -note.origins],
            own_detail=record.own_detail.removesuffix(b"%b%b}" % (_MARK, _encode(note))) + b"}",
        ),
        logs,
    )


def _only(says: Fragment) -> dict[str, Any]:
    (told,) = _decode(says.json)["logs"].values()
    return dict(told)


def spoken(logs: Sequence[Log], trace_id: bytes, span_id: bytes) -> Span:
    """Return the span that log records alone tell of; it runs."""
    told = [_only(log.says) for log in logs]
    events = [GenAIEvent(one.get("name", ""), one.get("attributes", {}), one.get("body")) for one in told]
    attributes: Attributes = {}
    for event in events:
        if event.body is not None:
            attributes |= event.attributes
    attributes |= as_attributes(events)
    if not OF_CALLS.isdisjoint(event.name for event in events):
        attributes.setdefault(OPERATION, CHAT)
    (origin,) = _decode(logs[0].origin.json)["logOrigins"].values()
    resource, scope = origin.get("resource", {}), origin.get("scope", {})
    return Span(
        trace_id,
        span_id,
        Resource(resource.get("attributes", {}), resource.get("schemaUrl", "")),
        Scope(scope.get("name", ""), scope.get("version", ""), scope.get("attributes", {}), scope.get("schemaUrl", "")),
        start_ns=logs[0].at_ns,
        attributes=attributes,
    )


def otel_span_id(record: SpanRecord) -> bytes:
    """Return the id that OpenTelemetry knows a record's span by."""
    return bytes.fromhex(_read_detail(record.own_detail).span_id)


def told_by(joint: Joint, told: SpanRecord) -> SpanRecord:
    """Return the record of a span and its log records; ``told`` is that of the span which these alone tell of.

    Log records fill the lists of messages that the span leaves empty, and members that an inference leaves out. So what
    is said in both counts once. A span that has not ended has no outputs yet.
    """
    origins = tuple(dict.fromkeys(log.origin for log in joint.logs))
    says = tuple(log.says for log in joint.logs)
    times = tuple((log.time_ns, log.observed_ns, log.order) for log in joint.logs)
    span = joint.span
    lists: tuple[str, ...] = ()
    own, members = told.own, b""
    if span is None:
        span = msgspec.structs.replace(told, outputs=(), outputs_shown_from=0)
    else:
        if _TOOL not in span.recurring.json:  # a tool's span has its use and result by itself
            lists = tuple(name for name in _LISTS if getattr(told, name) and not getattr(span, name))
            lists = tuple(name for name in lists if name != "outputs" or span.end_ns)
        members = _lacking(span, told) if _INFERENCE in span.recurring.json else b""
        own = Members(span.own.span, span.own.attributes + members)
    note = _Note(times, len(origins), joint.span is None, lists, members.decode())
    filled: dict[str, Any] = {name: getattr(told, name) for name in lists}
    filled |= {f"{name}_shown_from": getattr(told, f"{name}_shown_from") for name in lists if name != "system"}
    return msgspec.structs.replace(
        span,
        **filled,
        own=own,
        details=span.details + origins + says,
        own_detail=b"%b%b%b}" % (span.own_detail[:-1], _MARK, _encode(note)),
    )


def _lacking(span: SpanRecord, told: SpanRecord) -> bytes:
    """Return the members that log records tell and the span does not, as JSON to be added to its own."""
    has: dict[str, msgspec.Raw] = _decode(b"{%b}" % span.own.attributes, type=dict[str, msgspec.Raw])
    more: dict[str, msgspec.Raw] = _decode(b"{%b}" % told.own.attributes, type=dict[str, msgspec.Raw])
    lacking = _encode({name: value for name, value in more.items() if name not in has})[1:-1]
    return (b"," if has and lacking else b"") + lacking
