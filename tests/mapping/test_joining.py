"""A span and its log records make one record, whatever order they come in and however they are cut into requests."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.mapping.detail import whole
from spanglass.mapping.identity import span_uuid
from spanglass.mapping.joining import LOGS_MAX, ordered, read_log, taken_apart
from spanglass.model.record import Fragment, Kind, Members, SpanRecord
from spanglass.telemetry import Attributes, LogRecord, Scope, Span, Value
from tests.captures import CAPTURES, exported, log_paths, logged, mapper
from tests.telemetry import RESOURCE, SCOPE, TRACE, Wild, chat, said, span

Piece = Span | LogRecord
DETAILS = "gen_ai.client.inference.operation.details"
QUESTION: Any = [said("user", "hi")]
ANSWER: Any = [said("assistant", "ho")]


def log(name: str, body: Value = None, number: int = 1, /, at: int = 1, **fields: Any) -> LogRecord:  # noqa: ANN401
    """Return a log record of the span of a number, observed so many ms after the second of that number."""
    given: dict[str, Any] = {"observed_ns": number * 1_000_000_000 + at * 1_000_000, "body": body}
    given |= {"resource": RESOURCE, "scope": SCOPE}
    return LogRecord(trace_id=TRACE, span_id=number.to_bytes(8), name=name, **given | fields)


def details(number: int = 1, /, **attributes: Any) -> LogRecord:  # noqa: ANN401 (any value)
    """Return an operation's details as a log record."""
    told: Attributes = {f"gen_ai.{name.replace('__', '.')}": value for name, value in attributes.items()}
    return log(DETAILS, None, number, attributes=told)


ASKED = log("gen_ai.user.message", {"content": "hi"})
SAID = log("gen_ai.choice", {"message": {"content": "ho"}, "finish_reason": "stop"}, at=2)


def arrived(*requests: Sequence[Piece]) -> dict[bytes, SpanRecord]:
    """Return the records of one trace, written as a store writes what comes."""
    known: dict[bytes, SpanRecord] = {}
    for request in requests:
        fresh = mapper()
        spans = [piece for piece in request if isinstance(piece, Span)]
        logs = [piece for piece in request if isinstance(piece, LogRecord)]
        for part in fresh.parts(spans, logs):
            known |= {record.span_id: record for record in fresh.relate(list(known.values()), part.spans)}
    return known


def of(records: dict[bytes, SpanRecord], number: int = 1) -> SpanRecord:
    """Return the record of the span of a number."""
    return records[span_uuid(TRACE, number.to_bytes(8))]


def texts(fragments: Iterable[Fragment]) -> list[tuple[Kind, str]]:
    """Return who says which text."""
    return [(one.kind, msgspec.json.decode(one.json)[0]["text"]["value"]) for one in fragments]


def members(record: SpanRecord) -> dict[str, Any]:
    """Return the attributes that a record shows, but for messages."""
    pieces = (Members.unpack(record.recurring.json).attributes, record.own.attributes)
    found: dict[str, Any] = msgspec.json.decode(b"{%b}" % b",".join(filter(None, pieces)))
    return found


@pytest.mark.parametrize(
    "requests",
    [
        [[chat()], [ASKED, SAID]],
        [[ASKED, SAID], [chat()]],
        [[SAID], [chat()], [ASKED]],
        [[SAID], [ASKED], [chat()], [ASKED]],
        [[chat(), ASKED, SAID]],
    ],
)
def test_a_span_has_the_messages_of_its_log_records(requests: list[list[Piece]]) -> None:
    """Before or after it, at once or one by one, again or not: each message is said once."""
    record = of(arrived(*requests))
    assert texts(record.inputs) == [(Kind.CUSTOMER, "hi")]
    assert texts(record.outputs) == [(Kind.BOT, "ho")]
    assert members(record) == {"operationName": "inference", "responseFinishReasons": ["stop"]}
    assert record == of(arrived([chat(), ASKED, SAID]))


def test_messages_are_those_that_a_span_would_have_itself() -> None:
    """The fragments of a conversation are the same whether attributes or log records tell it."""
    system: Value = [{"type": "text", "content": "Be brief."}]
    joined = of(arrived([details(input__messages=QUESTION, output__messages=ANSWER, system_instructions=system)]))
    attributes: Attributes = {"gen_ai.system_instructions": system}
    alone = of(arrived([chat(1, QUESTION, ANSWER, attributes=attributes)]))
    assert (joined.inputs, joined.system) == (alone.inputs, alone.system)
    ended = of(arrived([chat()], [details(output__messages=ANSWER)]))
    assert ended.outputs == of(arrived([chat(1, None, ANSWER)])).outputs


def test_what_is_said_in_both_counts_once() -> None:
    """A list that the span has itself stays as it is; only what it leaves empty is filled."""
    both = details(input__messages=[*QUESTION, *ANSWER], output__messages=ANSWER, usage__output_tokens=3)
    record = of(arrived([chat(1, QUESTION, attributes={"gen_ai.usage.output_tokens": 2})], [both]))
    assert texts(record.inputs) == [(Kind.CUSTOMER, "hi")]
    assert texts(record.outputs) == [(Kind.BOT, "ho")]
    assert members(record) == {"operationName": "inference", "usageOutputTokens": 2}


def test_members_that_the_span_leaves_out_are_filled() -> None:
    """Tokens and the like of an inference may stand in its log record alone."""
    told = details(usage__input_tokens=3, usage__output_tokens=2)
    assert members(of(arrived([told], [chat()])))["usageTotalTokens"] == 5
    assert "usageTotalTokens" not in members(of(arrived([told], [span(1, {"gen_ai.operation.name": "plan"})])))


def test_log_records_alone_stand_for_a_running_span() -> None:
    """Until its span comes a call is known by what was asked; what it answered waits for the end."""
    record = of(arrived([ASKED, SAID]))
    assert (record.start_ns, record.end_ns, record.parent_span_id) == (1_001_000_000, 0, b"")
    assert (texts(record.inputs), record.outputs) == ([(Kind.CUSTOMER, "hi")], ())
    assert members(record)["operationName"] == "inference"
    assert whole(record)["resource"] == {"attributes": {"service.name": "shop"}}


def test_a_running_span_has_no_outputs_yet() -> None:
    """A span that an emitter tells of as it begins shows its answer once it ends."""
    begun = of(arrived([ASKED, SAID], [chat(end_ns=0)]))
    assert (texts(begun.inputs), begun.outputs) == ([(Kind.CUSTOMER, "hi")], ())
    assert of(arrived([ASKED, SAID], [chat(end_ns=0)], [chat()])) == of(arrived([chat()], [ASKED, SAID]))


def test_log_records_are_kept_whole() -> None:
    """All that a log record says stands with its span, and who said it, though the span says otherwise."""
    record = log(
        "gen_ai.evaluation.result",
        None,
        time_ns=7,
        attributes={"gen_ai.evaluation.score": 0.5},
        severity=9,
        severity_text="INFO",
        flags=1,
        dropped_attributes=2,
        scope=Scope("judge"),
    )
    orders: list[list[Piece]] = [[record, chat()], [chat(), record]]
    for requests in ([[piece] for piece in order] for order in orders):
        told = whole(of(arrived(*requests)))
        (kept,) = told["logs"].values()
        assert told["logOrigins"][kept.pop("origin")]["scope"] == {"name": "judge"}
        assert kept == {
            "name": "gen_ai.evaluation.result",
            "attributes": {"gen_ai.evaluation.score": 0.5},
            "severityNumber": 9,
            "severityText": "INFO",
            "flags": 1,
            "droppedAttributesCount": 2,
        }
        assert told["joined"]["times"] == [[7, 1_001_000_000, 0]]


def test_equal_messages_at_other_times_are_several() -> None:
    """What was said twice was said twice; a record of one time is one, however often it comes."""
    twice = [ASKED, log("gen_ai.user.message", {"content": "hi"}, at=3), ASKED]
    assert texts(of(arrived(twice, twice)).inputs) == [(Kind.CUSTOMER, "hi")] * 2


def test_of_one_time_the_order_of_the_request_counts() -> None:
    """Clocks are coarser than emitters are fast: within a request what stands first was said first."""
    names = [str(number) for number in range(5)]
    request = [log("gen_ai.user.message", {"content": name}) for name in names]
    assert [text for _, text in texts(of(arrived(request, [chat()], request)).inputs)] == names


def test_a_tools_span_speaks_for_itself() -> None:
    """A tool's use and result are made of its attributes; its log records are kept beside them."""
    tool = span(1, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"})
    record = of(arrived([ASKED, SAID], [tool]))
    assert record.outputs == ()
    assert len(whole(record)["logs"]) == 2


def test_the_log_records_of_a_span_are_bounded() -> None:
    """The earliest are kept, so that which are does not depend on how they came."""
    many = [read_log(log("gen_ai.user.message", {"content": str(at)}, at=at), 0) for at in range(LOGS_MAX + 2)]
    kept = ordered(many)
    assert len(kept) == LOGS_MAX
    assert kept == ordered([*reversed(many), *many]) == tuple(many[:LOGS_MAX])


def test_claims_of_log_records_place_a_trace() -> None:
    """A conversation's id may stand in a log record alone; a span's stronger claim wins over it."""
    (part,) = mapper().parts([], [details(conversation__id="thread-1")])
    (better,) = mapper().parts([span(1, {"session.id": "visit-1"})])
    assert part.claims.session is not None
    assert part.claims.session.text == "thread-1"
    merged = part.claims.merged(better.claims)
    assert merged.session is not None
    assert merged.session.text == "visit-1"
    assert part.claims.assistant.text == "shop"


def test_relations_see_what_log_records_tell() -> None:
    """Of two spans of one call the one whose messages came as log records stays the inference."""
    call: Attributes = {"gen_ai.response.id": "r", "gen_ai.usage.input_tokens": 1, "gen_ai.usage.output_tokens": 1}
    outer = chat(1, attributes=call, end_ns=3_000_000_000)
    inner = chat(2, attributes=call, parent_span_id=(1).to_bytes(8), end_ns=2_500_000_000)
    told = [log("gen_ai.user.message", {"content": "hi"}, 2)]
    expected = arrived([outer, inner, *told])
    assert members(of(expected, 1))["operationName"] == "chat"
    assert members(of(expected, 2))["operationName"] == "inference"
    orders: list[list[Piece]] = [[outer, inner, *told], [*told, outer, inner], [inner, *told, outer]]
    for pieces in orders:
        assert arrived(*([piece] for piece in pieces)) == expected


def test_an_attribute_called_as_the_note_is_none() -> None:
    """A record that only seems to hold log records is taken apart into itself."""
    record = of(arrived([span(1, {"a": 1, "joined": [1]})]))
    assert taken_apart(record).span == record


@pytest.mark.parametrize("capture", [capture for capture in CAPTURES if log_paths(capture)])
def test_the_order_of_arrival_does_not_matter(capture: str) -> None:
    """A recorded session's spans and log records, one a request, end alike in whatever order they come."""
    pieces: list[Piece] = [*exported(capture), *logged(capture)]
    together = {
        record.span_id: record for part in mapper().parts(exported(capture), logged(capture)) for record in part.spans
    }
    for seed in range(2):
        shuffled = random.Random(seed).sample(pieces, len(pieces))  # noqa: S311
        by_trace: dict[bytes, list[Sequence[Piece]]] = {}
        for piece in shuffled:
            by_trace.setdefault(piece.trace_id, []).append([piece])
        records = {key: one for requests in by_trace.values() for key, one in arrived(*requests).items()}
        assert records == together


NAMES = ["gen_ai.user.message", "gen_ai.choice", "gen_ai.tool.message", DETAILS, "gen_ai.content.prompt", "gen_ai.x"]


@given(st.integers(0, 2**32))
def test_any_log_records_end_alike_in_any_order(seed: int) -> None:
    """Whatever log records say, the set of them and of the spans decides what becomes of each."""
    wild, pick = Wild(seed), random.Random(seed)  # noqa: S311
    logs = [
        LogRecord(
            TRACE,
            pick.randrange(1, 4).to_bytes(8),
            RESOURCE,
            SCOPE,
            pick.choice(NAMES),
            pick.choice([0, at]),
            at,
            wild.attributes(),
            wild.value(),
        )
        for at in range(1, pick.randrange(2, 7))
    ]
    spans = [one for one in wild.spans() if one.trace_id == TRACE]
    pieces: list[Piece] = [*{one.span_id: one for one in spans}.values(), *logs]
    together = arrived(pieces)
    for _ in range(3):
        shuffled = pick.sample(pieces, len(pieces))
        assert arrived(*([piece] for piece in shuffled)) == together
        assert arrived(shuffled[:2], shuffled[1:], shuffled) == together
