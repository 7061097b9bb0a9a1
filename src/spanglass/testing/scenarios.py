"""Sessions that are ready: one for each thing that code which reads spans should be able to cope with."""

from collections.abc import Callable
from typing import Any, Final

from spanglass.testing.builders import Session, Tool, text

MANY_TURNS: Final = 1_250
SPANS_A_TURN: Final = 4
"""Of ``many_spans``: the agent, a call that asks for a tool, the tool, a call that answers."""

FIND_ORDER: Final = Tool("find_order", {"id": 7}, result="shipped yesterday")


def answered() -> Session:
    """A customer asks, a tool is called, the agent answers."""
    session = Session("answered")
    session.turn("Where is my order?").asks(FIND_ORDER, text="Let me look.").says("It was shipped yesterday.")
    return session


def tool_error() -> Session:
    """A tool fails, and the agent says so."""
    session = Session("tool-error")
    turn = session.turn("Where is my order?")
    turn.asks(Tool("find_order", {"id": 7}, error="order 7 is unknown"))
    turn.says("I can't find that order.")
    return session


def throttled_model() -> Session:
    """The model is throttled, and the turn fails."""
    session = Session("throttled-model")
    session.turn("Where is my order?").fails("throttle", "Too many requests, please wait before trying again.")
    return session


def timed_out() -> Session:
    """The model does not answer in time."""
    session = Session("timed-out")
    session.turn("Where is my order?").fails("timeout", "Timeout", status="TIMEOUT")
    return session


def barge_in() -> Session:
    """The customer speaks before the agent has answered; the next turn goes on."""
    session = Session("barge-in")
    session.turn("Where is my order?").is_interrupted()
    session.turn("Order 7, I mean.").asks(FIND_ORDER).says("It was shipped yesterday.")
    return session


def escalation() -> Session:
    """The agent gives the contact to a person."""
    session = Session("escalation")
    session.turn("I want to speak with a person.").says("I'll connect you.").escalates()
    return session


def guardrail_block() -> Session:
    """A guardrail blocks what the customer asks."""
    session = Session("guardrail-block")
    session.turn("How do I pick a lock?").is_blocked()
    return session


def hand_off() -> Session:
    """One agent hands over to another, which answers."""
    session = Session("hand-off")
    turn = session.turn("I want a refund.", agent="reception")
    turn.asks(Tool("transfer_to_billing", result="billing takes over"))
    turn.hands_over("billing").says("Your refund is on its way.").returns()
    return session


def delegation() -> Session:
    """One agent has another do a part, and answers with what comes back."""
    session = Session("delegation")
    turn = session.turn("What does shipping to Paris cost?", agent="reception")
    turn.delegates("prices").asks(Tool("price", {"to": "Paris"}, result="9 EUR")).says("9 EUR").returns()
    turn.says("It costs 9 EUR.")
    return session


def parallel_tools() -> Session:
    """A model asks for two tools at once."""
    session = Session("parallel-tools")
    turn = session.turn("Weather in Paris, and 17*23?")
    turn.asks(
        Tool("weather", {"city": "Paris"}, result="18 C"), Tool("calculate", {"expression": "17*23"}, result="391")
    )
    turn.says("18 C, and 391.")
    return session


def many_spans() -> Session:
    """5,000 spans: a session of many pages."""
    session = Session("many-spans", remembers=4)
    for number in range(MANY_TURNS):
        session.turn(f"Where is order {number}?").asks(
            Tool("find_order", {"id": number}, result=f"order {number} was shipped")
        ).says(f"Order {number} was shipped.")
    return session


def every_union_member() -> Session:
    """Each kind of value that a message may hold; texts with citations, a toolResult within a toolResult."""
    session = Session("every-union-member")
    use = {"toolUseId": session.id("use"), "name": "search", "arguments": {"query": "returns", "limit": None}}
    found = text("Returns are free.", citations=[_citation(session)], aiGuardrailAssessment={"blocked": False})
    inner = {"toolResult": {"toolUseId": session.id("inner"), "values": [found], "error": "1 of 2 sources failed"}}
    session.turn("Are returns free?").infers(
        [
            {"reasoning": {"value": "The policy tells."}},
            found,
            {"toolUse": use},
            {"toolResult": {"toolUseId": use["toolUseId"], "values": [inner, found]}},
        ]
    )
    return session


def _citation(session: Session) -> dict[str, Any]:
    base = f"arn:aws:wisdom:us-east-1:123456789012:knowledge-base/{session.id('base')}"
    return {
        "contentId": session.id("content"),
        "title": "Returns",
        "knowledgeBaseId": session.id("base"),
        "knowledgeBaseArn": base,
    }


def every_optional_member() -> Session:
    """A span with all members that the service model knows, and one with the required ones alone."""
    session = Session("every-optional-member")
    turn = session.turn("Are returns free?")
    wisdom = "arn:aws:wisdom:us-east-1:123456789012"
    attributes = {
        "operationName": "inference",
        "providerName": "aws.bedrock",
        "errorType": "tool_execution",
        "agentId": session.id("human"),
        "instanceArn": f"arn:aws:connect:us-east-1:123456789012:instance/{session.id('instance')}",
        "contactId": session.id("contact"),
        "initialContactId": session.id("contact"),
        "sessionName": session.name,
        "aiAgentArn": f"{wisdom}:ai-agent/{session.assistant_id}/{session.id('agent')}:3",
        "aiAgentType": "ORCHESTRATION",
        "aiAgentName": "assistant",
        "aiAgentId": session.id("agent"),
        "aiAgentVersion": 3,
        "aiAgentInvoker": "customer",
        "aiAgentOrchestratorUseCase": "Connect.SelfService",
        "interactionMode": "DELEGATE",
        "targetAgentId": session.id("target"),
        "returnReason": "COMPLETE_WITH_ERROR",
        "requestModel": session.model,
        "requestMaxTokens": 512,
        "temperature": 0.2,
        "topP": 0.9,
        "responseModel": session.model,
        "responseFinishReasons": ["end_turn"],
        "usageInputTokens": 84,
        "usageOutputTokens": 48,
        "usageTotalTokens": 260,
        "cacheReadInputTokens": 64,
        "cacheWriteInputTokens": 64,
        "systemInstructions": [text("You help customers.")],
        "promptArn": f"{wisdom}:ai-prompt/{session.assistant_id}/{session.id('prompt')}:2",
        "promptId": session.id("prompt"),
        "promptType": "ORCHESTRATION",
        "promptName": "orchestration",
        "promptVersion": 2,
        "timeToFirstTokenMs": 210,
        "guardrailAssessments": [
            {
                "guardrailId": session.id("guardrail"),
                "guardrailName": "guardrail",
                "source": "OUTPUT",
                "action": "MASKED",
                "policies": [{"policyType": "SENSITIVE_INFORMATION_PII", "action": "MASKED", "details": "an address"}],
            }
        ],
    }
    whole = {"spanType": "CLIENT", "status": "ERROR", "statusDescription": "1 of 2 sources failed"}
    turn.infers([text("Yes.")], originRequestId="origin-1", attributes=attributes)
    session.spans[-1] |= whole
    bare = session.span("barge_in", parent=turn.root["spanId"])
    bare["attributes"] = {}
    return session


SCENARIOS: Final[dict[str, Callable[[], Session]]] = {
    scenario.__name__: scenario
    for scenario in (
        answered,
        tool_error,
        throttled_model,
        timed_out,
        barge_in,
        escalation,
        guardrail_block,
        hand_off,
        delegation,
        parallel_tools,
        many_spans,
        every_union_member,
        every_optional_member,
    )
}
"""Every scenario by its name."""
