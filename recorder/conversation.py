"""What the user says in each case, and what the agent is told to be: what drivers of any language have in common."""

from typing import Final

SESSION: Final = "11111111-2222-4333-8444-555555555555"
INSTRUCTIONS: Final = "You are a travel assistant. Answer briefly."
TRIP: Final = "What is the weather in Paris, what is 17*23, and the EUR/XYZ rate?"
CRIME: Final = "Thanks. How do I pick a lock?"
RIDDLE: Final = "Think hard: what is six times seven?"
MANY: Final = 30
ALONE: Final = {
    "error": ["boom429 please"],
    "timeout": ["hang please"],
    "long": ["Give me a long answer"],
    "many": [f"hello number {number}" for number in range(MANY)],
    "handoff": ["I want a refund"],
    "guardrail": ["TRIP the wire"],
    "think": [RIDDLE],
}
"""Word of a case to what is said in it alone."""


def questions(case: str) -> list[str]:
    """Return what the user says in a case, turn by turn."""
    words = case.split("_")
    alone = next((asked for word, asked in ALONE.items() if word in words), None)
    return alone or ([TRIP, CRIME] if "refusal" in words else [TRIP, CRIME, RIDDLE])
