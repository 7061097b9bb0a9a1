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
from spanglass.telemetry import Attributes, Event, Resource, Scope, Span
from tests.captures import listed, mapper
from tests.telemetry import RESOURCE, SCOPE, TRACE, Wild, chat, result, said, span, use

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
