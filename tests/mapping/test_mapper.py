"""Whole spans: whatever comes in, what comes out is legal, whole and the same."""

import itertools
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass.mapping.detail import whole
from spanglass.mapping.identity import span_uuid
from spanglass.model.constraints import violations
from spanglass.model.place import Place
from spanglass.model.record import Members, SpanRecord
from spanglass.telemetry import Attributes, Resource, Span
from tests.captures import listed, mapper
from tests.telemetry import TRACE, Wild, chat, said, span

SEEDS = st.integers(0, 2**32)


def members(record: SpanRecord) -> dict[str, Any]:
    """Return all members of a record's span and attributes but the messages."""
    shared = Members.unpack(record.recurring.json)
    texts = [shared.span, record.own.span, shared.attributes, record.own.attributes]
    found: dict[str, Any] = msgspec.json.decode(b"{%b}" % b",".join(filter(None, texts)))
    return found


def mapped(*spans: Span) -> list[SpanRecord]:
    """Return the records of spans of one trace."""
    (part,) = mapper().parts(spans)
    return list(part.spans)


def place(*spans: Span) -> Place:
    """Return where spans of one trace put it."""
    (part,) = mapper().parts(spans)
    return part.claims.place(part.trace_id)


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_any_span_is_shown_within_the_service_models_limits(seed: int) -> None:
    """No telemetry, however wild, raises or makes a span that clients of the model could not read."""
    for one in listed(mapper().parts(Wild(seed).spans())):
        assert violations("Span", one) == []


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_what_a_mapper_remembers_does_not_show(seed: int) -> None:
    """A mapper that has seen much maps as one that has seen nothing, also beyond what it can remember."""
    wild = Wild(seed)
    seasoned = mapper(memo_bytes_max=random.Random(seed).choice([0, 1 << 10, 8 << 20]))  # noqa: S311
    for spans in [wild.spans() for _ in range(4)]:
        assert seasoned.parts(spans) == mapper().parts(spans)
        assert seasoned.parts(spans) == mapper().parts(spans)


def test_spans_are_grouped_by_trace() -> None:
    """Each trace is a part, in order of appearance, with its own spans."""
    other = TRACE[::-1]
    parts = mapper().parts([span(1), span(2, trace_id=other), span(3)])
    assert [(part.trace_id, len(part.spans)) for part in parts] == [(TRACE, 2), (other, 1)]
    assert mapper().parts([]) == []


def test_of_one_span_told_twice_the_later_end_counts() -> None:
    """A span that was told while it ran is replaced by the one that ended; the same again changes nothing."""
    running, ended = span(1, {"n": 1}, end_ns=0), span(1, {"n": 2})
    for told in ([running, ended], [ended, running], [ended, ended]):
        ((record,),) = (part.spans for part in mapper().parts(told))
        assert whole(record)["attributes"] == {"n": 2}


def test_ids_are_derived_from_opentelemetrys() -> None:
    """Span and parent are UUIDs of the trace and span ids, the request is the trace."""
    ((record,),) = (part.spans for part in mapper().parts([span(1, parent_span_id=b"\7" * 8)]))
    assert record.span_id == span_uuid(TRACE, (1).to_bytes(8))
    assert record.parent_span_id == span_uuid(TRACE, b"\7" * 8)
    assert record.request_id == TRACE


def claimed(*spans: Span) -> tuple[str, str]:
    """Return the names of the assistant and the session that spans claim."""
    (part,) = mapper().parts(spans)
    place = part.claims.place(part.trace_id)
    return place.assistant_name, place.session_name


@pytest.mark.parametrize(
    ("spans", "names"),
    [
        ([span(1)], ("shop", "00010203-0405-0607-0809-0a0b0c0d0e0f")),
        ([span(1, resource=Resource())], ("unknown_service", "00010203-0405-0607-0809-0a0b0c0d0e0f")),
        ([span(1, {"session.id": "s"})], ("shop", "s")),
        ([span(1, {"gen_ai.conversation.id": "c"}), span(2, {"session.id": "s"})], ("shop", "s")),
        ([span(1, {"session.id": "a"}, parent_span_id=b"\7" * 8), span(2, {"session.id": "b"})], ("shop", "b")),
        ([span(2, {"session.id": "b"}), span(1, {"session.id": "a"})], ("shop", "a")),
        ([span(1, {"session.id": "null", "spanglass.session.id": "own"})], ("shop", "own")),
        ([span(1, {"aws.qconnect.assistant.id": "desk", "session.id": "s"})], ("desk", "s")),
        ([span(1, {"spanglass.assistant.id": " ", "session.id": "s"})], ("shop", "s")),
        (
            [span(1, {"session.id": "s"}, resource=Resource({"service.name": "x", "spanglass.assistant.id": "desk"}))],
            ("desk", "s"),
        ),
    ],
)
def test_spans_claim_a_place(spans: list[Span], names: tuple[str, str]) -> None:
    """The strongest attribute wins, then the root, then the earliest span; without one the trace is the session."""
    assert claimed(*spans) == names


def test_one_mapper_serves_many_places() -> None:
    """Conversations that begin alike in several sessions are kept apart."""
    shared = mapper()
    inputs = [said("user", "Hi")]
    for step, session in itertools.product(range(3), "abcdef"):
        told = [*inputs, *[said("user", f"{session}{number}") for number in range(step)]]
        call = chat(1, told, attributes={"session.id": session})
        assert shared.parts([call]) == mapper().parts([call])


def test_members_that_hold_structure_are_shared_all_the_same() -> None:
    """A recurring attribute may be a list, which no memory can be asked for."""
    tags: Attributes = {"gen_ai.workflow.nodes": ["a"]}
    first, second = ([part.spans[0].recurring for part in mapper().parts([span(1, tags)])] for _ in range(2))
    assert first == second


def test_equal_numbers_of_different_types_are_not_mixed_up() -> None:
    """1, 1.0 and True are equal to Python, but not to who wrote them."""
    shared = mapper()
    for value in (1, 1.0, True):
        ((record,),) = (part.spans for part in shared.parts([span(1, {"gen_ai.request.top_p": value})]))
        assert repr(whole(record)["attributes"]["gen_ai.request.top_p"]) == repr(value)


def test_spans_of_one_role_share_what_they_share() -> None:
    """What recurs is made once for all calls of an agent, whatever they say: it is one object, not an equal one."""
    asked = [said("user", "one"), said("assistant", "two"), said("user", "three")]
    first, second = mapped(
        chat(1, asked[:1], [asked[1]], name="chat"), chat(2, asked, [said("assistant", "four")], name="chat")
    )
    assert first.inputs != second.inputs
    assert first.recurring is second.recurring
    assert first.details[0] is second.details[0]
