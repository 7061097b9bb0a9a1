"""AWS's words for what emitters say."""

import pytest

from spanglass.conventions.roles import is_timeout, provider, role_of


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        ("chat", "inference"),
        ("Generate_Content", "inference"),
        ("text_completion", "inference"),
        ("execute_tool", "execute_tool"),
        ("invoke_agent", "invoke_agent"),
        ("create_agent", ""),
        ("", ""),
    ],
)
def test_roles_follow_from_operations(operation: str, role: str) -> None:
    """The conventions' operations have AWS's roles; others have none."""
    assert role_of(operation) == role


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("OpenAI", "openai"),
        ("openai.chat", "openai"),
        ("amazon-bedrock", "aws.bedrock"),
        ("AWS", "aws.bedrock"),
        ("aws.bedrock", "aws.bedrock"),
        ("strands-agents", "strands-agents"),
    ],
)
def test_providers_have_one_spelling(told: str, name: str) -> None:
    """Emitters' spellings of a provider become the conventions'."""
    assert provider(told) == name


@pytest.mark.parametrize(
    ("kind", "http", "grpc", "late"),
    [
        ("openai.APITimeoutError", None, None, True),
        ("TimeoutError", None, None, True),
        ("DEADLINE_EXCEEDED", None, None, True),
        ("requests.timeouts.ConnectionError", None, None, False),
        ("504", None, None, True),
        ("9" * 5000, None, None, False),
        ("x", 408, None, True),
        ("x", 429, None, False),
        ("x", None, 4, True),
        ("", None, 1, False),
        ("RateLimitError", None, None, False),
    ],
)
def test_timeouts_are_told_by_class_or_code(kind: str, http: int | None, grpc: int | None, late: bool) -> None:  # noqa: FBT001
    """The last part of the class's name tells, or an HTTP or gRPC code; a limit or a cancellation is none."""
    assert is_timeout(kind, http, grpc) is late
