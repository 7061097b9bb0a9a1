"""The conversations that benchmarks send."""

import itertools
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.workload import TURNS, Request, Workload, interleave

CONVERSATIONS = 40


@pytest.fixture(scope="module")
def workload() -> Workload:
    return Workload(7)


def exports(workload: Workload, number: int, turns: int | None = None, window: int | None = None) -> list[Request]:
    conversation = workload.conversation(number, window=window)
    return [conversation.turn() for _ in range(turns or workload.turns(number))]


def spans_of(request: Request) -> list[Span]:
    message = ExportTraceServiceRequest.FromString(request.body)
    return [span for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans]


def text_of(span: Span, name: str) -> str:
    return next((pair.value.string_value for pair in span.attributes if pair.key == name), "")


def operations(spans: list[Span]) -> list[str]:
    return [text_of(span, "gen_ai.operation.name") for span in spans]


def test_is_the_same_for_the_same_seed(workload: Workload) -> None:
    """A conversation depends on its seed and number alone, byte for byte."""
    assert exports(workload, 3) == exports(Workload(7), 3)
    assert exports(workload, 3) != exports(Workload(8), 3)


def test_span_is_of_the_promised_size(workload: Workload) -> None:
    """A span has 8 to 10 kB of OTLP on average, and a conversation 2 to 20 turns."""
    requests = [request for number in range(CONVERSATIONS * 3) for request in exports(workload, number)]
    mean = sum(len(request.body) for request in requests) / sum(request.spans for request in requests)
    assert 8_000 < mean < 10_000
    assert {workload.turns(number) for number in range(400)} == set(range(TURNS[0], TURNS[1] + 1))


def test_turn_is_one_trace_under_an_agent_span(workload: Workload) -> None:
    """A turn is a root, 1 to 4 calls of the model and a span for each tool call, in the order in which they ended."""
    for request in itertools.chain.from_iterable(exports(workload, number) for number in range(CONVERSATIONS)):
        spans = spans_of(request)
        assert len(spans) == request.spans
        assert len({span.trace_id for span in spans}) == 1
        assert operations(spans)[-1] == "invoke_agent"
        assert {span.parent_span_id for span in spans[:-1]} == {spans[-1].span_id}
        assert [span.end_time_unix_nano for span in spans] == sorted(span.end_time_unix_nano for span in spans)
        assert 1 <= operations(spans).count("chat") <= 4


def test_every_tool_call_is_run_and_answered(workload: Workload) -> None:
    """A tool call that the model outputs has one span, and its response stands in the next call's input."""
    for request in exports(workload, 1):
        spans = spans_of(request)
        chats = [span for span in spans if text_of(span, "gen_ai.operation.name") == "chat"]
        asked = [part["id"] for chat in chats for part in parts_of(chat, "gen_ai.output.messages", "tool_call")]
        ran = [text_of(span, "gen_ai.tool.call.id") for span in spans if text_of(span, "gen_ai.tool.name")]
        answered = {part["id"] for part in parts_of(chats[-1], "gen_ai.input.messages", "tool_call_response")}
        assert Counter(asked) == Counter(ran)
        assert set(asked) <= answered


def parts_of(span: Span, attribute: str, kind: str) -> list[dict[str, str]]:
    messages = json.loads(text_of(span, attribute))
    return [part for message in messages for part in message["parts"] if part["type"] == kind]


def test_every_call_repeats_the_conversation_so_far(workload: Workload) -> None:
    """The input of a call starts with that of the call before it, so a store sees each message many times."""
    spans = [span for request in exports(workload, 2) for span in spans_of(request)]
    inputs = [
        json.loads(text_of(span, "gen_ai.input.messages"))
        for span, kind in zip(spans, operations(spans), strict=True)
        if kind == "chat"
    ]
    for before, after in itertools.pairwise(inputs):
        assert after[: len(before)] == before
        assert len(after) > len(before)


def test_message_bytes_count_each_message_once(workload: Workload) -> None:
    """The last call's input and output are all that was said, and what they take is ``message_bytes``."""
    conversation = workload.conversation(4)
    requests = [conversation.turn() for _ in range(6)]
    last = spans_of(requests[-1])[-2]
    said = json.loads(text_of(last, "gen_ai.input.messages")) + json.loads(text_of(last, "gen_ai.output.messages"))
    said[-1].pop("finish_reason")
    compact = [json.dumps(message, separators=(",", ":"), ensure_ascii=False) for message in said]
    assert conversation.message_bytes == sum(len(message.encode()) for message in compact)


def test_window_bounds_what_a_call_carries(workload: Workload) -> None:
    """With a window the input begins with a question and holds what the window leaves and one turn more at most."""
    for request in exports(workload, 5, turns=60, window=30)[10:]:
        for span in spans_of(request):
            if text_of(span, "gen_ai.operation.name") == "chat":
                messages = json.loads(text_of(span, "gen_ai.input.messages"))
                assert messages[0]["role"] == "user"
                assert len(messages) <= 30 + 1 + 3 * 3


@given(st.lists(st.integers(1, 6), max_size=30), st.integers(1, 8), st.integers())
def test_interleaving_gives_every_turn_with_few_under_way(turns: list[int], live: int, seed: int) -> None:
    """Each conversation gets all its turns, and never are more than ``live`` begun and not ended."""
    order = list(interleave(turns, live, seed))
    assert Counter(order) == Counter(dict(enumerate(turns)))
    left = list(turns)
    begun: set[int] = set()
    for number in order:
        begun.add(number)
        assert len(begun) <= live
        left[number] -= 1
        if not left[number]:
            begun.remove(number)
