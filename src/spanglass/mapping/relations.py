"""What the spans of a trace tell about each other: calls told twice, whose agent a span is, which use a tool answers.

Every relation follows from the set of spans alone, and a record carries with it how to take a relation back. So the
order in which spans arrive does not matter, and relating what is related already changes nothing.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from spanglass.conventions import DIALECTS
from spanglass.conventions.gen_ai import PLACEHOLDERS
from spanglass.conventions.roles import WRAPPERS, SpanRole, role_of
from spanglass.mapping import detail
from spanglass.mapping.pairing import asked, asks_nothing, is_unpaired, paired_uses
from spanglass.mapping.rewriting import (
    AGENT,
    INFERENCE,
    Relation,
    is_internal,
    is_related,
    relation_of,
    rewritten,
    without_arguments,
)
from spanglass.model.record import Members, SpanRecord

_MODE: Final = b'"interactionMode":'
ENDLESS_NS: Final = 2**63
"""The end of a span that still runs."""


class _Seen(msgspec.Struct):
    """What relations go by, as it was before them."""

    record: SpanRecord
    now: Relation
    operation: str
    role: SpanRole
    agent: str
    model: str

    @property
    def speaks(self) -> bool:
        return bool(self.record.inputs or self.record.outputs)


def relate(trace: Sequence[SpanRecord]) -> list[SpanRecord]:
    """Return the records of a trace that must change, as they then are; ``trace`` is all of its spans, in any order.

    - Of several spans that tell one call of a model, the one with messages stays an inference; the others keep the
      emitter's word as operationName and lose their tokens, so that sums count the call once.
    - A span without an agent's name has that of the nearest agent above it.
    - A tool's span without the emitter's id of the call gets the toolUseId of the use that it answers.
    - A tool's span that shows no arguments has those of the use that it answers.
    - A tool's span within which an agent runs delegates to that agent.
    - A root that wraps calls of models is the run of an agent, where no span is one.
    """
    if not _may_relate(trace):
        return []
    spans = {record.span_id: _seen(record) for record in trace}
    inferences = [span for span in spans.values() if span.role == "inference"]
    calls = [span.record for span in inferences]
    tools = [without_arguments(span.record) for span in spans.values() if span.role == "execute_tool"]
    twins, names = _twins(inferences), _agent_names(spans)
    uses = paired_uses(tools, calls)
    arguments = asked(tools, calls, uses)
    delegates = _delegates(spans)
    wrappers = _wrappers(spans)
    changed = []
    for span_id, span in spans.items():
        twin = twins.get(span_id, "")
        relation = Relation(
            twin,
            _word(span) if twin else "",
            names.get(span_id, ""),
            uses.get(span_id, ""),
            delegates.get(span_id, ""),
            wrappers.get(span_id, ""),
            arguments.get(span_id, ""),
        )
        if relation != span.now:
            changed.append(rewritten(span.record, relation))
    return changed


def _may_relate(trace: Sequence[SpanRecord]) -> bool:
    """Tell, at little cost, whether any relation can hold, or be shown that no longer holds."""
    calls: set[bytes] = set()
    for record in trace:
        operation, role, agent, _ = _members(record.recurring.key, record.recurring.json)
        wraps = operation in WRAPPERS and not record.parent_span_id
        silent = role == "execute_tool" and asks_nothing(record)
        if (role == AGENT and agent) or wraps or silent or is_related(record) or is_unpaired(record):
            return len(trace) > 1
        if role == "inference":
            call = _response_id(record)
            if call in calls or (not call and len(trace) > 1):
                return True
            calls.add(call)
    return False


def _seen(record: SpanRecord) -> _Seen:
    now = relation_of(record)
    operation, role, agent, model = _members(record.recurring.key, record.recurring.json)
    if now.operation:
        operation = role = INFERENCE
    elif now.wraps:
        operation, role = now.wraps, ""
    return _Seen(record, now, operation, role, "" if now.ai_agent_name else agent, model)


class _Attributes(msgspec.Struct, rename="camel"):
    operation_name: str = ""
    ai_agent_name: str = ""
    request_model: str = ""


_decode: Final = msgspec.json.Decoder(_Attributes).decode


@functools.lru_cache(maxsize=4096)
def _members(_key: bytes, recurring: bytes) -> tuple[str, SpanRole, str, str]:
    """Read recurring members; the key is quicker to look up than the fragment."""
    attributes = _decode(b"{%b}" % Members.unpack(recurring).attributes)
    operation = attributes.operation_name
    return operation, role_of(operation), attributes.ai_agent_name, attributes.request_model


def _pattern(member: str, *others: str) -> re.Pattern[bytes]:
    """Return what finds a member's attribute, in any dialect's spelling or another name, in verbatim JSON."""
    spellings = (
        name for dialect in DIALECTS for one in dialect.members if one.member == member for name in one.spellings
    )
    names = b"|".join(re.escape(name.encode()) for name in (*spellings, *others))
    return re.compile(b'"(?:%b)":"([^"\\\\]+)"' % names)


_OPERATION: Final = _pattern("operation")
_RESPONSE_ID: Final = _pattern("response_id", detail.RESPONSE_ID)


def _word(span: _Seen) -> str:
    """Return the emitter's word for a call, where operationName shows AWS's."""
    if span.operation != INFERENCE:
        return ""
    found = (_OPERATION.search(piece.json) for piece in span.record.details)
    return next((match[1].decode() for match in found if match), "")


def _twins(inferences: Sequence[_Seen]) -> dict[bytes, str]:
    """Return the spans that tell a call which another tells better, with that other in hex.

    Better is: with messages, then begun earlier. The same call is: the same response id at the same time. A failed call
    has no response; there it is a span without messages beside or below one with them, within its time and of its
    model, as the Anthropic SDK's own span is with any instrumentation. And where not both have a response id, it is
    what a span right below another answers as that does, and a span without messages right above one of its model, as
    LlamaIndex tells each call in one way or the other.
    """
    responses = {span.record.span_id: _response_id(span.record) for span in inferences}
    if len(responses) == len(set(responses.values()) - {b""}):
        return {}
    calls = {span.record.span_id: span for span in inferences}
    twins: dict[bytes, str] = {}
    answered: dict[bytes, list[SpanRecord]] = {}
    failed: dict[tuple[bytes, str], list[SpanRecord]] = {}
    for span in sorted(inferences, key=lambda span: (not span.speaks, span.record.start_ns, span.record.span_id)):
        record, twin = span.record, None
        if response := responses[record.span_id]:
            alike = answered.setdefault(response, [])
            twin = next((one for one in alike if _overlap(one, record)), None)
            if twin is None:
                alike.append(record)
        elif span.speaks:
            for place in (record.parent_span_id, record.span_id):
                failed.setdefault((place, span.model), []).append(record)
        else:
            alike = failed.get((record.parent_span_id, span.model), [])
            twin = next((one for one in alike if _within(record, one)), None)
            twin = twin or next(iter(failed.get((record.span_id, span.model), ())), None)
        if twin is None and (outer := calls.get(record.parent_span_id)) is not None:
            alone = not (responses[record.span_id] and responses[outer.record.span_id])
            twin = outer.record if alone and record.outputs and record.outputs == outer.record.outputs else None
        if twin is not None:
            twins[record.span_id] = twin.span_id.hex()
    return twins


def _response_id(record: SpanRecord) -> bytes:
    found = _RESPONSE_ID.search(record.own_detail)
    return found[1] if found and found[1].decode() not in PLACEHOLDERS else b""


def _overlap(one: SpanRecord, other: SpanRecord) -> bool:
    return one.start_ns <= (other.end_ns or ENDLESS_NS) and other.start_ns <= (one.end_ns or ENDLESS_NS)


def _within(inner: SpanRecord, outer: SpanRecord) -> bool:
    return outer.start_ns <= inner.start_ns and (inner.end_ns or ENDLESS_NS) <= (outer.end_ns or ENDLESS_NS)


def _agent_names(spans: Mapping[bytes, _Seen]) -> dict[bytes, str]:
    """Return, for the GenAI spans without one, the name of the nearest agent above them."""
    agents = {span_id: span.agent for span_id, span in spans.items() if span.role == AGENT}
    if not any(agents.values()):
        return {}
    nearest: dict[bytes, str] = dict(agents)
    return {
        span_id: name
        for span_id, span in spans.items()
        if span.operation and not span.agent and span_id not in agents and (name := _nearest(span_id, spans, nearest))
    }


def _wrappers(spans: Mapping[bytes, _Seen]) -> dict[bytes, str]:
    """Return the roots that wrap an agent's run, with the emitter's word for that."""
    roles = {span.role for span in spans.values()}
    if AGENT in roles or INFERENCE not in roles:
        return {}
    roots = [(span_id, span) for span_id, span in spans.items() if not span.record.parent_span_id]
    return {id_: span.operation for id_, span in roots if span.operation in WRAPPERS and is_internal(span.record)}


def _delegates(spans: Mapping[bytes, _Seen]) -> dict[bytes, str]:
    """Return the spans of tools right within which a named agent runs, with the first such agent's name."""
    stops: dict[bytes, bytes] = {id_: id_ for id_, span in spans.items() if span.role in {AGENT, "execute_tool"}}
    found: dict[bytes, str] = {}
    agents = [span for span in spans.values() if span.role == AGENT and span.agent]
    for agent in sorted(agents, key=lambda span: (span.record.start_ns, span.record.span_id)):
        path: list[bytes] = []
        place = agent.record.parent_span_id
        while place in spans and place not in stops:
            stops[place] = b""
            path.append(place)
            place = spans[place].record.parent_span_id
        stop = stops.get(place, b"")
        stops.update(dict.fromkeys(path, stop))
        tool = spans.get(stop)
        if tool is not None and tool.role == "execute_tool" and not _says_mode(tool):
            found.setdefault(stop, agent.agent)
    return found


def _says_mode(tool: _Seen) -> bool:
    """Tell whether a span says itself how it interacts with another agent."""
    own = tool.record.own.attributes if not tool.now.delegates_to else b""
    return _MODE in own or _MODE in tool.record.recurring.json


def _nearest(span_id: bytes, spans: Mapping[bytes, _Seen], nearest: dict[bytes, str]) -> str:
    """Climb to the nearest agent, or to what was climbed from before; parents may be missing, or go in circles."""
    path: list[bytes] = []
    while span_id in spans and span_id not in nearest:
        nearest[span_id] = ""
        path.append(span_id)
        span_id = spans[span_id].record.parent_span_id
    name = nearest.get(span_id, "")
    nearest.update(dict.fromkeys(path, name))
    return name
