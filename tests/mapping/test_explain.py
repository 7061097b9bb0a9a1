"""What is told of how a span was mapped."""

import json
from typing import Any

import pytest

from spanglass.mapping.explain import claims, explain, explain_record
from spanglass.mapping.identity import span_uuid
from spanglass.model.explanation import Claimed
from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.telemetry import Attributes, Event, Resource, Scope, Span
from tests.captures import CAPTURES, exported, mapper

MESSAGES = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "hello"}]}])


def _span(attributes: Attributes, *events: str, resource: Attributes | None = None) -> Span:
    span = Span(b"t" * 16, b"s" * 8, Resource(resource or {}), Scope("scope"))
    span.name, span.attributes, span.start_ns, span.end_ns = "chat m", attributes, 1, 2
    span.events = [Event(name, 1, {"content": "hello"}) for name in events]
    return span


def _record(span: Span) -> SpanRecord:
    ((record,),) = (part.spans for part in mapper().parts([span]))
    return record


def _found(span: Span, attribute: str) -> Claimed:
    (claim,) = (claim for claim in claims(span) if claim.attribute == attribute)
    return claim


def test_an_attribute_that_fills_a_member_is_used() -> None:
    """The dialect and the member are named."""
    claim = _found(_span({"gen_ai.request.model": "m"}), "gen_ai.request.model")
    assert (claim.outcome, claim.dialect, claim.member) == ("used", "OpenTelemetry GenAI", "request_model")


def test_of_two_attributes_the_one_before_wins() -> None:
    """The other tells by which it is outranked."""
    span = _span({"gen_ai.usage.prompt_tokens": 1, "gen_ai.usage.input_tokens": 2})
    claim = _found(span, "gen_ai.usage.prompt_tokens")
    assert (claim.outcome, claim.by) == ("outranked", "gen_ai.usage.input_tokens")
    assert _found(span, "gen_ai.usage.input_tokens").outcome == "used"


def test_a_value_that_says_nothing_gives_way() -> None:
    """An unusable value fills nothing, and the next attribute does."""
    span = _span({"gen_ai.usage.input_tokens": "many", "gen_ai.usage.prompt_tokens": 1})
    assert _found(span, "gen_ai.usage.input_tokens").outcome == "unusable"
    assert _found(span, "gen_ai.usage.prompt_tokens").outcome == "used"


def test_a_frameworks_name_gives_way_to_a_providers() -> None:
    """It is a provider's only where nothing else is; each attribute is told of once for a member."""
    framework: Attributes = {"gen_ai.provider.name": "langchain"}
    both = framework | {"llm.provider": "openai"}
    assert _found(_span(framework), "gen_ai.provider.name").outcome == "used"
    assert _found(_span(both), "gen_ai.provider.name").outcome == "outranked"
    assert _found(_span(both), "llm.provider").outcome == "used"
    other: Attributes = {"gen_ai.system": "AWS"}
    for attributes, name in ((framework, "langchain"), (both, "openai"), (other, "aws.bedrock")):
        span = _span(attributes)
        assert explain(span, _record(span)).members["attributes"]["providerName"] == name


def test_what_nobody_claims_is_kept() -> None:
    """No dialect, no member."""
    assert _found(_span({"app.note": 1}), "app.note") == Claimed("app.note", "kept")


def test_places_are_told_from_span_and_resource() -> None:
    """The session's and the assistant's names are claims, too; the weaker and the empty give way."""
    attributes: Attributes = {"gen_ai.conversation.id": "c", "session.id": "s", "langfuse.session.id": ""}
    span = _span(attributes, resource={"service.name": "shop", "spanglass.assistant.id": "a"})
    assert _found(span, "session.id") == Claimed("session.id", "used", "", "session")
    assert _found(span, "gen_ai.conversation.id").by == "session.id"
    assert _found(span, "langfuse.session.id").outcome == "unusable"
    assert _found(span, "spanglass.assistant.id").outcome == "used"
    assert _found(span, "service.name") == Claimed(
        "service.name", "outranked", "", "assistant", "spanglass.assistant.id"
    )


def test_parts_name_what_is_made_of_them() -> None:
    """Scattered attributes are parts of an attribute that is made of them and fills the member."""
    span = _span(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "hello",
        }
    )
    part = _found(span, "llm.input_messages.0.message.content")
    made = _found(span, part.by)
    assert (part.outcome, part.dialect) == ("part", "OpenInference")
    assert (made.outcome, made.member, made.made) == ("used", "input_messages", True)


def test_events_are_parts_as_attributes_are() -> None:
    """An event's name stands for what was made of it."""
    span = _span({"gen_ai.operation.name": "chat"}, "First Token Stream Event", "exception")
    part = _found(span, "event First Token Stream Event")
    assert part.outcome == "part"
    assert _found(span, part.by).member == "time_to_first_token_ms"
    assert not [claim for claim in claims(span) if claim.attribute == "event exception"]


def test_an_explanation_shows_what_came_of_a_span() -> None:
    """Members as ListSpans has them, how many messages, and what the service model does not admit."""
    span = _span(
        {"gen_ai.operation.name": "chat", "gen_ai.request.temperature": 1.3, "gen_ai.input.messages": MESSAGES}
    )
    told = explain(span, _record(span))
    assert told.members["attributes"]["operationName"] == "inference"
    assert told.messages == {"input": 1, "output": 0, "system": 0}
    assert told.withheld == {"temperature": 1.3}
    assert (told.name, told.span_id, told.scope) == ("chat m", "73" * 8, "scope")


def test_a_stored_span_is_explained_by_what_is_kept() -> None:
    """All claims are told but those of attributes that messages hold whole."""
    attributes: Attributes = {"gen_ai.operation.name": "chat", "session.id": "s", "app.note": 1}
    span = _span(attributes | {"gen_ai.input.messages": MESSAGES}, "exception", resource={"service.name": "shop"})
    told = explain_record(_record(span))
    names = {claim.attribute for claim in told.claims}
    assert names == {*attributes, "service.name"}
    assert (told.name, told.trace_id, told.messages["input"]) == ("chat m", "74" * 16, 1)


def test_a_span_that_came_in_as_itself_claims_nothing() -> None:
    """Without OpenTelemetry's ids and attributes there are members alone."""
    members: Fragment = fragment(Kind.MEMBERS, Members(b'"spanName":"inference"', b"").pack())
    record = SpanRecord(span_uuid(b"t" * 16, b"s" * 8), b"", b"t" * 16, 1, 2, members)
    told = explain_record(record)
    assert (told.name, told.span_id, told.claims) == ("inference", "", [])


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_attribute_of_a_recording_is_told_of(capture: str) -> None:
    """Nothing that came in is passed over, and each member is filled by one attribute at most."""
    for span in exported(capture):
        told: list[Any] = list(claims(span))
        assert {claim.attribute for claim in told} >= set(span.attributes)
        used = [claim.member for claim in told if claim.outcome == "used"]
        assert len(used) == len(set(used))
