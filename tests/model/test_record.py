"""Spans as they are stored: fragments and members."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.model.record import KEY_BYTES, PARTICIPANTS, SPOKEN, Fragment, Kind, Members, fragment

COMPACT = st.dictionaries(st.text(), st.text()).map(
    lambda value: json.dumps(value, separators=(",", ":")).encode()[1:-1]
)


@given(COMPACT, COMPACT)
def test_members_round_trip(span: bytes, attributes: bytes) -> None:
    """Members survive packing, whatever compact JSON they hold, newlines in texts included."""
    members = Members(span, attributes)
    assert Members.unpack(members.pack()) == members


def test_fragment_is_named_by_content() -> None:
    """Equal content has one key; another kind, content or occurrence has another."""
    names = [
        fragment(Kind.BOT, b"[1]"),
        fragment(Kind.AGENT, b"[1]"),
        fragment(Kind.BOT, b"[2]"),
        fragment(Kind.BOT, b"[1]", occurrence=1),
        fragment(Kind.BOT, b"[1]", occurrence=256),
    ]
    assert fragment(Kind.BOT, b"[1]") == names[0]
    assert len({name.key for name in names}) == len(names)
    assert {len(name.key) for name in names} == {KEY_BYTES}


def test_fragment_carries_its_content() -> None:
    """A fragment holds what it names, and no time: only the store knows when it was first said."""
    made = fragment(Kind.SYSTEM, b"[]")
    assert (made.kind, made.json, made.since_ms) == (Kind.SYSTEM, b"[]", 0)


def test_fragments_of_one_key_are_equal() -> None:
    """The key is all that tells fragments apart, in sets too: the time they were first said does not."""
    made = fragment(Kind.BOT, b"[1]")
    assert {made, Fragment(Kind.BOT, made.key, b"[1]", 5)} == {made}
    assert made != fragment(Kind.BOT, b"[2]")
    assert made != made.key


@pytest.mark.parametrize(
    ("kind", "occurrence", "key"),
    [(Kind.CUSTOMER, 0, "04729daaee9606d95c8ed0be9186070e"), (Kind.BOT, 3, "796afadef8725e6cc3e6cdc5ba8b4603")],
)
def test_keys_stay(kind: Kind, occurrence: int, key: str) -> None:
    """Keys stand on disk: the same content has the same key in every version."""
    assert fragment(kind, b'[{"text":{"value":"Hello"}}]', occurrence).key.hex() == key


def test_kinds_stay() -> None:
    """Kinds stand on disk: their numbers never change."""
    assert {kind.name: kind.value for kind in Kind} == {
        "CUSTOMER": 1,
        "AGENT": 2,
        "BOT": 3,
        "SYSTEM": 4,
        "MEMBERS": 5,
        "DETAIL": 6,
        "MESSAGE": 7,
    }


def test_participants_are_spoken() -> None:
    """Full-text search reads what every participant said."""
    assert PARTICIPANTS.keys() <= SPOKEN
