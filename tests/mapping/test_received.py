"""Spans that come in as QConnect spans come out as they were."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanglass.config import Limits
from spanglass.mapping.received import SECONDS_MAX, faults, part
from spanglass.model.constraints import violations
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.store.memory import MemoryStore
from spanglass.store.sqlite import SqliteStore
from tests.model_values import values

Json: TypeAlias = Any

PLACE = ("6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11", "0f4f0000-0000-4000-8000-000000006666")
IDS = tuple(bytes.fromhex(each.replace("-", "")) for each in PLACE)
SPAN: Json = {
    "spanId": "00000000-0000-4000-8000-000000000001",
    "assistantId": PLACE[0],
    "sessionId": PLACE[1],
    "spanName": "inference",
    "spanType": "CLIENT",
    "startTimestamp": 1_700_000_000.123,
    "endTimestamp": 1_700_000_001,
    "status": "OK",
    "requestId": "00000000-0000-4000-8000-000000000002",
    "attributes": {},
}
TOOL_USE: Json = {"toolUse": {"toolUseId": PLACE[0], "name": "t", "arguments": None}}
MESSAGE: Json = {"messageId": PLACE[0], "participant": "BOT", "timestamp": 1.5, "values": [TOOL_USE]}


def spans() -> st.SearchStrategy[list[Json]]:
    """Draw spans of the session with ids of their own."""
    placed = values("Span").map(lambda span: span | {"assistantId": PLACE[0], "sessionId": PLACE[1]})
    return st.lists(placed, max_size=4, unique_by=lambda span: span["spanId"])


def listed(store: Store, drawn: list[Json]) -> list[Json]:
    """Return what ListSpans shows of spans, after they were put."""
    if drawn:
        store.write([part(drawn, PLACE)])
    body: Json = json.loads(Reader(store, Limits()).list_spans(*IDS).body)
    assert violations("ListSpansResponse", body, strict=True) == []
    return list(body["spans"])


def in_order(drawn: list[Json]) -> list[Json]:
    return sorted(drawn, key=lambda span: (span["startTimestamp"], bytes.fromhex(span["spanId"].replace("-", ""))))


@given(spans().filter(bool))
def test_spans_come_out_as_they_came_in(drawn: list[Json]) -> None:
    """Whatever the service model allows in a span, every member union and recursion included, is listed unchanged."""
    assert faults({"spans": drawn}, PLACE) == []
    assert listed(MemoryStore(), drawn) == in_order(drawn)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=20
)
@given(drawn=spans().filter(bool))
def test_a_file_keeps_them_too(tmp_path: Path, drawn: list[Json]) -> None:
    """The same through SQLite and a reopening."""
    path = tmp_path / "s.db"
    with closing(SqliteStore(path)) as store:
        store.delete_session(*IDS)
        store.write([part(drawn, PLACE)])
    with closing(SqliteStore(path)) as store:
        assert listed(store, []) == in_order(drawn)


def test_times_far_off_are_exact() -> None:
    """A double of so many seconds is none of a whole number of microseconds, but the nearest to one of milliseconds."""
    far = [SPAN | {"startTimestamp": 0.001, "endTimestamp": 8631359589.953}]
    assert listed(MemoryStore(), far) == far


def test_the_drawn_spans_are_varied() -> None:
    """Every member of Span, of its attributes and of the unions is drawn at some time: the tests above see them all."""
    seen: set[str] = set()

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(values("Span"))
    def look(span: Json) -> None:
        text = json.dumps(span)
        seen.update(
            name for name in ("reasoning", "toolUse", "toolResult", "citations", "policies") if f'"{name}"' in text
        )
        seen.update(span, span["attributes"])

    look()
    assert seen >= {
        "reasoning",
        "toolUse",
        "toolResult",
        "citations",
        "policies",
        "parentSpanId",
        "guardrailAssessments",
    }
    assert seen >= {"inputMessages", "outputMessages", "systemInstructions", "temperature", "interactionMode"}


def test_null_is_absence_and_arguments_may_be_null() -> None:
    """An optional member that is null is left out; a document that is null is a document."""
    span = SPAN | {"parentSpanId": None, "attributes": {"temperature": None, "inputMessages": [MESSAGE]}}
    assert faults({"spans": [span], "nextToken": None}, PLACE) == []
    [read] = listed(MemoryStore(), [span])
    assert read == SPAN | {"attributes": {"inputMessages": [MESSAGE]}}


def test_times_are_read_to_the_microsecond() -> None:
    """Spans that start in one millisecond stay in order; what is listed is cut to milliseconds."""
    late, early = SPAN | {"startTimestamp": 1_700_000_000.123_9}, SPAN | {"startTimestamp": 1_700_000_000.123_1}
    late |= {"spanId": "00000000-0000-4000-8000-000000000000"}
    read = listed(MemoryStore(), [late, early])
    assert [each["spanId"] for each in read] == [early["spanId"], late["spanId"]]
    assert {each["startTimestamp"] for each in read} == {1_700_000_000.123}


def test_the_same_again_changes_nothing() -> None:
    """Putting is idempotent, and a later version of a span takes its place."""
    store = MemoryStore()
    assert listed(store, [SPAN]) == listed(store, [SPAN]) == [SPAN]
    assert store.write([part([SPAN], PLACE)]).unchanged == 1
    assert listed(store, [SPAN | {"status": "ERROR"}]) == [SPAN | {"status": "ERROR"}]


def test_what_recurs_is_kept_once() -> None:
    """Members that calls have in common, and messages, are the same fragments for all of them."""
    said = {"inputMessages": [MESSAGE], "requestModel": "m", "aiAgentName": "a"}
    spans = [SPAN | {"attributes": said | {"usageInputTokens": n}} for n in range(2)]
    one, two = part(spans, PLACE).spans
    assert one.recurring == two.recurring
    assert one.inputs == two.inputs
    assert one.own != two.own


@pytest.mark.parametrize(
    ("change", "path", "constraint"),
    [
        ({"spanName": "x" * 256}, "spans.1.member.spanName", "length less than or equal to 255"),
        ({"status": "FINE"}, "spans.1.member.status", "enum value set"),
        ({"traceId": "x"}, "spans.1.member.traceId", "one of the service model"),
        ({"attributes": {"toolName": "x"}}, "spans.1.member.attributes.toolName", "one of the service model"),
        ({"attributes": None}, "spans.1.member.attributes", "not be null"),
        ({"assistantId": PLACE[1]}, "spans.1.member.assistantId", f"that of the path, {PLACE[0]}"),
        ({"sessionId": PLACE[0]}, "spans.1.member.sessionId", "that of the path"),
        ({"spanId": f"x{PLACE[0]}"}, "spans.1.member.spanId", "a UUID and nothing else"),
        ({"parentSpanId": f"{PLACE[0]}\n"}, "spans.1.member.parentSpanId", "a UUID and nothing else"),
        ({"startTimestamp": SECONDS_MAX + 1}, "spans.1.member.startTimestamp", "less than or equal to"),
        ({"endTimestamp": 1_700_000_000_123}, "spans.1.member.endTimestamp", "a time in seconds"),
        ({"endTimestamp": 0}, "spans.1.member.endTimestamp", "greater than 0"),
        (
            {"attributes": {"inputMessages": [MESSAGE, MESSAGE | {"values": [{"image": {}}]}]}},
            "spans.1.member.attributes.inputMessages.2.member.values.1.member",
            "exactly one of",
        ),
        ({"attributes": {"inputMessages": [MESSAGE] * 51}}, "spans.1.member.attributes.inputMessages", "to 50"),
    ],
)
def test_faults_are_named_by_path(change: Json, path: str, constraint: str) -> None:
    """Each thing that is wrong is told, with where it is."""
    [fault] = faults({"spans": [SPAN | change]}, PLACE)
    assert fault.path == path
    assert constraint in fault.constraint


def test_all_faults_are_named() -> None:
    """Faults of all spans are told together, those of places and times once nothing else is wrong."""
    page = {"spans": [SPAN, SPAN | {"sessionId": PLACE[0]}, SPAN | {"spanId": f"x{PLACE[0]}", "endTimestamp": 0}]}
    assert [fault.path for fault in faults(page, PLACE)] == [
        "spans.2.member.sessionId",
        "spans.3.member.spanId",
        "spans.3.member.endTimestamp",
    ]
    bad: Json
    for bad, path in (([], ""), ({}, "spans"), ({"spans": [SPAN] * 101}, "spans"), ({"spans": [], "more": 1}, "more")):
        assert [fault.path for fault in faults(bad, PLACE)] == [path]
