"""From a span as it is kept back to telemetry: the inverse of ``mapper``.

What no member holds is kept verbatim beside the span (``detail``), so most of a span comes back as it came. Attributes
whose whole content the messages hold were not kept: what they said is written anew, as the GenAI conventions have it,
where mapping the span without it does not give the same messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from spanglass.mapping import detail as kept
from spanglass.mapping.conventional import Spoken, arguments_json, instructions_json, messages_json, result_json
from spanglass.mapping.joining import CHAT, OPERATION
from spanglass.mapping.mapper import Mapper
from spanglass.mapping.original import Whole, original_logs, original_span
from spanglass.mapping.rewriting import COUNTED, INFERENCE
from spanglass.model.place import Claims
from spanglass.model.record import PARTICIPANTS, Fragment, Members, SpanRecord
from spanglass.telemetry import Attributes, LogRecord, Span

TOOL: Final = "execute_tool"
_LISTS: Final = ("inputMessages", "outputMessages", "systemInstructions")
_RELATED: Final = COUNTED | {"operationName", "aiAgentName", "interactionMode", "targetAgentId"}
"""Members that other spans of a trace may change (``relations``)."""
_APART: Final = _RELATED.union(_LISTS, {"responseFinishReasons"})
_ATTEMPTS: Final = (False, False, True)
"""Whether the values of a message are written apart. What is written anew may take the place of what told more, so it
is looked at again. What is read in another order together, as a call before the text that leads to it, comes apart."""
_encode: Final = msgspec.json.Encoder().encode


class Restored(msgspec.Struct, frozen=True):
    """A span as it came, None if only log records did, and its log records.

    ``faithful`` is whether mapping these gives the same again, with no attribute that was not kept; ``claims`` is
    what they say of where their trace belongs.
    """

    span: Span | None
    logs: tuple[LogRecord, ...]
    claims: Claims
    faithful: bool = True


class Restorer:
    """Restores spans; for one thread at a time, and with a mapper that masks nothing."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper

    def restore(self, whole: Whole) -> Restored:
        """Return the telemetry that a span came as; it is to have come so (``original.came_as_telemetry``)."""
        logs = tuple(original_logs(whole))
        if whole["detail"].get("joined", {}).get("alone"):
            (part,) = self._mapper.parts([], logs)
            return Restored(None, logs, part.claims)
        span = original_span(whole)
        expected = _of_whole(whole)
        said, claims = self._mapped(span, logs)
        for apart in _ATTEMPTS:
            if said == expected:
                break
            span = _said_anew(span, whole, said, expected, apart=apart)
            said, claims = self._mapped(span, logs)
        return Restored(span, logs, claims, faithful=said == expected)

    def _mapped(self, span: Span, logs: Sequence[LogRecord]) -> tuple["_Said", Claims]:
        (part,) = self._mapper.parts([span], logs)
        (record,) = part.spans
        return _of_record(record), part.claims


class _Said(msgspec.Struct):
    """What mapping a span comes to: all that was said, which was not kept as it came, and what hangs on it.

    ``filled`` are the lists that log records filled, ``verbatim`` what messages are kept as they came, too, ``others``
    the members that no other span of the trace has a say in, ``kept`` the attributes that are kept verbatim.
    """

    operation: str
    inputs: Spoken
    outputs: Spoken
    system: list[Any]
    reasons: list[str]
    filled: list[str]
    verbatim: dict[str, Any]
    others: dict[str, Any]
    kept: set[str]


def _of_whole(whole: Whole) -> _Said:
    attributes, detail = whole["attributes"], whole["detail"]
    inputs, outputs = ([(one["participant"], one["values"]) for one in attributes.get(name, ())] for name in _LISTS[:2])
    related = detail.get("related", {})
    now = related.get("now", {})
    if "arguments" in now:
        inputs = [(who, [{"toolUse": one["toolUse"] | {"arguments": {}}} for one in values]) for who, values in inputs]
    if before := related.get("toolUseId"):
        inputs, outputs = (_paired(said, now["toolUseId"], before) for said in (inputs, outputs))
    return _Said(
        INFERENCE if "operation" in now else now.get("wraps", attributes.get("operationName", "")),
        inputs,
        outputs,
        [*attributes.get("systemInstructions", ()), *whole.get("systemInstructionsRest", ())],
        attributes.get("responseFinishReasons", []),
        detail.get("joined", {}).get("lists", []),
        detail.get("messages", {}),
        _others(attributes, detail),
        set(detail.get("attributes", {})),
    )


def _others(attributes: Mapping[str, Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in attributes.items() if name not in _APART}
    return told | {"withheld": detail.get("withheld", {})}


def _paired(said: Spoken, now: str, before: str) -> Spoken:
    old, new = (b'"toolUseId":"%b"' % one.encode() for one in (now, before))
    return [(who, msgspec.json.decode(_encode(values).replace(old, new))) for who, values in said]


def _of_record(record: SpanRecord) -> _Said:
    told = kept.whole(record)
    recurring = Members.unpack(record.recurring.json).attributes
    attributes: dict[str, Any] = msgspec.json.decode(
        b"{%b}" % b",".join(filter(None, (recurring, record.own.attributes)))
    )
    return _Said(
        attributes.get("operationName", ""),
        _fragments(record.inputs),
        _fragments(record.outputs),
        [value for one in record.system for value in msgspec.json.decode(one.json)],
        attributes.get("responseFinishReasons", []),
        told.get("joined", {}).get("lists", []),
        told.get("messages", {}),
        _others(attributes, told),
        set(told.get("attributes", {})),
    )


def _fragments(fragments: Iterable[Fragment]) -> Spoken:
    return [(PARTICIPANTS[one.kind], msgspec.json.decode(one.json)) for one in fragments]


def _said_anew(span: Span, whole: Whole, said: _Said, expected: _Said, *, apart: bool) -> Span:
    """Write anew in a span what mapping it does not give."""
    more: Attributes = {}
    if said.operation != expected.operation:
        more[OPERATION] = CHAT if expected.operation == INFERENCE else expected.operation
    # Something else than what was not kept said it: what only repeated that, or said more.
    other = said.verbatim != expected.verbatim or not said.kept >= expected.kept

    def lacks(name: str) -> bool:
        differs = getattr(said, name) != getattr(expected, name)
        return (
            differs
            or (other and bool(getattr(expected, name)))
            or (name in said.filled and name not in expected.filled)
        )

    if whole["attributes"].get("operationName") == TOOL:
        if lacks("inputs") and expected.inputs:
            more["gen_ai.tool.call.arguments"] = arguments_json(expected.inputs)
        if lacks("outputs") and expected.outputs:
            more["gen_ai.tool.call.result"] = result_json(expected.outputs)
    else:
        emitters = whole["detail"].get("toolUseIds", {})
        verbatim = {} if apart else _verbatim(whole)
        if lacks("inputs"):
            more["gen_ai.input.messages"] = messages_json(expected.inputs, verbatim, apart=apart)
        if lacks("outputs") or lacks("reasons"):
            reasons = expected.reasons if lacks("reasons") else ()
            more["gen_ai.output.messages"] = messages_json(
                expected.outputs, verbatim, emitters=emitters, reasons=reasons, apart=apart
            )
    if lacks("system"):
        more["gen_ai.system_instructions"] = instructions_json(expected.system)
    anew = {key: value for key, value in more.items() if key not in expected.kept}
    return msgspec.structs.replace(span, attributes=span.attributes | anew)


def _verbatim(whole: Whole) -> dict[bytes, Any]:
    """Return messages as they came, by the values that show them."""
    came = whole["detail"].get("messages")
    if not came:
        return {}
    session = UUID(whole["sessionId"])
    ids = {str(uuid5(session, key)): message for key, message in came.items()}
    said = (one for name in _LISTS[:2] for one in whole["attributes"].get(name, ()))
    return {_encode(one["values"]): ids[one["messageId"]] for one in said if one["messageId"] in ids}
