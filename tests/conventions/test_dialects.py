"""What holds for all dialects' tables."""

from collections import Counter

from spanglass.conventions import DIALECTS
from spanglass.conventions.gen_ai import as_name
from spanglass.conventions.spanglass import camel, snake
from spanglass.mapping.fitting import MEMBERS
from spanglass.model.constraints import SHAPES


def test_no_dialect_claims_an_attribute_twice_for_one_member() -> None:
    """A table names each spelling of a member's attribute once."""
    for dialect in DIALECTS:
        spellings = Counter((name, member.member) for member in dialect.members for name in member.spellings)
        assert [spelling for spelling, count in spellings.items() if count > 1] == []


def test_every_member_but_messages_can_be_given_as_such() -> None:
    """Our own dialect has each member of SpanAttributes that is no list of messages, in both cases and prefixes."""
    own = {name for member in DIALECTS[0].members for name in member.spellings}
    messages = {"inputMessages", "outputMessages", "systemInstructions"}
    for wire in {member.wire for member in MEMBERS.values()} - messages:
        assert {f"spanglass.{wire}", f"aws.qconnect.{wire}", f"spanglass.{snake(wire)}"} <= own


def test_members_are_those_of_the_service_model() -> None:
    """Names in snake case are the wire's and back."""
    for name, member in MEMBERS.items():
        assert camel(name) == member.wire
        assert member.shape in SHAPES


def test_placeholders_name_nobody() -> None:
    """Constants that stand for an unknown name are absent."""
    assert as_name("OpenAI Agent") is None
    assert as_name("travel-agent") == "travel-agent"
