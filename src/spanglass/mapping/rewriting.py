"""Changing a record because of other spans, and changing it back.

What was changed stands at the end of the record's own detail under ``related``, with what it takes to restore the bytes
that were there before.
"""

from typing import Any, Final

import msgspec

from spanglass.mapping.pairing import NONE
from spanglass.model.record import Fragment, Members, SpanRecord, fragment

COUNTED: Final = frozenset(
    {"usageInputTokens", "usageOutputTokens", "usageTotalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"}
)
"""Members that sums go over, so that of two spans of one call only one may have them."""
INFERENCE: Final = "inference"
AGENT: Final = "invoke_agent"
_INTERNAL: Final = b'"spanType":"INTERNAL"'
_SERVER: Final = b'"spanType":"SERVER"'

_MARK: Final = b',"related":'
_encode: Final = msgspec.json.Encoder().encode


class Relation(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What other spans make of one; empty where they make nothing of it.

    ``twin_of`` is the span that tells the same call better, in hex, and ``operation`` the emitter's word for the call,
    which takes the place of ``inference``. ``ai_agent_name`` names the agent that the span belongs to.
    ``tool_use_id`` is the use that the span answers, ``delegates_to`` the agent that runs within it. ``wraps`` is the
    emitter's word for a root that wraps an agent's run: ``invoke_agent`` takes its place, SERVER that of INTERNAL.
    ``arguments`` are, as JSON, those of the use that the span answers, where it shows none itself.
    """

    twin_of: str = ""
    operation: str = ""
    ai_agent_name: str = ""
    tool_use_id: str = ""
    delegates_to: str = ""
    wraps: str = ""
    arguments: str = ""


class _Note(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A relation as it was applied, and the attributes and the toolUseId that were there before."""

    now: Relation = Relation()
    attributes: msgspec.Raw = msgspec.Raw()
    tool_use_id: str = ""


class _Detail(msgspec.Struct):
    related: _Note = _Note()


_UNRELATED: Final = Relation()
_UNNOTED: Final = _Note()
_decode: Final = msgspec.json.Decoder(_Detail).decode


def is_related(record: SpanRecord) -> bool:
    """Tell whether a record may show a relation; one that does not may seem to, but not the other way round."""
    return _MARK in record.own_detail


def relation_of(record: SpanRecord) -> Relation:
    """Return the relation that a record shows."""
    return _note(record).now


def rewritten(record: SpanRecord, relation: Relation) -> SpanRecord:
    """Return the record as the relation makes it, whatever other relation it shows."""
    before = _restored(record)
    if relation == _UNRELATED:
        return before
    own, note = before.own, _Note(relation)
    if relation.twin_of:
        note = msgspec.structs.replace(note, attributes=msgspec.Raw(b"{%b}" % own.attributes))
        own = Members(own.span, _uncounted(own.attributes))
    elif relation.delegates_to:
        note = msgspec.structs.replace(note, attributes=msgspec.Raw(b"{%b}" % own.attributes))
        own = Members(own.span, _delegating(own.attributes, relation.delegates_to))
    if relation.tool_use_id:
        note = msgspec.structs.replace(note, tool_use_id=tool_use_in(before.inputs))
    return msgspec.structs.replace(
        before,
        recurring=_recurring(before.recurring, relation),
        own=own,
        inputs=_asking(_paired(before.inputs, note.tool_use_id, relation.tool_use_id), NONE, relation.arguments),
        outputs=_paired(before.outputs, note.tool_use_id, relation.tool_use_id),
        own_detail=b"%b%b%b}" % (before.own_detail[:-1], _MARK, _encode(note)),
    )


def tool_use_in(fragments: tuple[Fragment, ...]) -> str:
    """Return the toolUseId of a tool's span by its inputs."""
    use: dict[str, Any] = msgspec.json.decode(fragments[0].json)[0]["toolUse"]
    return str(use["toolUseId"])


def _restored(record: SpanRecord) -> SpanRecord:
    note = _note(record)
    if note.now == _UNRELATED:
        return record
    now, attributes = note.now, bytes(note.attributes)
    return msgspec.structs.replace(
        record,
        recurring=_unrecurring(record.recurring, now),
        own=Members(record.own.span, attributes[1:-1]) if attributes else record.own,
        inputs=_paired(_asking(record.inputs, now.arguments, NONE), now.tool_use_id, note.tool_use_id),
        outputs=_paired(record.outputs, now.tool_use_id, note.tool_use_id),
        own_detail=record.own_detail.removesuffix(b"%b%b}" % (_MARK, _encode(note))) + b"}",
    )


def _note(record: SpanRecord) -> _Note:
    return _decode(record.own_detail).related if is_related(record) else _UNNOTED


def _recurring(recurring: Fragment, relation: Relation) -> Fragment:
    """Put one word for what the span does in another's place, and the agent's name last."""
    if not (relation.operation or relation.ai_agent_name or relation.wraps):
        return recurring
    members = Members.unpack(recurring.json)
    before, after = _operations(relation)
    attributes = members.attributes.replace(before, after, 1) + _agent(relation.ai_agent_name)
    span = members.span.replace(_INTERNAL, _SERVER, 1) if relation.wraps else members.span
    return fragment(recurring.kind, Members(span, attributes).pack())


def _unrecurring(recurring: Fragment, relation: Relation) -> Fragment:
    if not (relation.operation or relation.ai_agent_name or relation.wraps):
        return recurring
    members = Members.unpack(recurring.json)
    before, after = _operations(relation)
    attributes = members.attributes.removesuffix(_agent(relation.ai_agent_name)).replace(after, before, 1)
    span = members.span.replace(_SERVER, _INTERNAL, 1) if relation.wraps else members.span
    return fragment(recurring.kind, Members(span, attributes).pack())


def is_internal(record: SpanRecord) -> bool:
    """Tell whether a span is INTERNAL before any relation."""
    return bool(relation_of(record).wraps) or _INTERNAL in Members.unpack(record.recurring.json).span


def _operations(relation: Relation) -> tuple[bytes, bytes]:
    """Return the member as it was and as the relation makes it."""
    if relation.wraps:
        return _operation(relation.wraps), _operation(AGENT)
    return _operation(INFERENCE), _operation(relation.operation or INFERENCE)


def _operation(word: str) -> bytes:
    return b'"operationName":%b' % _encode(word)


def _agent(name: str) -> bytes:
    return b',"aiAgentName":%b' % _encode(name) if name else b""


def _uncounted(attributes: bytes) -> bytes:
    members: dict[str, object] = msgspec.json.decode(b"{%b}" % attributes)
    return _encode({name: value for name, value in members.items() if name not in COUNTED})[1:-1]


def _delegating(attributes: bytes, agent: str) -> bytes:
    delegation = b'"interactionMode":"DELEGATE","targetAgentId":%b' % _encode(agent)
    return b"%b,%b" % (attributes, delegation) if attributes else delegation


def without_arguments(record: SpanRecord) -> SpanRecord:
    """Return a tool's span as it was before it had the arguments of the use that it answers."""
    arguments = relation_of(record).arguments
    if not arguments:
        return record
    return msgspec.structs.replace(record, inputs=_asking(record.inputs, arguments, NONE))


def _asking(fragments: tuple[Fragment, ...], before: str, after: str) -> tuple[Fragment, ...]:
    """Put arguments of a tool's use for others."""
    if not (before and after):
        return fragments
    old, new = (b'"arguments":%b}}]' % arguments.encode() for arguments in (before, after))
    return tuple(fragment(one.kind, one.json.removesuffix(old) + new) for one in fragments)


def _paired(fragments: tuple[Fragment, ...], before: str, after: str) -> tuple[Fragment, ...]:
    """Put one toolUseId for another; a tool's span has each of its messages once."""
    if not before:
        return fragments
    old, new = (b'"toolUseId":"%b"' % name.encode() for name in (before, after))
    return tuple(fragment(one.kind, one.json.replace(old, new)) for one in fragments)
