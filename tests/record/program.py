"""A program that records all that there is to record, as its users write it; run by ``test_record.py``."""

import asyncio
import contextlib
import sys

from spanglass import record

AGENT = "aaaa0000-0000-4000-8000-000000000001"
OTHER = "aaaa0000-0000-4000-8000-000000000002"
PROMPT = "bbbb0000-0000-4000-8000-000000000001"
CONTENT = "cccc0000-0000-4000-8000-000000000001"
CONTACT = "eeee0000-0000-4000-8000-000000000007"
FIRST_CONTACT = "eeee0000-0000-4000-8000-000000000006"
BASE = "dddd0000-0000-4000-8000-000000000001"
ARN = "arn:aws:wisdom:us-east-1:123456789012:"


class UnknownOrderError(Exception):
    """There is no such order."""


@record.tool("find_order", call_id="call_1")
def find_order(number: int) -> dict[str, object]:
    """Find an order."""
    return {"number": number, "state": "shipped"}


@record.tool("refund")
async def refund(number: int) -> None:
    """Fail."""
    raise UnknownOrderError(f"order {number} is unknown")


def call() -> None:
    """Record a call of a model, every member set."""
    with record.inference(
        "claude-sonnet-4",
        provider="aws.bedrock",
        response_model="claude-sonnet-4-1",
        max_tokens=512,
        temperature=0.2,
        top_p=0.9,
        prompt_id=PROMPT,
        prompt_arn=f"{ARN}ai-prompt/{AGENT}/{PROMPT}",
        prompt_name="orders",
        prompt_type="ORCHESTRATION",
        prompt_version=2,
    ) as inference:
        inference.instructions("You help with orders.")
        inference.input(record.customer("Where is my order?"), record.human("I take it that it is number 7."))
        cited = {"title": "Orders", "content_id": CONTENT, "knowledge_base_id": BASE}
        for piece in inference.stream(["Let me ", "look."]):
            inference.answers(record.text(piece, citations=[cited], blocked=False))
        inference.answers(
            record.reasoning("It is 7."),
            record.tool_call("find_order", {"number": 7}, id="call_1"),
            finish_reason="tool_use",
        )
        inference.usage(100, 20, cache_read=60, cache_write=10)
        inference.guardrail("orders/1", "orders", "OUTPUT", "MASKED", [("SENSITIVE_INFORMATION_PII", "MASKED", "NAME")])


def main(endpoint: str) -> None:
    """Record a turn."""
    record.setup(endpoint, service_name="orders", headers={"x-test": "1"})
    agent = record.agent(
        "orders",
        id=AGENT,
        arn=f"{ARN}ai-agent/{AGENT}/{AGENT}:3",
        type="ORCHESTRATION",
        version=3,
        use_case="Connect.SelfService",
    )
    contact = record.conversation(
        "contact-7",
        assistant="shop",
        contact_id=CONTACT,
        initial_contact_id=FIRST_CONTACT,
        instance_arn="arn:aws:connect:us-east-1:123456789012:instance/1",
        session_name="contact seven",
        invoker="Connect",
    )
    with contact, agent as work:
        call()
        find_order(7)
        with contextlib.suppress(UnknownOrderError):
            asyncio.run(refund(8))
        with record.inference("claude-sonnet-4") as interrupted:
            interrupted.interrupted()
        record.barge_in()
        record.escalation()
        work.set(agent_id=OTHER, origin_request_id="request-1")
        work.hands_over(OTHER)
        work.returns("ESCALATE")


main(sys.argv[1])
