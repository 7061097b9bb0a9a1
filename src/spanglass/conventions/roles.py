"""What a span is, in AWS's words: its role from the emitter's operation, its provider from the emitter's spelling."""

from typing import Final, Literal, TypeAlias

SpanRole: TypeAlias = Literal["inference", "execute_tool", "invoke_agent", ""]
"""What a span does, in AWS's word for it, which ListSpans shows as operationName; a span of no role keeps its own."""

OPERATIONS: Final[dict[str, SpanRole]] = {
    "chat": "inference",
    "generate_content": "inference",
    "text_completion": "inference",
    "inference": "inference",
    "execute_tool": "execute_tool",
    "invoke_agent": "invoke_agent",
}
"""``gen_ai.operation.name`` → role."""

WRAPPERS: Final = frozenset({"chain", "workflow"})
"""What instrumentations of frameworks call a span around others; as a root it is the run of an agent, if no span is."""


def role_of(operation: str) -> SpanRole:
    """Return what a span of an operation does."""
    return OPERATIONS.get(operation.lower(), "")


PROVIDERS: Final = {
    "bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "amazon": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
}
"""Spellings, in lower case, of one provider → the conventions' word for it."""
_PROTOCOLS: Final = (".chat", ".responses", ".messages", ".completion")

TIMEOUTS: Final = ("timeout", "timedout", "deadline_exceeded", "deadlineexceeded")
HTTP_TIMEOUTS: Final = frozenset({"408", "504"})
GRPC_TIMEOUT: Final = 4
"""DEADLINE_EXCEEDED."""


def provider(name: str) -> str:
    """Return the conventions' word for a provider; Vercel's ``openai.chat`` is ``openai``."""
    lowered = name.lower()
    for protocol in _PROTOCOLS:
        lowered = lowered.removesuffix(protocol)
    return PROVIDERS.get(lowered, lowered)


def is_timeout(error_type: str, http_status: int | None, grpc_status: int | None) -> bool:
    """Tell whether a failure was one of time, from its class or code, never from its message.

    ``openai.APITimeoutError``, ``TimeoutError``, ``DEADLINE_EXCEEDED``, HTTP 408 and 504, gRPC 4.
    """
    last = error_type.rpartition(".")[2].lower()
    return (
        any(word in last for word in TIMEOUTS)
        or last in HTTP_TIMEOUTS
        or str(http_status) in HTTP_TIMEOUTS
        or grpc_status == GRPC_TIMEOUT
    )
