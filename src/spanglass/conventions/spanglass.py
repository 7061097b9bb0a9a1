"""Spanglass's own attributes: ``spanglass.<member>``, or ``aws.qconnect.<member>``, for what only QConnect has.

Any member of ``SpanAttributes`` but the three message lists can be given so, in camel or snake case; structures as the
wire's JSON. Whoever gives one means it, so it wins over everything derived, as long as the service model admits it.
"""

import re
from typing import Final

from spanglass.conventions.dialect import Dialect, Member
from spanglass.conventions.readers import as_float, as_int, as_raw, as_text, as_texts

PREFIXES: Final = ("spanglass.", "aws.qconnect.")

_TEXTS: Final = [
    "operation_name",
    "provider_name",
    "error_type",
    "agent_id",
    "instance_arn",
    "contact_id",
    "initial_contact_id",
    "session_name",
    "ai_agent_arn",
    "ai_agent_type",
    "ai_agent_name",
    "ai_agent_id",
    "ai_agent_invoker",
    "ai_agent_orchestrator_use_case",
    "interaction_mode",
    "target_agent_id",
    "return_reason",
    "request_model",
    "response_model",
    "prompt_arn",
    "prompt_id",
    "prompt_type",
    "prompt_name",
    "origin_request_id",
]
_COUNTS: Final = [
    "ai_agent_version",
    "request_max_tokens",
    "usage_input_tokens",
    "usage_output_tokens",
    "usage_total_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "prompt_version",
    "time_to_first_token_ms",
]
_READERS: Final = (
    dict.fromkeys(_TEXTS, as_text)
    | dict.fromkeys(_COUNTS, as_int)
    | {"temperature": as_float, "top_p": as_float, "response_finish_reasons": as_texts, "guardrail_assessments": as_raw}
)

SPAN: Final = "spanglass.span"
"""A span in ListSpans's shape, as JSON: whoever gives it means that span, with its ids, whatever the others tell."""
SESSION: Final = tuple(f"{prefix}{name}" for prefix in PREFIXES for name in ("session.id", "session_id", "sessionId"))
ASSISTANT: Final = tuple(
    f"{prefix}{name}" for prefix in PREFIXES for name in ("assistant.id", "assistant_id", "assistantId")
)


def camel(name: str) -> str:
    """Return a snake-case name as the wire writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake(name: str) -> str:
    """Return a name of the wire in snake case."""
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def _spellings(member: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(prefix + name for prefix in PREFIXES for name in (camel(member), member)))


MEMBERS: Final = tuple(
    Member(first, member, read, was=tuple(rest))
    for member, read in _READERS.items()
    for first, *rest in (_spellings(member),)
)

DIALECT: Final = Dialect("Spanglass", MEMBERS, PREFIXES)
