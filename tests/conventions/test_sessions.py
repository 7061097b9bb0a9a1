"""Which session and assistant a span names."""

import pytest

from spanglass.conventions.sessions import RANKS, assistant_claim, service_claim, session_claim
from spanglass.telemetry import Attributes


@pytest.mark.parametrize(
    ("attributes", "claim"),
    [
        ({}, None),
        ({"session.id": "s", "gen_ai.conversation.id": "c"}, (2, "s")),
        ({"session.id": "[Scrubbed due to 'session']", "gen_ai.conversation.id": "c"}, (3, "c")),
        ({"spanglass.session.id": "own", "langfuse.session.id": "l"}, (0, "own")),
        ({"langsmith.metadata.thread_id": "t", "langsmith.metadata.session_id": "s"}, (4, "s")),
        ({"session.id": " "}, None),
    ],
)
def test_the_strongest_usable_claim_counts(attributes: Attributes, claim: tuple[int, str] | None) -> None:
    """What the application calls a session outranks a conversation, and that a thread; scrubbed values are no claim."""
    present = tuple(sorted(attributes, key=RANKS.__getitem__))
    assert session_claim(attributes, present) == claim


def test_an_assistant_is_named_or_the_service_is() -> None:
    """Our own attribute names the assistant, in any of its spellings; else the service does, known or not."""
    assert assistant_claim({"aws.qconnect.assistant.id": "a", "spanglass.assistant_id": "None"}) == (0, "a")
    assert assistant_claim({"service.name": "shop"}) is None
    assert service_claim({"service.name": "shop"}) == (1, "shop")
    assert service_claim({}) == (1, "unknown_service")
