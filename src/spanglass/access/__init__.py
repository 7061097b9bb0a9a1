"""Who asks, and what they may do: the gate in front of every face."""

from spanglass.access.caller import Action, Caller, Role, caller
from spanglass.access.gate import Gate, anyone
from spanglass.access.scope import limited

__all__ = ["Action", "Caller", "Gate", "Role", "anyone", "caller", "limited"]
