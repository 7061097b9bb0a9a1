"""What spans tell about each other follows from the set of them, however it arrived."""

import itertools
import random
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass.mapping.detail import whole
from spanglass.mapping.identity import span_uuid, tool_use_id
from spanglass.mapping.relations import relate
from spanglass.model.record import Members, SpanRecord
from spanglass.telemetry import Attributes, Span
from tests.captures import CAPTURES, exported, mapper
from tests.telemetry import TRACE, Wild, chat, said, span, use


def arrived(*requests: Sequence[Span]) -> dict[bytes, SpanRecord]:
    """Return the records of one trace whose spans came in several requests, related as a recorder relates them."""
    known: dict[bytes, SpanRecord] = {}
    fresh = mapper()
    for request in requests:
        for part in fresh.parts(request):
            known |= {record.span_id: record for record in part.spans}
        known |= {record.span_id: record for record in relate(list(known.values()))}
    return known


def members(record: SpanRecord) -> dict[str, Any]:
    """Return the attributes of a record but its messages."""
    texts = [Members.unpack(record.recurring.json).attributes, record.own.attributes]
    found: dict[str, Any] = msgspec.json.decode(b"{%b}" % b",".join(filter(None, texts)))
    return found


def named(spans: dict[bytes, SpanRecord], number: int) -> dict[str, Any]:
    """Return the attributes of the span of a number."""
    return members(spans[span_uuid(TRACE, number.to_bytes(8))])


def below(number: int) -> bytes:
    return number.to_bytes(8)


USAGE = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2}
CALL = {**USAGE, "gen_ai.response.id": "answer-1", "gen_ai.request.model": "m"}


def native(number: int, **fields: Any) -> Span:  # noqa: ANN401
    """Return a span of a provider's SDK: a call without messages."""
    return chat(number, attributes=CALL, **({"start_ns": 1_100_000_000, "end_ns": 1_200_000_000} | fields))


ASKED = chat(1, [said("user", "hi")], [said("assistant", "ho")], attributes=CALL)


def test_a_call_told_twice_counts_once() -> None:
    """Of two spans with one response id the one with messages has the tokens; the other keeps the emitter's word."""
    spans = arrived([native(2, parent_span_id=below(1)), ASKED])
    assert (named(spans, 1)["operationName"], named(spans, 1)["usageTotalTokens"]) == ("inference", 12)
    assert named(spans, 2) == {"operationName": "chat", "requestModel": "m"}
    twin = whole(spans[span_uuid(TRACE, below(2))])["related"]["now"]["twinOf"]
    assert twin == span_uuid(TRACE, below(1)).hex()


def test_siblings_are_twins_too() -> None:
    """Two spans of one call need not be nested."""
    assert "usageTotalTokens" not in named(arrived([ASKED, native(2)]), 2)


def test_equal_ids_at_other_times_are_two_calls() -> None:
    """A response id that comes again later, as constants do, is another call."""
    later = native(2, start_ns=9_000_000_000, end_ns=9_000_000_001)
    assert named(arrived([ASKED, later]), 2)["operationName"] == "inference"


def test_placeholders_are_no_ids() -> None:
    """The constant that an SDK writes for an id that it does not know makes no twins."""
    fake = CALL | {"gen_ai.response.id": "__fake_id__"}
    spans = arrived([chat(1, [said("user", "a")], attributes=fake), chat(2, [said("user", "b")], attributes=fake)])
    assert [named(spans, number)["operationName"] for number in (1, 2)] == ["inference", "inference"]


def test_a_failed_call_told_twice_counts_once() -> None:
    """Without a response, a span without messages within one of its model that has some is the same call."""
    failed = {"gen_ai.request.model": "m"}
    told = chat(1, [said("user", "hi")], attributes=failed)
    inner = {"start_ns": 1_100_000_000, "end_ns": 1_200_000_000, "attributes": failed}
    spans = arrived([told, chat(2, parent_span_id=below(1), **inner), chat(3, **inner)])
    assert [named(spans, number)["operationName"] for number in (1, 2, 3)] == ["inference", "chat", "chat"]


def test_a_call_without_messages_around_one_with_them_is_the_same() -> None:
    """As LlamaIndex tells each call, whichever span comes first; one of another model is a call of its own."""
    model: Attributes = {"gen_ai.request.model": "m"}
    inner = chat(
        2, [said("user", "hi")], [said("assistant", "ho")], attributes={**USAGE, **model}, parent_span_id=below(1)
    )
    for spans in ([inner, chat(1, attributes=model)], [chat(1, attributes=model), inner]):
        found = arrived(*([one] for one in spans))
        assert [named(found, number)["operationName"] for number in (1, 2)] == ["chat", "inference"]
    other = arrived([inner, chat(1, attributes={"gen_ai.request.model": "n"})])
    assert named(other, 1)["operationName"] == "inference"


@pytest.mark.parametrize(
    "fields",
    [
        {"end_ns": 3_000_000_000},
        {"end_ns": 0},
        {"attributes": {"gen_ai.request.model": "another"}},
        {"parent_span_id": below(7)},
    ],
)
def test_a_failed_call_of_its_own_counts(fields: dict[str, Any]) -> None:
    """A span that outlasts the other, is of another model or stands elsewhere is a call of its own."""
    told = chat(1, [said("user", "hi")], attributes={"gen_ai.request.model": "m"})
    inner = {"start_ns": 1_100_000_000, "end_ns": 1_200_000_000, "attributes": {"gen_ai.request.model": "m"}}
    assert named(arrived([told, chat(2, **(inner | fields))]), 2)["operationName"] == "inference"


def test_an_explicit_operation_name_stays() -> None:
    """A twin whose operationName was given as such keeps that."""
    explicit = native(2, parent_span_id=below(1))
    explicit.attributes["spanglass.operationName"] = "generate_content"
    spans = arrived([ASKED, explicit])
    assert named(spans, 2)["operationName"] == "generate_content"
    assert "usageTotalTokens" not in named(spans, 2)


AGENT: Attributes = {"gen_ai.operation.name": "invoke_agent"}


def agent(number: int, name: str = "", **fields: Any) -> Span:  # noqa: ANN401
    """Return an agent's span."""
    return span(number, AGENT | ({"gen_ai.agent.name": name} if name else {}), **fields)


def test_spans_have_the_name_of_the_nearest_agent_above() -> None:
    """An agent's name comes down to the next agent, through spans of any kind, and stands last."""
    spans = arrived(
        [
            agent(1, "outer"),
            span(2, parent_span_id=below(1)),
            chat(3, parent_span_id=below(2)),
            agent(4, "inner", parent_span_id=below(2)),
            chat(5, parent_span_id=below(4)),
            agent(6, parent_span_id=below(4)),
            chat(7, parent_span_id=below(6)),
            chat(8, attributes={"gen_ai.agent.name": "own"}, parent_span_id=below(1)),
            chat(9, parent_span_id=below(77)),
        ]
    )
    names = [named(spans, number).get("aiAgentName") for number in range(1, 10)]
    assert names == ["outer", None, "outer", "inner", "inner", None, None, "own", None]


def test_parents_in_a_circle_have_no_agent() -> None:
    """Spans that are below each other belong to nobody."""
    spans = arrived([agent(1, "a"), chat(2, parent_span_id=below(3)), chat(3, parent_span_id=below(2))])
    assert [named(spans, number).get("aiAgentName") for number in (2, 3)] == [None, None]


def tool(number: int, arguments: str = "{}", name: str = "look_up", **fields: Any) -> Span:  # noqa: ANN401
    """Return a span of a tool, without the emitter's id of the call unless told."""
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
    content = {"gen_ai.tool.call.arguments": arguments, "gen_ai.tool.call.result": "found"}
    return span(number, attributes | content | fields.pop("attributes", {}), **fields)


def answers(spans: dict[bytes, SpanRecord], number: int) -> str:
    """Return the toolUseId of a tool's span; its result must name the same."""
    record = spans[span_uuid(TRACE, below(number))]
    (asked,), (answered,) = (msgspec.json.decode(one[0].json) for one in (record.inputs, record.outputs))
    assert answered["toolResult"]["toolUseId"] == asked["toolUse"]["toolUseId"]
    found: str = asked["toolUse"]["toolUseId"]
    return found


def test_a_tools_span_without_id_answers_the_use_of_its_arguments() -> None:
    """Name and arguments find the use, whichever of parallel tools began first."""
    asked = chat(1, None, [said("assistant", use("a", q=1), use("b", q=2))])
    spans = arrived([asked, tool(2, '{"q": 2}'), tool(3, '{"q": 1}')])
    assert [answers(spans, number) for number in (2, 3)] == [tool_use_id("b"), tool_use_id("a")]


def test_a_tools_span_without_id_answers_by_name_what_is_left() -> None:
    """Where the arguments fit no use, the first use of the tool's name is answered that nobody else answers."""
    asked = chat(1, None, [said("assistant", use("a", q=1), use("b", q=2), use("c", "other"))])
    paired = tool(2, attributes={"gen_ai.tool.call.id": "a"})
    spans = arrived([asked, paired, tool(3, '"?"'), tool(4, '"?"')])
    assert answers(spans, 3) == tool_use_id("b")
    assert answers(spans, 4) == tool_use_id(TRACE.hex() + below(4).hex())


def test_a_use_is_made_before_it_is_answered() -> None:
    """A later call's use is not answered; of earlier ones the latest is."""
    calls = [chat(number, None, [said("assistant", use(f"call-{number}", q=1))]) for number in (1, 2, 4)]
    assert answers(arrived([*calls, tool(3, '{"q": 1}')]), 3) == tool_use_id("call-2")


def test_a_tools_span_without_arguments_has_those_of_its_use() -> None:
    """By the id of the call, or where that is not told by the tool's name, whichever span comes first."""
    asks = said("assistant", use("a", "look_up", q=1, b=[{}]))
    bare: Attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"}
    for told in (bare | {"gen_ai.tool.call.id": "a"}, bare):
        for spans in ([chat(1, None, [asks]), span(2, told)], [span(2, told), chat(1, None, [asks])]):
            found = arrived(*([one] for one in spans))[span_uuid(TRACE, below(2))]
            ((shown_,),) = (msgspec.json.decode(one.json) for one in found.inputs)
            assert shown_["toolUse"]["arguments"] == {"q": 1, "b": [{}]}
    alone = arrived([chat(1, None, [asks]), span(2, bare)], [chat(1)])
    assert alone == arrived([chat(1), span(2, bare)])


def wrapper(number: int, **fields: Any) -> Span:  # noqa: ANN401
    """Return a span that OpenInference calls a chain."""
    return span(number, {"openinference.span.kind": "CHAIN"}, **fields)


def shown(spans: dict[bytes, SpanRecord], number: int) -> tuple[str, str]:
    """Return operationName and spanType of the span of a number."""
    record = spans[span_uuid(TRACE, below(number))]
    told: dict[str, str] = msgspec.json.decode(b"{%b}" % Members.unpack(record.recurring.json).span)
    return members(record)["operationName"], told["spanType"]


def test_a_root_that_wraps_calls_is_an_agents_run() -> None:
    """AWS has such a root for each turn; steps within it stay what they are, as does a chain without calls."""
    calls = [chat(3, parent_span_id=below(2)), wrapper(2, parent_span_id=below(1))]
    spans = arrived([*calls], [wrapper(1)])
    assert [shown(spans, 1), shown(spans, 2)] == [("invoke_agent", "SERVER"), ("chain", "INTERNAL")]
    assert shown(arrived([*calls, wrapper(1, kind=3)]), 1) == ("chain", "CLIENT")
    assert shown(arrived([wrapper(1), wrapper(2, parent_span_id=below(1))]), 1) == ("chain", "INTERNAL")


def test_a_root_with_an_agent_below_it_is_none() -> None:
    """The agent may come last; then the root is again what it was."""
    spans = [chat(3, parent_span_id=below(2)), wrapper(1), agent(2, "a", parent_span_id=below(1))]
    found = arrived(spans[:2], spans[2:])
    assert [shown(found, 1), shown(found, 2)] == [("chain", "INTERNAL"), ("invoke_agent", "INTERNAL")]
    assert found == arrived(spans)


def test_related_spans_need_no_relating() -> None:
    """Relating what is related changes nothing."""
    spans = arrived([ASKED, native(2), agent(3, "a"), chat(4, parent_span_id=below(3))])
    assert relate(list(spans.values())) == []


def test_a_relation_ends_with_what_made_it() -> None:
    """When a span is replaced by one that tells no more of the others, they are as if it had never been."""
    first = [
        ASKED,
        native(2, parent_span_id=below(1)),
        agent(3, "a"),
        chat(4, None, [said("assistant", use("a"))], parent_span_id=below(3)),
        tool(5),
    ]
    second = [span(1), agent(3), chat(4)]
    alone = {record.span_id: record for part in mapper().parts([first[1], first[4], *second]) for record in part.spans}
    assert arrived(first, second) == alone


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_order_of_arrival_does_not_matter(capture: str) -> None:
    """A recorded session's spans, one a request, end in the same records in whatever order they arrive."""
    spans = exported(capture)
    together = {record.span_id: record for part in mapper().parts(spans) for record in part.spans}
    for seed in range(3):
        shuffled = random.Random(seed).sample(spans, len(spans))  # noqa: S311
        assert arrived_by_trace(shuffled) == together


def arrived_by_trace(spans: Iterable[Span]) -> dict[bytes, SpanRecord]:
    """Return the records of spans of several traces, one a request."""
    by_trace: dict[bytes, list[Span]] = {}
    for one in spans:
        by_trace.setdefault(one.trace_id, []).append(one)
    return {
        span_id: record for trace in by_trace.values() for span_id, record in arrived(*([one] for one in trace)).items()
    }


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_any_spans_end_alike_in_any_order(seed: int) -> None:
    """Whatever the telemetry, the set of a trace's spans decides what they make of each other."""
    distinct = {(one.trace_id, one.span_id): one for one in Wild(seed).spans()}
    together = {record.span_id: record for part in mapper().parts(distinct.values()) for record in part.spans}
    for order in itertools.islice(itertools.permutations(distinct.values()), 6):
        assert arrived_by_trace(order) == together
