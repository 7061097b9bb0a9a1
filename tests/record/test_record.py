"""Spans written by hand with ``spanglass.record`` are listed as they were meant."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from spanglass import record
from spanglass.conventions.spanglass import ASSISTANT, SESSION
from spanglass.record.recording import CONTENT
from tests.client.answering import OPTIONS
from tests.integration.serving import start

PROGRAM: Final = Path(__file__).with_name("program.py")
CONTACT: Final = "eeee0000-0000-4000-8000-000000000007"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """Run the program against a real server; return its spans as ListSpans has them, by their emitters' names."""
    with start(tmp_path_factory.mktemp("store") / "spans.db") as server:
        subprocess.run([sys.executable, PROGRAM, server.url], check=True, timeout=60)
        (place,) = server.places()
        client = boto3.client("qconnect", endpoint_url=server.url, **OPTIONS)
        listed = client.list_spans(**place._asdict())["spans"]
        client.close()
    assert len(listed) == 7
    return {f"{span['spanName']} {span['status']}": span for span in listed}


def said(span: Json, which: str) -> list[tuple[str, list[Json]]]:
    return [(message["participant"], message["values"]) for message in span["attributes"][which]]


def test_an_agent_has_every_member(spans: dict[str, Json]) -> None:
    """Who it is, whose contact it serves, whom it handed over to and why it ended."""
    root = spans["invoke_agent orders OK"]
    assert root["spanType"] == "SERVER"
    assert root["originRequestId"] == "request-1"
    agent, other = "aaaa0000-0000-4000-8000-000000000001", "aaaa0000-0000-4000-8000-000000000002"
    assert root["attributes"] == {
        "operationName": "invoke_agent",
        "agentId": other,
        "instanceArn": "arn:aws:connect:us-east-1:123456789012:instance/1",
        "contactId": CONTACT,
        "initialContactId": "eeee0000-0000-4000-8000-000000000006",
        "sessionName": "contact seven",
        "aiAgentArn": f"arn:aws:wisdom:us-east-1:123456789012:ai-agent/{agent}/{agent}:3",
        "aiAgentType": "ORCHESTRATION",
        "aiAgentName": "orders",
        "aiAgentId": agent,
        "aiAgentVersion": 3,
        "aiAgentInvoker": "Connect",
        "aiAgentOrchestratorUseCase": "Connect.SelfService",
        "interactionMode": "HANDOFF",
        "targetAgentId": other,
        "returnReason": "ESCALATE",
    }


def test_a_call_of_a_model_has_every_member(spans: dict[str, Json]) -> None:
    """What was asked of it, what it said, in every kind of value, what it took, and what a guardrail made of it."""
    span = spans["chat claude-sonnet-4 OK"]
    attributes = span["attributes"].copy()
    assert attributes.pop("timeToFirstTokenMs") >= 0
    heard, answered = said(span, "inputMessages"), said(span, "outputMessages")
    text = {"text": {"value": "Where is my order?"}}
    assert heard == [("CUSTOMER", [text]), ("AGENT", [{"text": {"value": "I take it that it is number 7."}}])]
    ((participant, values),) = answered
    assert participant == "BOT"
    kinds = {kind: value for one in values for kind, value in one.items()}
    assert kinds["reasoning"] == {"value": "It is 7."}
    assert (kinds["toolUse"]["name"], kinds["toolUse"]["arguments"]) == ("find_order", {"number": 7})
    texts = [one["text"] for one in values if "text" in one]
    assert [one["value"] for one in texts] == ["Let me ", "look."]
    cited = {
        "title": "Orders",
        "contentId": "cccc0000-0000-4000-8000-000000000001",
        "knowledgeBaseId": "dddd0000-0000-4000-8000-000000000001",
    }
    assert all(one["citations"] == [cited] for one in texts)
    assert all(one["aiGuardrailAssessment"] == {"blocked": False} for one in texts)
    for known in ("inputMessages", "outputMessages"):
        del attributes[known]
    prompt = "bbbb0000-0000-4000-8000-000000000001"
    assert {
        name: attributes[name] for name in attributes if not name.startswith(("contact", "initial", "instance"))
    } == {
        "operationName": "inference",
        "providerName": "aws.bedrock",
        "sessionName": "contact seven",
        "aiAgentName": "orders",
        "aiAgentInvoker": "Connect",
        "requestModel": "claude-sonnet-4",
        "requestMaxTokens": 512,
        "temperature": 0.2,
        "topP": 0.9,
        "responseModel": "claude-sonnet-4-1",
        "responseFinishReasons": ["tool_use"],
        "usageInputTokens": 30,
        "usageOutputTokens": 20,
        "usageTotalTokens": 120,
        "cacheReadInputTokens": 60,
        "cacheWriteInputTokens": 10,
        "systemInstructions": [{"text": {"value": "You help with orders."}}],
        "promptArn": f"arn:aws:wisdom:us-east-1:123456789012:ai-prompt/aaaa0000-0000-4000-8000-000000000001/{prompt}",
        "promptId": prompt,
        "promptType": "ORCHESTRATION",
        "promptName": "orders",
        "promptVersion": 2,
        "guardrailAssessments": [
            {
                "guardrailId": "orders/1",
                "guardrailName": "orders",
                "source": "OUTPUT",
                "action": "MASKED",
                "policies": [{"policyType": "SENSITIVE_INFORMATION_PII", "action": "MASKED", "details": "NAME"}],
            }
        ],
    }


def test_a_tool_pairs_with_its_call(spans: dict[str, Json]) -> None:
    """A decorated function's arguments and result are taken, and its call is the model's."""
    span = spans["execute_tool find_order OK"]
    ((_, (use,)),), ((_, (result,)),) = said(span, "inputMessages"), said(span, "outputMessages")
    ((_, values),) = said(spans["chat claude-sonnet-4 OK"], "outputMessages")
    (called,) = (one["toolUse"] for one in values if "toolUse" in one)
    assert use["toolUse"] == called
    assert result["toolResult"]["toolUseId"] == called["toolUseId"]
    assert '"shipped"' in result["toolResult"]["values"][0]["text"]["value"]


def test_failures_and_moments_are_told(spans: dict[str, Json]) -> None:
    """An exception is an ERROR of its class, a barge-in is AWS's, and an escalation is a span of its own."""
    failed = spans["execute_tool refund ERROR"]
    assert failed["statusDescription"] == "order 8 is unknown"
    assert failed["attributes"]["errorType"].endswith("UnknownOrderError")
    interrupted = spans["chat claude-sonnet-4 ERROR"]
    assert interrupted["statusDescription"] == "Abandoning due to barge-in"
    assert interrupted["attributes"]["errorType"] == "barge_in"
    for operation in ("barge_in", "escalate_agent"):
        moment = spans[f"{operation} OK"]
        assert moment["attributes"]["operationName"] == operation
        assert moment["attributes"]["contactId"] == CONTACT
        assert moment["parentSpanId"] == spans["invoke_agent orders OK"]["spanId"]


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Return where this process's spans go."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(record.Inheriting())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_spans_of_others_inherit(exported: InMemorySpanExporter) -> None:
    """What an instrumentation that knows nothing of it begins within has session and assistant, and only that."""
    tracer = trace.get_tracer("another")
    with (
        record.conversation("outer", assistant="shop"),
        record.conversation("inner"),
        tracer.start_as_current_span("a"),
    ):
        pass
    with tracer.start_as_current_span("b"):
        pass
    inside, outside = exported.get_finished_spans()
    assert attributes(inside) == {SESSION[0]: "inner", ASSISTANT[0]: "shop"}
    assert attributes(outside) == {}


def test_content_can_be_kept_out(exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was said, asked, answered or raised gets into a span."""
    monkeypatch.setitem(CONTENT, "kept", False)

    @record.tool("find")
    def find(what: str) -> str:
        raise ValueError(f"a secret {what}")

    with record.inference("m") as call:
        call.instructions("a secret")
        call.input(record.customer("a secret"))
        call.answers("a secret")
        call.guardrail("7/1", "shop", "INPUT", "BLOCKED", [("WORD", "BLOCKED", "a secret")])
        call.usage(1, 2)
        with pytest.raises(ValueError, match="a secret"):
            find("a secret")
    told = [span.to_json() for span in exported.get_finished_spans()]
    assert len(told) == 2
    assert "secret" not in "".join(told)
    assert "ValueError" in told[0]
    assert '"gen_ai.usage.output_tokens": 2' in told[1]
    assert "BLOCKED" in told[1]


def test_nothing_raises_into_the_program(exported: InMemorySpanExporter, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be recorded is logged, and what surrounds it is recorded."""
    surrogate: Any = "\ud800"
    with caplog.at_level(logging.WARNING, "spanglass.record"), record.inference("m") as call:
        call.answers(surrogate)
        call.set(no_member=7)
        call.input(*[object()])  # type: ignore[arg-type]  # that is the point
        call.usage(3)
    assert {"cannot record answers", "cannot record set"} <= {one.getMessage() for one in caplog.records}
    (span,) = exported.get_finished_spans()
    assert attributes(span)["gen_ai.usage.input_tokens"] == 3


def test_members_are_set_in_their_own_unit(exported: InMemorySpanExporter) -> None:
    """``set`` takes what ListSpans shows: a time in milliseconds stays one."""
    with record.inference("m") as call:
        call.set(time_to_first_token_ms=850, usage_total_tokens=7)
    told = attributes(exported.get_finished_spans()[0])
    assert told["spanglass.timeToFirstTokenMs"] == 850
    assert told["spanglass.usageTotalTokens"] == 7


def test_without_a_provider_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that was not set up runs as if nothing was recorded."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", trace.NoOpTracerProvider())
    with record.agent("a"), record.inference("m") as call:
        call.answers("x", finish_reason="stop")


async def test_streams_and_coroutines_are_recorded(exported: InMemorySpanExporter) -> None:
    """Pieces pass unchanged, the first is noted once, and calls at a time have a span and a parent each."""

    @record.tool("double")
    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return number * 2

    async def pieces() -> Any:  # noqa: ANN401 (a stream)
        for piece in "abc":
            yield piece

    with record.agent("a"), record.inference("m") as call:
        assert [piece async for piece in call.astream(pieces())] == ["a", "b", "c"]
        assert list(await asyncio.gather(double(1), double(number=2))) == [2, 4]
    one, two, inference, agent = exported.get_finished_spans()
    assert {attributes(span)["gen_ai.tool.call.result"] for span in (one, two)} == {"2", "4"}
    asked = {attributes(span)["gen_ai.tool.call.arguments"] for span in (one, two)}
    assert asked == {'{"number":1}', '{"number":2}'}
    assert inference.parent is not None
    assert agent.context is not None
    assert inference.parent.span_id == agent.context.span_id
    assert one.context != two.context
    assert attributes(inference)["gen_ai.response.time_to_first_chunk"] >= 0


def test_a_program_without_the_sdk_is_told_what_to_install() -> None:
    """The extra is named."""
    program = """
import sys
sys.modules["opentelemetry.sdk"] = None
try:
    from spanglass import record
except ImportError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert told.strip() == "spanglass.record needs the OpenTelemetry SDK: pip install 'spanglass[record]'"
