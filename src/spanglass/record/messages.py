"""Messages and their parts, in the form of OpenTelemetry's GenAI conventions; a text may stand for a part."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from spanglass.conventions.citations import ASSESSMENT

Part: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]
_CITED: Final = {
    "content_id": "contentId",
    "title": "title",
    "knowledge_base_id": "knowledgeBaseId",
    "knowledge_base_arn": "knowledgeBaseArn",
}
"""What a citation is told as → its member."""


def text(content: str, *, citations: Sequence[Mapping[str, str]] = (), blocked: bool | None = None) -> Part:
    """Return a text, with what it cites and whether a guardrail blocked it.

    A citation has any of ``title``, ``content_id``, ``knowledge_base_id`` (UUIDs) and ``knowledge_base_arn``.
    """
    part: Part = {"type": "text", "content": content}
    if citations:
        part["citations"] = [{_CITED.get(name, name): told for name, told in one.items()} for one in citations]
    if blocked is not None:
        part[ASSESSMENT] = {"blocked": blocked}
    return part


def reasoning(content: str) -> Part:
    """Return what a model thought before it answered."""
    return {"type": "reasoning", "content": content}


def tool_call(name: str, arguments: object = None, *, id: str | None = None) -> Part:  # noqa: A002 (what it is)
    """Return a call of a tool; its answer has the same ``id``."""
    return {"type": "tool_call", "id": id, "name": name, "arguments": arguments}


def tool_result(result: object, *, id: str | None = None) -> Part:  # noqa: A002 (what it is)
    """Return what a call of a tool came to."""
    return {"type": "tool_call_response", "id": id, "response": result}


def customer(*parts: str | Part) -> Message:
    """Return what the customer said."""
    return _message("user", parts)


def bot(*parts: str | Part) -> Message:
    """Return what an agent's model said, or what its tools answered."""
    return _message("assistant", parts)


def human(*parts: str | Part) -> Message:
    """Return what a person who works for the company said."""
    return _message("human_agent", parts)


def as_parts(parts: Sequence[str | Part]) -> list[Part]:
    """Return parts, a text for each that is told as one."""
    return [text(part) if isinstance(part, str) else part for part in parts]


def _message(role: str, parts: Sequence[str | Part]) -> Message:
    return {"role": role, "parts": as_parts(parts)}
