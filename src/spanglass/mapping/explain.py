"""What became of each attribute of a span: which dialect claims it, which member it fills, and what nobody claims."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from spanglass.conventions import DIALECTS
from spanglass.conventions.dialect import View
from spanglass.conventions.readers import as_text
from spanglass.conventions.sessions import read_claim
from spanglass.conventions.spanglass import ASSISTANT
from spanglass.mapping import detail
from spanglass.mapping.layout import Layout, Layouts
from spanglass.model.explanation import Claimed, Explanation, Outcome
from spanglass.model.record import Members, SpanRecord
from spanglass.telemetry import Attributes, Event, Resource, Scope, Span

EVENT: Final = "event "
"""What stands before an event's name, where others have an attribute's."""


def explain(span: Span, record: SpanRecord, sessions: Iterable[str] = ()) -> Explanation:
    """Tell how a span was read, which became the record; ``sessions`` are an application's own attributes for those."""
    whole = detail.whole(record)
    packed = Members.unpack(record.recurring.json)
    members = _object(packed.span, record.own.span)
    return Explanation(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.scope.name,
        list(claims(span, sessions)),
        members | {"attributes": _object(packed.attributes, record.own.attributes)},
        {"input": len(record.inputs), "output": len(record.outputs), "system": len(record.system)},
        whole.get("withheld", {}),
    )


def explain_record(record: SpanRecord, sessions: Iterable[str] = ()) -> Explanation:
    """Tell how a stored span was read, as far as what is kept of it tells.

    Attributes that messages hold whole are not kept beside them. A span that came in as QConnect's has no attributes.
    """
    told = detail.whole(record)
    resource, scope = told.get("resource", {}), told.get("scope", {})
    span = Span(
        record.request_id,
        bytes.fromhex(told.get("spanId", "")),
        Resource(resource.get("attributes", {})),
        Scope(scope.get("name", ""), scope.get("version", "")),
    )
    span.name = told.get("name", _object(Members.unpack(record.recurring.json).span)["spanName"])
    span.attributes = told.get("attributes", {})
    span.events = [Event(event["name"], 0, event.get("attributes", {})) for event in told.get("events", ())]
    return explain(span, record, sessions)


def claims(span: Span, sessions: Iterable[str] = ()) -> Iterator[Claimed]:
    """Tell what becomes of each attribute, in the order of the span, then of those that were made of others."""
    told, layout = Layouts(sessions).of(span)
    found: dict[str, list[Claimed]] = {}
    for claim in (*_members(told.attributes, layout), *_places(told, layout), *_parts(span, told, layout)):
        found.setdefault(claim.attribute, []).append(claim)
    for name in told.attributes:
        made = name not in span.attributes
        for claim in found.pop(name, [Claimed(name, "kept")]):
            yield msgspec.structs.replace(claim, made=made)
    for rest in found.values():  # of the resource, and events
        yield from rest


def _members(attributes: Attributes, layout: Layout) -> Iterator[Claimed]:
    """Tell of each member which attribute fills it."""
    for member, sources in (*layout.recurring_claims, *layout.own_claims, *layout.content):
        used = ""
        told: dict[str, Claimed] = {}
        for name, reader in sources:
            usable = reader(attributes[name]) is not None
            if name in told and (told[name].outcome != "unusable" or not usable):
                continue  # of several readers of one attribute the best is told
            outcome: Outcome = "unusable" if not usable else "outranked" if used else "used"
            by = used if outcome == "outranked" else ""
            told[name] = Claimed(name, outcome, _DIALECT_OF[name, member], member, by)
            used = used or (name if usable else "")
        yield from told.values()


def _places(span: Span, layout: Layout) -> Iterator[Claimed]:
    """Tell which attributes name the session and the assistant, of a span and of its resource."""
    told = ((name, read_claim(span.attributes[name], source)) for name, source in layout.sessions.items())
    yield from _place("session", told)
    named = [(name, span.attributes) for name in ASSISTANT if name in span.attributes]
    resource = [(name, span.resource.attributes) for name in (*ASSISTANT, "service.name")]
    of_all = (*named, *((name, of) for name, of in resource if name in of))
    yield from _place("assistant", ((name, as_text(of[name])) for name, of in of_all))


def _place(member: str, sources: Iterable[tuple[str, object]]) -> Iterator[Claimed]:
    used = ""
    for name, told in sources:
        usable = told is not None
        outcome: Outcome = "unusable" if not usable else "outranked" if used else "used"
        yield Claimed(name, outcome, "", member, used if outcome == "outranked" else "")
        used = used or (name if usable else "")


def _parts(span: Span, told: Span, layout: Layout) -> Iterator[Claimed]:
    """Tell which attributes and events something was made of that the span has not itself."""
    for view, names in layout.views:
        yield from _part(view, span, told, names)
    for event in dict.fromkeys(event.name for event in span.events):
        for view in (view for view, _ in _VIEWS if event in view.events):
            yield from _part(view, span, told, (EVENT + event,))


def _part(view: View, span: Span, told: Span, names: Sequence[str]) -> Iterator[Claimed]:
    made = [name for name in view.makes if name in told.attributes and name not in span.attributes]
    if made:
        yield from (Claimed(name, "part", _DIALECT_OF_VIEW[id(view)], by=", ".join(made)) for name in names)


def _object(*members: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(b"{%b}" % b",".join(filter(None, members)))
    return found


_DIALECT_OF: Final = {
    (name, one.member): dialect.name
    for dialect in reversed(DIALECTS)  # of several dialects with one attribute the first counts
    for one in dialect.members
    for name in one.spellings
}
_VIEWS: Final = [(view, dialect.name) for dialect in DIALECTS for view in dialect.views]
_DIALECT_OF_VIEW: Final = {id(view): name for view, name in reversed(_VIEWS)}
