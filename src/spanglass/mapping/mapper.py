"""Maps spans: puts together what the other modules say of one span, and spans of one trace."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from spanglass.conventions.handoffs import hands_over_to
from spanglass.conventions.logfire import is_placeholder, stood_for
from spanglass.conventions.roles import SpanRole, role_of
from spanglass.conventions.sessions import assistant_claim, service_claim
from spanglass.conventions.spanglass import SPAN
from spanglass.conventions.tokens import is_exclusive
from spanglass.mapping import detail, members, received, tools
from spanglass.mapping.conversation import Conversations
from spanglass.mapping.identity import span_uuid
from spanglass.mapping.instructions import Instructions
from spanglass.mapping.joining import (
    Joint,
    Log,
    has_logs,
    ordered,
    otel_span_id,
    read_log,
    spoken,
    taken_apart,
    told_by,
)
from spanglass.mapping.layout import Facts, Layout, Layouts, read
from spanglass.mapping.masking import NOTHING, Masking
from spanglass.mapping.memo import Memo
from spanglass.mapping.relations import relate
from spanglass.mapping.traces import Trace, bounded, ended
from spanglass.masking import Masks
from spanglass.model.place import TracePart
from spanglass.model.record import Fragment, Kind, SpanRecord, fragment
from spanglass.telemetry import Attributes, LogRecord, Span, Value

INTERACTION: Final = b'"interactionMode":'
SHARED_BYTES: Final = 2000
"""About what the shared part of a role's spans holds on to."""


class _Origin(msgspec.Struct, frozen=True):
    """What a span's resource and scope tell."""

    json: bytes
    exclusive: bool
    assistant: tuple[int, str]


class _Shared(msgspec.Struct, frozen=True):
    """What the spans of one role share."""

    role: SpanRole
    tool: str
    choices: bool
    recurring: Fragment
    details: tuple[Fragment, ...]


class _Messages(msgspec.Struct):
    """A span's messages, and the attributes whose content they do not hold whole."""

    inputs: tuple[Fragment, ...] = ()
    outputs: tuple[Fragment, ...] = ()
    system: tuple[Fragment, ...] = ()
    details: tuple[Fragment, ...] = ()
    inputs_shown_from: int = 0
    outputs_shown_from: int = 0
    finish_reasons: tuple[str, ...] = ()
    lossy: tuple[str, ...] = ()
    told: dict[str, Value] = {}


_NONE: Final = _Messages()
_pack: Final = msgspec.msgpack.Encoder().encode


class Mapper:
    """Maps OpenTelemetry spans to records of QConnect spans; for one thread at a time.

    What it remembers, at most ``memo_bytes_max`` bytes, only saves work: the same spans give the same records.
    Arguments of tools deeper than ``document_depth_max`` levels go on as JSON text. What ``masks`` says is masked
    before anything is read. ``sessions`` are attributes of an application's own that name a session.
    """

    def __init__(
        self, *, memo_bytes_max: int, document_depth_max: int, masks: Masks = NOTHING, sessions: Iterable[str] = ()
    ) -> None:
        self._masking = Masking(masks, sessions) if masks != NOTHING else None
        self._depth_max = document_depth_max
        self._layouts = Layouts(sessions)
        self._conversations = Conversations(memo_bytes_max // 2, document_depth_max)
        self._instructions = Instructions(memo_bytes_max // 8, document_depth_max)
        self._verbatim = detail.Verbatim(memo_bytes_max // 8)
        self._shared: Memo[tuple[Any, ...], _Shared] = Memo(memo_bytes_max // 16)
        self._origins: Memo[bytes, _Origin] = Memo(memo_bytes_max // 16)

    def parts(self, spans: Iterable[Span], logs: Sequence[LogRecord] = ()) -> list[TracePart]:
        """Map spans and log records, grouped by trace in order of appearance.

        Of several spans of one id, the one that ended last counts. Log records are joined with their span, or stand for
        it (``joining``). Spans that carry one in ListSpans's shape are that one.
        """
        if self._masking is not None:
            spans, logs = self._masking.spans(spans), self._masking.logs(logs)
        origins: dict[tuple[int, int], _Origin] = {}
        traces: dict[bytes, Trace] = {}
        put: dict[tuple[str, str], list[dict[str, Any]]] = {}
        # A list, so that no resource or scope gives up its id to another.
        for span in [stood_for(span) if is_placeholder(span) else span for span in spans]:
            if SPAN in span.attributes and (carried := received.carried(span.attributes[SPAN])) is not None:
                put.setdefault(carried[0], []).append(carried[1])
                continue
            ids = (id(span.resource), id(span.scope))
            if (origin := origins.get(ids)) is None:
                origin = origins[ids] = self._origin(span)
            if (trace := traces.get(span.trace_id)) is None:
                trace = traces[span.trace_id] = Trace(span.trace_id, self.merged)
            told, layout = self._layouts.of(span)
            span_id, parent_id = trace.span_id(span.span_id), trace.span_id(span.parent_span_id)
            session = trace.claim(told, layout, span_id, origin.assistant)
            trace.add(self._record(told, layout, (span_id, parent_id), origin, session or span.trace_id))
        if logs:
            self._add_logs(logs, traces)
        return [trace.part() for trace in traces.values()] + [received.part(some, place) for place, some in put.items()]

    def masked(self) -> dict[str, int]:
        """Return how much was masked since this was asked last, by rule."""
        return {} if self._masking is None else self._masking.taken()

    def _add_logs(self, logs: Sequence[LogRecord], traces: dict[bytes, Trace]) -> None:
        told: dict[tuple[bytes, bytes], list[Log]] = {}
        orders: Counter[tuple[bytes, bytes, int]] = Counter()
        for record in logs:
            if (trace := traces.get(record.trace_id)) is None:
                trace = traces[record.trace_id] = Trace(record.trace_id, self.merged)
            ids = (record.trace_id, record.span_id)
            at = (*ids, record.time_ns or record.observed_ns)
            log = read_log(record, orders[at])
            orders[at] += 1
            told.setdefault(ids, []).append(log)
            # A log record does not know what its span is below of, so its claims are no root's.
            claims = Span(record.trace_id, b"", record.resource, record.scope, parent_span_id=record.span_id)
            claims.attributes, claims.start_ns = record.attributes, log.at_ns
            trace.claim(*self._layouts.of(claims), trace.span_id(record.span_id), self._origin(claims).assistant)
        for (trace_id, span_id), some in told.items():
            traces[trace_id].add(self._joined(Joint(None, ordered(some)), trace_id, span_id))

    def _joined(self, joint: Joint, trace_id: bytes, span_id: bytes) -> SpanRecord:
        span = spoken(joint.logs, trace_id, span_id)
        ids = (span_uuid(trace_id, span_id), b"")
        return told_by(joint, self._record(*self._layouts.of(span), ids, self._origin(span), trace_id))

    def merged(self, known: SpanRecord, new: SpanRecord) -> SpanRecord:
        """Return what two records of one span make: the span that ended later, of equal ones the new, and all logs."""
        if not has_logs(known) and not has_logs(new):
            return new if new.end_ns >= known.end_ns else known
        before, more = taken_apart(known), taken_apart(new)
        joint = before.joined(more)
        if joint.span is before.span and joint.logs == before.logs:
            return known
        return self._joined(joint, known.request_id, otel_span_id(known)) if joint.logs else joint.span or new

    def relate(self, known: Sequence[SpanRecord], new: Sequence[SpanRecord]) -> list[SpanRecord]:
        """Return what is to be written when new records come to those of their trace that are known.

        That is the new ones, each merged with its known version, and those that change by what the others tell of them.
        """
        spans = {record.span_id: record for record in known}
        for record in new:
            before = spans.get(record.span_id)
            spans[record.span_id] = record if before is None else self.merged(before, record)
        told = {record.span_id: spans[record.span_id] for record in new}
        return list((told | {record.span_id: record for record in relate(list(spans.values()))}).values())

    def _record(
        self, span: Span, layout: Layout, ids: tuple[bytes, bytes], origin: _Origin, place: str | bytes
    ) -> SpanRecord:
        attributes = span.attributes
        shared = self._shared_by(span, layout, origin)
        facts = read(layout.own_claims, attributes)
        failed = members.failure(span, facts)
        content, best = layout.read_content(attributes)
        if shared.role == "execute_tool":
            said = self._tool_messages(span, shared, facts, failed, content)
        else:
            said = self._messages(content, place, shared)
        if said.finish_reasons and "response_finish_reasons" not in facts:
            facts["response_finish_reasons"] = list(said.finish_reasons)
        own, withheld = members.own(shared.role, facts, failed, exclusive=origin.exclusive)
        short, long = self._verbatim.divided(attributes, layout.own_keys + layout.leftover(best, said.lossy))
        told: dict[str, Value] = said.told | {"withheld": withheld} if withheld else said.told
        if "response_id" in facts and facts["response_id"] not in short.values():
            told = told | {detail.RESPONSE_ID: facts["response_id"]}
        events, happened = detail.happened(span) if span.events else ([], [])
        return SpanRecord(
            *ids,
            span.trace_id,
            bounded(span.start_ns),
            ended(span),
            shared.recurring,
            own,
            said.inputs,
            said.outputs,
            said.system,
            (*shared.details, *said.details, *long, *happened),
            detail.own(span, told, short, events),
            said.inputs_shown_from,
            said.outputs_shown_from,
        )

    def _shared_by(self, span: Span, layout: Layout, origin: _Origin) -> _Shared:
        values = layout.recurring(span.attributes)
        root = not span.parent_span_id
        # Types belong to the key because 1, 1.0 and True are equal.
        key = (layout, origin.json, span.name, span.kind, span.flags, root, values, tuple(map(type, values)))
        try:
            known = self._shared.get(key)
        except TypeError:  # a list or dict among the values
            return self._share(span, layout, origin)
        if known is None:
            known = self._share(span, layout, origin)
            self._shared.put(key, known, SHARED_BYTES + len(origin.json))
        return known

    def _share(self, span: Span, layout: Layout, origin: _Origin) -> _Shared:
        facts = read(layout.recurring_claims, span.attributes)
        recurring, withheld = members.recurring(span, facts)
        told: dict[str, Value] = {"kind": span.kind, "flags": span.flags, "withheld": withheld}
        if not members.is_named(span):
            told["name"] = span.name
        picked = {key: span.attributes[key] for key in layout.recurring_keys}
        return _Shared(
            role_of(facts.get("operation", "")),
            facts.get("tool_name", ""),
            facts.get("choice_count", 1) > 1,
            fragment(Kind.MEMBERS, recurring.pack()),
            self._verbatim.shared(told, origin.json, picked),
        )

    def _origin(self, span: Span) -> _Origin:
        """Return what a span's resource and scope tell; an emitter's are the same in all that it sends."""
        try:
            key = _pack([msgspec.structs.astuple(span.resource), msgspec.structs.astuple(span.scope)])
        except (ValueError, OverflowError):  # a lone surrogate, or a number beyond 64 bits
            return _origin(span)
        if (known := self._origins.get(key)) is None:
            known = _origin(span)
            self._origins.put(key, known, 3 * len(key))
        return known

    def _messages(self, content: Attributes, place: str | bytes, shared: _Shared) -> _Messages:
        if not content:
            return _NONE
        inputs = self._conversations.inputs(content.get("input_messages"), place)
        outputs = self._conversations.outputs(content.get("output_messages"), inputs, choices=shared.choices)
        among = inputs.system + outputs.system
        system, whole = self._instructions.map(content.get("system_instructions"), among)
        return _Messages(
            inputs.fragments,
            outputs.fragments,
            system,
            inputs.verbatim + outputs.verbatim,
            inputs.shown_from(),
            outputs.shown_from(),
            outputs.finish_reasons,
            ("tool_arguments", "tool_result") if whole else ("tool_arguments", "tool_result", "system_instructions"),
            {"toolUseIds": emitters} if (emitters := outputs.emitters()) else {},
        )

    def _tool_messages(
        self, span: Span, shared: _Shared, facts: Facts, failed: members.Failure, content: Attributes
    ) -> _Messages:
        call = tools.read_call(span, shared.tool, facts, failed, content)
        inputs, outputs = call.fragments(self._depth_max)
        target = hands_over_to(call.use.name, call.use.arguments)
        if target is not None and INTERACTION not in shared.recurring.json:
            facts.setdefault("interaction_mode", "HANDOFF")
            facts.setdefault("target_agent_id", target)
        told: dict[str, Value] = {} if call.paired else {"unpaired": True}
        return _Messages(inputs, outputs, lossy=(*call.lossy, "system_instructions"), told=told)


def _origin(span: Span) -> _Origin:
    resource = span.resource.attributes
    assistant = assistant_claim(resource) or service_claim(resource)
    return _Origin(detail.origin(span.resource, span.scope), is_exclusive(span.scope.name), assistant)
