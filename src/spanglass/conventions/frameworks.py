"""Frameworks that write their own name where the conventions have the provider's: it counts where nothing else does."""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable
from spanglass.conventions.readers import as_text
from spanglass.telemetry import Value

FRAMEWORKS: Final = frozenset(
    {"crewai", "gcp.vertex.agent", "langchain", "langgraph", "microsoft.agent_framework", "strands-agents"}
)
"""Names, in lower case, that are no provider's."""


def as_provider(value: Value) -> str | None:
    """Read a provider's name; a framework's is none."""
    text = as_text(value)
    return None if text is None or text.lower() in FRAMEWORKS else text


MEMBERS: Final[MemberTable] = (Member("gen_ai.provider.name", "provider_name", as_text, was=("gen_ai.system",)),)

DIALECT: Final = Dialect("Frameworks' names", MEMBERS)
