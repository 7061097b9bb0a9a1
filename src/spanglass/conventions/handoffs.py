"""Hand-overs that are tools: how frameworks name the tool by which a model hands over to another agent.

``transfer_to_<agent>`` and ``transfer_back_to_<agent>`` of the OpenAI Agents SDK, Swarm and LangGraph's supervisor;
``transfer_to_agent`` with the agent among its arguments of Google's ADK. Why an agent hands back none of them tells.
"""

import re
from typing import Final

from spanglass.conventions.plain import Plain
from spanglass.conventions.readers import as_text

PREFIX: Final = re.compile(r"transfer_(?:back_)?to_(?=.)")
ANY: Final = "transfer_to_agent"
ARGUMENT: Final = "agent_name"


def hands_over_to(tool: str, arguments: Plain) -> str | None:
    """Return the agent that a call of a tool hands over to; None if it is no hand-over."""
    if tool == ANY and isinstance(arguments, dict) and ARGUMENT in arguments:
        return as_text(arguments[ARGUMENT])
    return as_text(tool[found.end() :]) if (found := PREFIX.match(tool)) else None
