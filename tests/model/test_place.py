"""Where a trace belongs, by the claims of its spans."""

import functools
import itertools
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.model.place import (
    NAMESPACE,
    NAMESPACE_ASSISTANT,
    NAMESPACE_SPAN,
    NAMESPACE_TOOL_USE,
    SERVICE_RANK,
    Claim,
    Claims,
    Place,
    TracePart,
    assistant_named,
    parse_uuid,
    session_named,
)

TRACE = bytes(range(16))
ID = "6f1d3c0e-4b52-5a0f-9a63-3f0f9e2b7c11"

claim = st.builds(
    Claim,
    rank=st.integers(0, 2),
    child=st.booleans(),
    start_ns=st.integers(0, 2),
    span_id=st.binary(min_size=1, max_size=1),
    text=st.sampled_from("ab"),
)
claims = st.builds(Claims, assistant=claim, session=st.none() | claim)


@given(st.lists(claims, min_size=1, max_size=4))
def test_merged_does_not_depend_on_order(some: list[Claims]) -> None:
    """However a trace's claims arrive, the same win: merging is commutative and associative."""
    merged = {functools.reduce(Claims.merged, order) for order in itertools.permutations(some)}
    assert len(merged) == 1
    assert functools.reduce(lambda last, first: first.merged(last), reversed(some)) in merged


@given(claims, claims)
def test_merged_is_idempotent(one: Claims, other: Claims) -> None:
    """A claim that comes again changes nothing."""
    assert one.merged(one) == one
    assert one.merged(other).merged(other) == one.merged(other)


@given(claims, claims)
def test_a_revealed_session_stays_revealed(one: Claims, other: Claims) -> None:
    """The best claim of each kind wins, whichever span made it."""
    merged = one.merged(other)
    assert merged.assistant == min(one.assistant, other.assistant)
    assert merged.session in (one.session, other.session)
    assert (merged.session is None) == (one.session is other.session is None)


def test_claims_rank_by_source_then_root_then_start_then_id() -> None:
    """A stronger source wins over a root, a root over an earlier child, an earlier start over a smaller id."""
    ordered = [
        Claim(0, True, 9, b"9", "z"),
        Claim(1, False, 9, b"9", "z"),
        Claim(1, True, 1, b"9", "z"),
        Claim(1, True, 2, b"1", "z"),
        Claim(1, True, 2, b"2", "a"),
    ]
    assert min(ordered[::-1]) == ordered[0]
    assert sorted(ordered) == ordered


def said(assistant: str, session: str | None = None) -> Claims:
    return Claims(Claim(0, False, 0, b"", assistant), None if session is None else Claim(0, False, 0, b"", session))


def test_place_keeps_uuids() -> None:
    """Ids that are UUIDs already are kept, and in whatever case they come, one id has one name."""
    assert said(ID.upper(), ID).place(TRACE) == Place(uuid.UUID(ID).bytes, uuid.UUID(ID).bytes, ID, ID)


def test_place_derives_ids_from_names() -> None:
    """A name becomes an id that is the same everywhere; equal session names of two assistants do not meet."""
    one, other = said("shop", "call 1").place(TRACE), said("bank", "call 1").place(TRACE)
    assistant = uuid.uuid5(NAMESPACE_ASSISTANT, "shop")
    assert one == Place(assistant.bytes, uuid.uuid5(assistant, "call 1").bytes, "shop", "call 1")
    assert one.session_id != other.session_id


def test_place_without_a_session_is_the_trace() -> None:
    """A trace that claims no session is one of its own, named by its id."""
    assert said("shop").place(TRACE) == Place(
        uuid.uuid5(NAMESPACE_ASSISTANT, "shop").bytes, TRACE, "shop", str(uuid.UUID(bytes=TRACE))
    )


def test_place_names_a_session_with_an_empty_claim_by_its_id() -> None:
    """A session is never nameless."""
    place = said("shop", "").place(TRACE)
    assert place.session_name == str(uuid.UUID(bytes=place.session_id))


@given(st.uuids())
def test_parse_uuid_reads_either_case(value: uuid.UUID) -> None:
    """Both cases of the 36-character form are read."""
    assert parse_uuid(str(value)) == parse_uuid(str(value).upper()) == value


@pytest.mark.parametrize(
    "text",
    ["", "x", f"{{{ID[:-2]}}}", ID[:-1], f"{ID}\n", ID.replace("-", ""), "g" + ID[1:], f"-{ID[:8]}{ID[9:]}", "_" * 36],
)
def test_parse_uuid_refuses_other_forms(text: str) -> None:
    """No other spelling is a UUID, though Python's own reader takes some."""
    assert parse_uuid(text) is None


def test_namespaces_stay() -> None:
    """Derived ids stand in every store: their namespaces never change."""
    assert [str(name) for name in (NAMESPACE, NAMESPACE_ASSISTANT, NAMESPACE_SPAN, NAMESPACE_TOOL_USE)] == [
        ID,
        "af6d8b0e-030a-58a2-adc4-5ba15ac31cfa",
        "b70b6819-1ea8-51c1-94a4-a07adf677328",
        "820358ed-7d22-54c0-a53b-449e02f20bca",
    ]


OURS, THEIRS = (uuid.uuid5(NAMESPACE_ASSISTANT, name).bytes for name in ("ours", "theirs"))


def sent(rank: int, assistant: str) -> TracePart:
    return TracePart(TRACE, Claims(Claim(rank, False, 0, b"a", assistant), Claim(0, False, 0, b"a", "s")), ())


@pytest.mark.parametrize(
    ("rank", "assistants", "assistant", "fits"),
    [
        (SERVICE_RANK, {OURS}, OURS, True),
        (SERVICE_RANK, {OURS, b"more"}, THEIRS, False),
        (SERVICE_RANK, {OURS, THEIRS}, THEIRS, True),
        (0, {OURS}, THEIRS, False),
        (0, {THEIRS}, THEIRS, True),
        (SERVICE_RANK, set(), THEIRS, False),
    ],
)
def test_a_confined_part_stays_with_its_senders_assistants(
    rank: int, assistants: set[bytes], assistant: bytes, *, fits: bool
) -> None:
    """A service's name gives way to the only assistant of the sender; what else names another one does not fit."""
    part = sent(rank, "theirs").confined(frozenset(assistants))
    place = part.claims.place(TRACE)
    assert (place.assistant_id, part.fits(place)) == (assistant, fits)
    assert sent(rank, "theirs").fits(place)
    assert not part.fits(place, Place(b"another", b"s"))


def test_names_stand_for_ids_as_claims_do() -> None:
    """The ids of a named assistant and session are those of the place that the same claims lead to."""
    for assistant, session in (("bot", "s"), (str(uuid.UUID(int=1)), str(uuid.UUID(int=2)).upper())):
        claims = Claims(Claim(1, False, 0, b"", assistant), Claim(1, False, 0, b"", session))
        place = claims.place(b"")
        assert assistant_named(assistant) == (place.assistant_id, place.assistant_name)
        assert session_named(session, place.assistant_id) == (place.session_id, place.session_name)
