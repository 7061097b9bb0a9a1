"""Which session and assistant a span names."""

import pytest

from spanglass.conventions.sessions import assistant_claim, service_claim, session_claim, session_sources
from spanglass.telemetry import Attributes


def claimed(attributes: Attributes, *own: str) -> tuple[int, str] | None:
    """Return what attributes claim, among them an application's own."""
    found = session_sources(own)
    return session_claim(attributes, {name: found[name] for name in found if name in attributes})


@pytest.mark.parametrize(
    ("attributes", "claim"),
    [
        ({}, None),
        ({"session.id": "s", "gen_ai.conversation.id": "c"}, (2, "s")),
        ({"session.id": "[Scrubbed due to 'session']", "gen_ai.conversation.id": "c"}, (3, "c")),
        ({"spanglass.session.id": "own", "langfuse.session.id": "l"}, (0, "own")),
        ({"langsmith.metadata.thread_id": "t", "langsmith.metadata.session_id": "s"}, (4, "s")),
        ({"session.id": " "}, None),
        ({"metadata": '{"thread_id": "t", "session_id": "s"}'}, (4, "s")),
        ({"metadata": {"thread_id": "t"}}, (5, "t")),
        ({"metadata": "{", "gen_ai.thread.id": "t"}, (5, "t")),
        ({"metadata": '{"thread_id": "t"}', "gcp.vertex.agent.session_id": "s"}, (4, "s")),
    ],
)
def test_the_strongest_usable_claim_counts(attributes: Attributes, claim: tuple[int, str] | None) -> None:
    """What the application calls a session outranks a conversation, and that a thread; scrubbed values are no claim."""
    assert claimed(attributes) == claim


def test_an_assistant_is_named_or_the_service_is() -> None:
    """Our own attribute names the assistant, in any of its spellings; else the service does, known or not."""
    assert assistant_claim({"aws.qconnect.assistant.id": "a", "spanglass.assistant_id": "None"}) == (0, "a")
    assert assistant_claim({"service.name": "shop"}) is None
    assert service_claim({"service.name": "shop"}) == (1, "shop")
    assert service_claim({}) == (1, "unknown_service")


def test_an_applications_own_attributes_may_name_sessions() -> None:
    """What is configured is as strong as our own attribute."""
    attributes: Attributes = {"ticket": "T-7", "session.id": "s"}
    assert claimed(attributes) == (2, "s")
    assert claimed(attributes, "ticket") == (0, "T-7")
