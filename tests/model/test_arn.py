"""ARNs of assistants and sessions."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.model.arn import ASSISTANT, SESSION, Arn, Misnomer, parse, read_assistant, read_session
from spanglass.model.constraints import violations

A = uuid.UUID("0f4f1a2b-3c4d-4e5f-8a9b-000000006666")
S = uuid.UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
ASSISTANT_ARN = f"arn:aws:wisdom:us-east-1:123456789012:assistant/{A}"
SESSION_ARN = f"arn:aws:wisdom:us-east-1:123456789012:session/{A}/{S}"


def arns() -> st.SearchStrategy[Arn]:
    """All ARNs that the service model's pattern allows."""
    return st.builds(
        Arn,
        st.text("abcz-", max_size=8),
        st.text("az09-", max_size=12),
        st.text("0123456789", min_size=12, max_size=12),
        st.text("az-", max_size=12),
        st.lists(st.uuids(), min_size=1, max_size=3).map(tuple),
    )


@given(arns())
def test_arn_round_trip(arn: Arn) -> None:
    """What is written reads back the same, and matches the service model's patterns."""
    assert parse(str(arn)) == arn
    assert not violations("Arn", str(arn))
    assert not violations("UuidOrArn", str(arn))


def test_arn_is_written_as_aws_does() -> None:
    """An assistant's ARN ends in its id, a session's in the assistant's and its own."""
    assert str(Arn("aws", "us-east-1", "123456789012", ASSISTANT, (A,))) == ASSISTANT_ARN
    assert str(Arn("aws", "us-east-1", "123456789012", SESSION, (A, S))) == SESSION_ARN


@pytest.mark.parametrize(
    "text",
    [
        "",
        str(A),
        f"x{ASSISTANT_ARN}",
        f"{ASSISTANT_ARN}:1",
        f"{ASSISTANT_ARN}\n",
        ASSISTANT_ARN.replace("wisdom", "connect"),
        ASSISTANT_ARN.replace("123456789012", "1"),
        ASSISTANT_ARN.upper(),
        f"{SESSION_ARN}/{A}/{A}",
    ],
)
def test_parse_refuses_other_text(text: str) -> None:
    """Only a whole ARN of the service is one."""
    assert parse(text) is None


@pytest.mark.parametrize("label", [str(A), ASSISTANT_ARN, ASSISTANT_ARN.replace("aws:", "aws-us-gov:")])
def test_read_assistant(label: str) -> None:
    """A UUID and an ARN name the same assistant, in any partition."""
    assert read_assistant(label) == A


@pytest.mark.parametrize("label", [str(S), SESSION_ARN])
def test_read_session(label: str) -> None:
    """A UUID and an ARN name the same session."""
    assert read_session(label, A) == S


@pytest.mark.parametrize("label", ["", "x", str(A).upper(), ASSISTANT_ARN.upper(), ".."])
def test_no_match_of_the_pattern(label: str) -> None:
    """A label that ``UuidOrArn`` does not match is told apart: it is the client's error."""
    assert read_assistant(label) is Misnomer.UNMATCHED
    assert read_session(label, A) is Misnomer.UNMATCHED


@pytest.mark.parametrize("label", [f"x{A}", f"https://w/{A}", f"{ASSISTANT_ARN}:1", f"{ASSISTANT_ARN}/{S}", f"{A}\n"])
def test_match_without_a_name(label: str) -> None:
    """A label that the unanchored pattern matches, but that is no id, names nothing that could be found."""
    assert not violations("UuidOrArn", label)
    assert read_assistant(label) is Misnomer.OTHER_KIND
    assert read_session(label, A) is Misnomer.OTHER_KIND


def test_arn_of_another_kind() -> None:
    """An assistant's ARN names no session, and the other way round."""
    assert read_assistant(SESSION_ARN) is Misnomer.OTHER_KIND
    assert read_session(ASSISTANT_ARN, A) is Misnomer.OTHER_KIND


def test_arn_of_another_assistants_session() -> None:
    """A session's ARN must name the assistant that the path names."""
    assert read_session(SESSION_ARN, S) is Misnomer.OTHER_ASSISTANT
