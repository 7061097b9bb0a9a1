"""What is shown of a span within the bounds of the service model, and without them."""

import msgspec

from spanglass.mapping.instructions import Instructions
from spanglass.mapping.projection import bounded, unbounded
from spanglass.model.record import Kind, Members, SpanRecord, fragment
from spanglass.store.samples import message, span


def detailed(**members: object) -> SpanRecord:
    """Return a span of which members were withheld, as its own and as shared."""
    shared = fragment(Kind.DETAIL, b'{"withheld":{"requestMaxTokens":4000000000},"resource":{}}')
    own = msgspec.json.encode({"withheld": members, "attributes": {"withheld": {"x": 1}}})
    decoy = fragment(Kind.DETAIL, b'{"attributes":{"a":{"withheld":{"temperature":9}}}}')
    return span(1, details=(shared, decoy), own_detail=own)


def test_what_is_withheld_is_counted() -> None:
    """Hidden messages, instructions that did not fit and members of withheld values count, one each."""
    said = tuple(message(str(n)) for n in range(60))
    assert bounded(span(1)) == (span(1), 0)
    assert bounded(span(1, inputs=said, inputs_shown_from=10, outputs=said, outputs_shown_from=5)).withheld == 15
    assert bounded(span(1, system=(said[0], said[1]))).withheld == 1
    shown, withheld = bounded(detailed(temperature=1.3, agentId="no uuid"))
    assert (shown, withheld) == (detailed(temperature=1.3, agentId="no uuid"), 3)


def test_all_messages_are_shown() -> None:
    """Without the bounds the hidden messages are there."""
    said = tuple(message(str(n)) for n in range(60))
    hidden = span(1, inputs=said, inputs_shown_from=10, outputs=said, outputs_shown_from=5)
    assert unbounded(hidden) == (span(1, inputs=said, outputs=said), 0)


def test_members_of_the_right_type_are_shown() -> None:
    """A value that only breaks a bound is shown; one that is no value of the member's type stays out and counts."""
    shown, withheld = unbounded(detailed(temperature=1.3, topP=[1], agentId="no uuid"))
    attributes = msgspec.json.decode(b"{%b}" % shown.own.attributes)
    assert (attributes["temperature"], attributes["agentId"]) == (1.3, "no uuid")
    assert attributes["usageInputTokens"] == 7
    assert not attributes.keys() & {"topP", "requestMaxTokens", "x"}
    assert withheld == 2
    alone = msgspec.structs.replace(detailed(temperature=1.3), own=Members(b'"status":"OK"'))
    assert unbounded(alone).span.own == Members(b'"status":"OK"', b'"temperature":1.3')
    assert unbounded(span(1)).span == span(1)


def test_all_instructions_are_shown() -> None:
    """Without the bounds the marker is replaced by what it stands for."""
    texts = [f"instruction {n}" for n in range(25)]
    parts = [{"type": "text", "content": text} for text in texts]
    system, _ = Instructions(1 << 20, 64).map(msgspec.json.encode(parts).decode(), ())
    assert len(system) == 2
    (whole,) = unbounded(span(1, system=system)).span.system
    assert [value["text"]["value"] for value in msgspec.json.decode(whole.json)] == texts
    (one,) = Instructions(1 << 20, 64).map("short", ())[0]
    assert unbounded(span(1, system=(one,))).span.system == (one,)
