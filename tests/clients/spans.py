"""The spans that clients read: one with all that the service model has, and enough of them for pages."""

import uuid
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any

ASSISTANT: Final = "0f4f0000-0000-4000-8000-000000006666"
FULL: Final = "aaaa0000-0000-4000-8000-00000000eeee"
LONG: Final = "aaaa0000-0000-4000-8000-00000000ffff"
START: Final = 1_764_700_000.123


def uuid_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def arn(kind: str, *ids: str) -> str:
    return f"arn:aws:wisdom:us-east-1:123456789012:{kind}/{'/'.join(ids)}"


def _message(name: str, participant: str, *values: Json) -> Json:
    return {"messageId": uuid_of(name), "participant": participant, "timestamp": START + 0.25, "values": list(values)}


def _text(value: str, **more: Json) -> Json:
    return {"text": {"value": value, **more}}


def _use(name: str, arguments: Json) -> Json:
    return {"toolUse": {"toolUseId": uuid_of(name), "name": "get_weather", "arguments": arguments}}


def _result(name: str, *values: Json, **more: Json) -> Json:
    return {"toolResult": {"toolUseId": uuid_of(name), "values": list(values), **more}}


PASSED: Json = {"blocked": False}
DOCUMENT: Json = {
    "city": "Zürich",
    "nothing": None,
    "list": [1, -2.5, "x", [], {}, None, True],
    "deep": {"a": {"b": {"c": [{"d": False}]}}},
    "": "no name",
    "__type": "a name that means something to clients elsewhere",
}
CITATION: Json = {
    "contentId": uuid_of("content"),
    "title": "Fares",
    "knowledgeBaseId": uuid_of("base"),
    "knowledgeBaseArn": arn("knowledge-base", uuid_of("base")),
}
RESULT: Json = _result(
    "use",
    _text("partly"),
    _result("inner", _result("innermost", _text("in a result in a result"), _use("asked", [1, "two"]))),
    error="timeout",
)

FULL_SPAN: Json = {
    "spanId": uuid_of("full"),
    "parentSpanId": uuid_of("parent"),
    "requestId": uuid_of("request"),
    "originRequestId": "origin/1",
    "spanName": "inference",
    "spanType": "CLIENT",
    "status": "ERROR",
    "statusDescription": "Abandoning due to barge-in",
    "startTimestamp": START,
    "endTimestamp": START + 1.5,
    "attributes": {
        "operationName": "inference",
        "providerName": "aws.bedrock",
        "errorType": "barge_in",
        "agentId": uuid_of("agent"),
        "instanceArn": "arn:aws:connect:us-east-1:123456789012:instance/" + uuid_of("instance"),
        "contactId": uuid_of("contact"),
        "initialContactId": uuid_of("contact"),
        "sessionName": "contact 1",
        "aiAgentArn": arn("ai-agent", ASSISTANT, uuid_of("ai-agent")) + ":3",
        "aiAgentType": "ORCHESTRATION",
        "aiAgentName": "Self service",
        "aiAgentId": uuid_of("ai-agent"),
        "aiAgentVersion": 3,
        "aiAgentInvoker": "customer",
        "aiAgentOrchestratorUseCase": "Connect.SelfService",
        "interactionMode": "HANDOFF",
        "targetAgentId": uuid_of("target"),
        "returnReason": "ESCALATE",
        "requestModel": "anthropic.claude",
        "requestMaxTokens": 4096,
        "temperature": 0.7,
        "topP": 1.0,
        "responseModel": "anthropic.claude-1",
        "responseFinishReasons": ["end_turn", "tool_use"],
        "usageInputTokens": 5274,
        "usageOutputTokens": 266,
        "usageTotalTokens": 10340,
        "cacheReadInputTokens": 4800,
        "cacheWriteInputTokens": 0,
        "promptArn": arn("ai-prompt", ASSISTANT, uuid_of("prompt")) + ":$LATEST",
        "promptId": uuid_of("prompt"),
        "promptType": "ORCHESTRATION",
        "promptName": "Orchestrate",
        "promptVersion": 7,
        "timeToFirstTokenMs": 850,
        "guardrailAssessments": [
            {
                "guardrailId": "guard/1",
                "guardrailName": "No advice",
                "source": "INPUT",
                "action": "MASKED",
                "policies": [{"policyType": "SENSITIVE_INFORMATION_PII", "action": "MASKED", "details": "EMAIL"}],
            }
        ],
        "systemInstructions": [_text("You are a travel agent.\n\tBe brief. \u2028 «ü» \U0001f9f3")],
        "inputMessages": [
            _message("asks", "CUSTOMER", _text("Where to?", citations=[CITATION], aiGuardrailAssessment=PASSED)),
            _message("agent", "AGENT", _text("I take over.")),
            _message("calls", "BOT", _use("use", DOCUMENT)),
            _message("result", "BOT", RESULT),
        ],
        "outputMessages": [
            _message("says", "BOT", {"reasoning": {"value": "They want sun."}}, _text("To Zürich.")),
            *(
                _message(f"document {number}", "BOT", _use(f"use {number}", document))
                for number, document in enumerate(([], {}, "text", 17, -0.25, True, False, ""))
            ),
        ],
    },
}


def _short_span(number: int) -> Json:
    """Return a span that starts ``number`` seconds into the session; three of each five have a parent."""
    parent = {"parentSpanId": uuid_of(f"span {number - number % 5}")} if number % 5 > 1 else {}
    return parent | {
        "spanId": uuid_of(f"span {number}"),
        "requestId": uuid_of("request"),
        "spanName": "execute_tool",
        "spanType": "INTERNAL",
        "status": "OK",
        "startTimestamp": 1_764_700_000 + number,
        "endTimestamp": 1_764_700_000 + number + 0.5,
        "attributes": {
            "operationName": "execute_tool",
            "inputMessages": [_message(f"{number}", "BOT", _text(f"{number}"))],
        },
    }


LONG_SPANS: Final = [_short_span(number) for number in range(25)]
SESSIONS: Final = ((FULL, [FULL_SPAN]), (LONG, LONG_SPANS))
