"""Members of a span, as AWS shows them."""

from typing import Any

import msgspec
import pytest

from spanglass.model.record import Members
from spanglass.telemetry import Attributes, Event, Scope, Span
from tests.captures import mapper
from tests.telemetry import chat, span


def members(one: Span) -> dict[str, Any]:
    """Return all members of a span but its messages."""
    ((record,),) = (part.spans for part in mapper().parts([one]))
    shared = Members.unpack(record.recurring.json)
    texts = [shared.span, record.own.span, shared.attributes, record.own.attributes]
    found: dict[str, Any] = msgspec.json.decode(b"{%b}" % b",".join(filter(None, texts)))
    return found


def test_a_call_of_a_model_is_an_inference() -> None:
    """The conventions' attributes fill AWS's members."""
    one = chat(
        1,
        name="chat m",
        kind=3,
        attributes={
            "gen_ai.provider.name": "amazon-bedrock",
            "gen_ai.agent.name": "helper",
            "gen_ai.agent.version": "3",
            "gen_ai.request.model": "m",
            "gen_ai.request.max_tokens": 512,
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.top_p": 1,
            "gen_ai.response.model": "m-1",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": '["stop"]',
            "gen_ai.response.time_to_first_chunk": 0.044,
            "gen_ai.usage.input_tokens": 288,
            "gen_ai.usage.output_tokens": 27,
            "gen_ai.usage.cache_read.input_tokens": 128,
            "gen_ai.usage.cache_write.input_tokens": 0,
            "gen_ai.prompt.name": "greeting",
        },
    )
    assert members(one) == {
        "spanName": "chat m",
        "spanType": "CLIENT",
        "status": "OK",
        "originRequestId": "r-1",
        "operationName": "inference",
        "providerName": "aws.bedrock",
        "aiAgentName": "helper",
        "aiAgentVersion": 3,
        "requestModel": "m",
        "requestMaxTokens": 512,
        "temperature": 0.2,
        "topP": 1.0,
        "responseModel": "m-1",
        "responseFinishReasons": ["stop"],
        "timeToFirstTokenMs": 44,
        "usageInputTokens": 160,
        "usageOutputTokens": 27,
        "usageTotalTokens": 315,
        "cacheReadInputTokens": 128,
        "promptName": "greeting",
    }


def test_tokens_of_a_scope_that_leaves_the_cache_out() -> None:
    """Bedrock's instrumentations tell input without cache, and a total that lacks it."""
    usage = {"input_tokens": 84, "output_tokens": 48, "total_tokens": 132, "cache_creation.input_tokens": 128}
    attributes: Attributes = {f"gen_ai.usage.{name}": count for name, count in usage.items()}
    found = members(chat(1, attributes=attributes, scope=Scope("opentelemetry.instrumentation.bedrock")))
    assert (found["usageInputTokens"], found["usageTotalTokens"], found["cacheWriteInputTokens"]) == (84, 260, 128)


def test_tokens_stand_on_inferences_only() -> None:
    """An agent's sum of its calls is no usage of its own."""
    usage: Attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 7}
    assert "usageInputTokens" not in members(span(1, usage))


def test_unknown_usage_has_no_members() -> None:
    """What is not told is not made up."""
    assert members(chat(1)).keys() == {"spanName", "spanType", "status", "operationName"}


def test_own_attributes_win() -> None:
    """Our own attributes are shown as they are, whatever else there is."""
    explicit: Attributes = {
        "spanglass.usageInputTokens": 5,
        "gen_ai.usage.input_tokens": 7,
        "aws.qconnect.contact_id": "11111111-2222-4333-8444-555555555555",
        "aws.qconnect.operationName": "escalate_agent",
        "spanglass.origin_request_id": "o",
    }
    found = members(chat(1, attributes=explicit))
    assert (found["usageInputTokens"], found["operationName"], found["originRequestId"]) == (5, "escalate_agent", "o")
    assert found["contactId"] == "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("kind", "operation", "parent", "shown"),
    [
        (3, "chat", b"", "CLIENT"),
        (2, "chat", b"", "SERVER"),
        (1, "chat", b"", "CLIENT"),
        (1, "invoke_agent", b"", "SERVER"),
        (1, "invoke_agent", b"\7" * 8, "INTERNAL"),
        (3, "invoke_agent", b"", "CLIENT"),
        (4, "plan", b"", "INTERNAL"),
        (0, "", b"", "INTERNAL"),
    ],
)
def test_span_types_are_awss(kind: int, operation: str, parent: bytes, shown: str) -> None:
    """CLIENT and SERVER stay; elsewhere a call is a CLIENT and a root agent a SERVER, as AWS answers."""
    one = span(1, {"gen_ai.operation.name": operation}, kind=kind, parent_span_id=parent)
    assert members(one)["spanType"] == shown


@pytest.mark.parametrize(
    ("name", "operation", "shown"),
    [("", "chat", "inference"), ("", "plan", "plan"), ("", "", "span"), ("(x)", "", "_(x)")],
)
def test_every_span_has_a_name(name: str, operation: str, shown: str) -> None:
    """A span without a name is called by what it does."""
    assert members(span(1, {"gen_ai.operation.name": operation}, name=name))["spanName"] == shown


def test_a_span_of_no_dialect_is_kept() -> None:
    """A span without any GenAI attribute has a name, a type and a status."""
    assert members(span(1, {"http.method": "GET"})) == {"spanName": "span 1", "spanType": "INTERNAL", "status": "OK"}


BOOM = Event("exception", 0, {"exception.type": "x.TimeoutError", "exception.message": "boom"})
OTHER = Event("exception", 0, {"exception.type": "ValueError"})


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"status_code": 1, "status_message": "fine"}, {"status": "OK"}),
        ({"status_code": 0, "events": [BOOM]}, {"status": "OK"}),
        ({"attributes": {"error.type": "E"}}, {"status": "OK", "errorType": "E"}),
        ({"status_code": 2}, {"status": "ERROR"}),
        (
            {"status_code": 2, "status_message": " no\nTraceback (most recent call last)"},
            {"status": "ERROR", "statusDescription": "no"},
        ),
        ({"status_code": 2, "status_message": "n" * 2000}, {"status": "ERROR", "statusDescription": "n" * 1024}),
        (
            {"status_code": 2, "events": [OTHER, BOOM, Event("other")]},
            {"status": "TIMEOUT", "statusDescription": "boom", "errorType": "x.TimeoutError"},
        ),
        (
            {"status_code": 2, "events": [BOOM], "attributes": {"error.type": "E"}},
            {"status": "ERROR", "statusDescription": "boom", "errorType": "E"},
        ),
        ({"status_code": 2, "attributes": {"http.response.status_code": 504}}, {"status": "TIMEOUT"}),
        ({"status_code": 2, "attributes": {"rpc.grpc.status_code": "4"}}, {"status": "TIMEOUT"}),
    ],
)
def test_failures_are_told(fields: dict[str, Any], shown: dict[str, object]) -> None:
    """Only a status of error is a failure; the attribute tells its class, else the last exception."""
    found = members(span(1, fields.pop("attributes", None), **fields))
    assert {name: found[name] for name in found if name not in {"spanName", "spanType"}} == shown


def test_a_provider_names_the_request_better_than_the_response() -> None:
    """The originRequestId is the provider's id of the request if there is one, at most 256 characters of it."""
    ids: Attributes = {"gen_ai.response.id": "r", "anthropic.request.id": "q" * 300}
    assert members(chat(1, attributes=ids))["originRequestId"] == "q" * 256


def test_an_answers_finish_reason_stands_for_the_calls() -> None:
    """Where the call tells no finish reasons, its output messages do."""
    answer = [{"role": "assistant", "parts": [], "finish_reason": "stop"}]
    assert members(chat(1, None, answer))["responseFinishReasons"] == ["stop"]
    told = chat(1, None, answer, attributes={"gen_ai.response.finish_reasons": ["length"]})
    assert members(told)["responseFinishReasons"] == ["length"]
