"""Looking at a session that was read: what its spans say, in the words of a test."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

SpanDict: TypeAlias = dict[str, Any]
"""A span as boto3 gives it."""


def read_spans(client: Any, assistant_id: str, session_id: str) -> list[SpanDict]:  # noqa: ANN401 (boto3's client)
    """Return all spans of a session, over all pages; both ids may be ARNs."""
    pages = client.get_paginator("list_spans").paginate(assistantId=assistant_id, sessionId=session_id)
    return [span for page in pages for span in page["spans"]]


def tools_called(spans: Iterable[SpanDict]) -> list[str]:
    """Return the names of the tools that ran, in order of start."""
    ran = (span for span in spans if span["attributes"].get("operationName") == "execute_tool")
    return [_tool(span) for span in sorted(ran, key=lambda span: span["startTimestamp"])]


def _tool(span: SpanDict) -> str:
    messages = span["attributes"].get("inputMessages", [])
    names = (value["toolUse"]["name"] for message in messages for value in message["values"] if "toolUse" in value)
    return str(next(names, span["spanName"]))


def tokens_used(spans: Iterable[SpanDict]) -> int:
    """Return the tokens of all calls of a model together."""
    return sum(span["attributes"].get("usageTotalTokens", 0) for span in spans)


def assert_tools_called(spans: Iterable[SpanDict], tools: Sequence[str]) -> None:
    """Assert that these tools ran and no others, in this order."""
    called = tools_called(spans)
    assert called == list(tools), f"tools called: {', '.join(called) or 'none'}; expected: {', '.join(tools) or 'none'}"


def assert_tokens_under(spans: Iterable[SpanDict], tokens_max: int) -> None:
    """Assert that all calls of a model together used fewer tokens."""
    used = tokens_used(spans)
    assert used < tokens_max, f"{used} tokens used, {tokens_max} or more"


def assert_no_errors(spans: Iterable[SpanDict]) -> None:
    """Assert that no span has failed or timed out."""
    failed = [span for span in spans if span["status"] != "OK"]
    told = "\n".join(
        f"{span['spanName']} {span['spanId']}: {span['status']}"
        f" {span['attributes'].get('errorType', '')} {span.get('statusDescription', '')}".rstrip()
        for span in failed
    )
    assert not failed, f"{len(failed)} spans have failed:\n{told}"
