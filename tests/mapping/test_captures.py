"""The recorded exports of real emitters, mapped, against what really happened."""

import re
import uuid
from collections.abc import Iterator

import msgspec
import pytest

from spanglass.conventions.events import event_name
from spanglass.conventions.plain import plain, read_json
from spanglass.mapping.detail import whole
from spanglass.mapping.identity import span_uuid
from spanglass.model.constraints import violations
from spanglass.telemetry import Span
from tests.captures import CAPTURES, UNSENT, exported, logged, mapper, session, truth_path, without
from tests.truth import ASPECTS, Turn, compare, expected, shown_turn


@pytest.mark.parametrize("capture", CAPTURES)
def test_spans_tell_what_happened(capture: str) -> None:
    """What ListSpans shows of a recorded session is what happened in it, as far as its emitter told."""
    assert compare(expected(truth_path(capture)), session(capture), without(capture)) == []


ANSWER = "Paris: 18 C and cloudy. 17*23 = 391. The EUR/XYZ rate lookup failed: unknown currency XYZ."
"""What the scripted model says at the end of the standard conversation."""


def told(capture: str) -> list[Turn]:
    """Return the standard conversation up to its answer as a recorded session shows it; empty if it has none.

    What a failed tool answered is left out: frameworks tell the model of it in words of their own.
    """
    for span in session(capture):
        attributes = span["attributes"]
        turns = [shown_turn(one) for one in attributes.get("inputMessages", []) + attributes.get("outputMessages", [])]
        if attributes.get("operationName") == "inference" and turns[-1:] == [("BOT", [("text", ANSWER)])]:
            return turns[:-2] + turns[-1:]
    return []


def test_one_conversation_is_one_whoever_tells_it() -> None:
    """Who said what, and which tools were called with what, is the same from all emitters that tell all of it."""
    lossy = {"calls", "content", "inputs", "outputs"}
    whole = [capture for capture in CAPTURES if not without(capture) & lossy]
    standard = [one for one in whole if any(run.error for run in expected(truth_path(one)).tools)]
    (conversation,) = {repr(told(capture)) for capture in standard}
    assert "What is the weather in Paris" in conversation
    assert len(standard) > 50


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_span_is_shown_once_in_its_place(capture: str) -> None:
    """Each exported span is listed, legal, and below the span that it was below."""
    shown = {span["spanId"]: span for span in session(capture)}
    assert len(shown) == len(exported(capture))
    for span in exported(capture):
        one = shown[_uuid(span, span.span_id)]
        assert one.get("parentSpanId") == (_uuid(span, span.parent_span_id) if span.parent_span_id else None)
        assert violations("Span", one) == []


def _uuid(span: Span, span_id: bytes) -> str:
    return str(uuid.UUID(bytes=span_uuid(span.trace_id, span_id)))


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_attribute_is_kept(capture: str) -> None:
    """An attribute stands verbatim in the detail, or else messages, instructions or a tool's call hold what it says."""
    records = {record.span_id: record for part in mapper().parts(exported(capture)) for record in part.spans}
    for span in exported(capture):
        record = records[span_uuid(span.trace_id, span.span_id)]
        kept = whole(record).get("attributes", {})
        assert kept.keys() <= span.attributes.keys()
        assert {key: span.attributes[key] for key in kept} == kept
        gone = {
            key: value
            for key, value in span.attributes.items()
            if key not in kept and key.rpartition(".")[2] not in FORMAL
        }
        pieces = (*record.inputs, *record.outputs, *record.system, *record.details)
        held = " ".join(piece.json.decode() for piece in pieces) + record.own.attributes.decode()
        for key, value in gone.items():
            missing = [text for text in texts(value) if msgspec.json.encode(text)[1:-1].decode() not in held]
            assert missing == [], key


@pytest.mark.parametrize("capture", [capture for capture in CAPTURES if logged(capture)])
def test_every_log_record_is_kept(capture: str) -> None:
    """A log record stands verbatim beside its span, whatever the members hold of it."""
    parts = mapper().parts(exported(capture), logged(capture))
    records = {record.span_id: record for part in parts for record in part.spans}
    for log in logged(capture):
        logs = whole(records[span_uuid(log.trace_id, log.span_id)])["logs"].values()
        kept = [(one["name"], one.get("body"), one.get("attributes", {})) for one in logs]
        assert (event_name(log.name, log.attributes), plain(log.body), plain(log.attributes)) in kept


FORMAL = {
    *("role", "type", "status", "finish_reason", "event.name"),
    *("id", "tool_call_id", "toolCallId", "toolUseId", "tool_use_id"),
}


def texts(value: object) -> Iterator[str]:
    """Yield the words that a value says, but for names of roles and parts, ids of calls, and reasons why one ended."""
    if isinstance(value, str) and value[:1] in {"[", "{", '"'}:
        readable, told = read_json(value)
        value = told if readable else value
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in FORMAL:
                yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield from re.findall(r"\w+", value)


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
