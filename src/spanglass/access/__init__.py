"""Who asks, and what they may do: the gate in front of every face."""

from spanglass.access.caller import ANYONE, Action, Caller, Role, caller
from spanglass.access.gate import Gate
from spanglass.access.identity import Anyone, Callers, Keys
from spanglass.access.scope import limited

__all__ = ["ANYONE", "Action", "Anyone", "Caller", "Callers", "Gate", "Keys", "Role", "caller", "limited"]
