"""The OpenAI Agents SDK, as OpenTelemetry's second generation of instrumentations has it: hand-overs, beside the rest.

Excluded, with reasons: ``gen_ai.guardrail.name`` and ``.triggered``, which do not say what was assessed; the usage of a
turn, which is that of its calls; messages that the instrumentation prints as Python objects, which stay the texts that
they are.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable
from spanglass.conventions.readers import as_text
from spanglass.telemetry import Value


def as_handoff(value: Value) -> str | None:
    """Read whom an agent hands over to: that it does."""
    return None if as_text(value) is None else "HANDOFF"


MEMBERS: Final[MemberTable] = (
    Member("gen_ai.handoff.to_agent", "interaction_mode", as_handoff),
    Member("gen_ai.handoff.to_agent", "target_agent_id", as_text),
    Member("gen_ai.handoff.from_agent", "ai_agent_name", as_text),
)

DIALECT: Final = Dialect("OpenAI Agents", MEMBERS)
