"""The recorded exports of real emitters, mapped, against what really happened."""

import uuid

import pytest

from spanglass.mapping.detail import whole
from spanglass.mapping.identity import span_uuid
from spanglass.mapping.layout import Layouts
from spanglass.model.constraints import violations
from spanglass.telemetry import Span
from tests.captures import CAPTURES, UNSENT, exported, listed, mapper, truth_path, without
from tests.truth import ASPECTS, compare, expected


@pytest.mark.parametrize("capture", CAPTURES)
def test_spans_tell_what_happened(capture: str) -> None:
    """What ListSpans shows of a recorded session is what happened in it, as far as its emitter told."""
    spans = listed(mapper().parts(exported(capture)))
    assert compare(expected(truth_path(capture)), spans, without(capture)) == []


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_span_is_shown_once_in_its_place(capture: str) -> None:
    """Each exported span is listed, legal, and below the span that it was below."""
    shown = {span["spanId"]: span for span in listed(mapper().parts(exported(capture)))}
    assert len(shown) == len(exported(capture))
    for span in exported(capture):
        one = shown[_uuid(span, span.span_id)]
        assert one.get("parentSpanId") == (_uuid(span, span.parent_span_id) if span.parent_span_id else None)
        assert violations("Span", one) == []


def _uuid(span: Span, span_id: bytes) -> str:
    return str(uuid.UUID(bytes=span_uuid(span.trace_id, span_id)))


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_attribute_is_kept(capture: str) -> None:
    """An attribute stands verbatim in the detail unless messages, instructions or a tool's call hold it."""
    records = {record.span_id: record for part in mapper().parts(exported(capture)) for record in part.spans}
    for span in exported(capture):
        record = records[span_uuid(span.trace_id, span.span_id)]
        kept = whole(record).get("attributes", {})
        best = {keys[0] for keys in Layouts().of(span.attributes).content.values()}
        assert {key: value for key, value in span.attributes.items() if key not in best} == {
            key: value for key, value in kept.items() if key not in best
        }
        assert not best or record.inputs or record.outputs or record.system or "nocontent" in capture


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_repeated_export_maps_alike(capture: str) -> None:
    """A mapper that has seen an export maps it again as it did."""
    known = mapper()
    assert known.parts(exported(capture)) == known.parts(exported(capture)) == mapper().parts(exported(capture))


def test_excuses_are_of_captures_and_aspects_that_exist() -> None:
    """An excuse for nothing would hide what it was not meant for."""
    emitters = {capture.partition("/")[0] for capture in CAPTURES}
    assert UNSENT.keys() <= emitters | set(CAPTURES)
    assert all(aspect in ASPECTS for excuses in UNSENT.values() for aspect, _ in excuses)
