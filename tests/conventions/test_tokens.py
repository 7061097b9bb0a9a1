"""Tokens in AWS's way of counting, from emitters of both habits."""

import pytest

from spanglass.conventions.tokens import as_aws, is_exclusive

Told = tuple[int | None, int | None, int | None, int | None, int | None]


@pytest.mark.parametrize(
    ("told", "exclusive", "counted"),
    [
        ((212, 48, None, None, 128), False, (84, 260)),
        ((288, 27, 315, 128, 0), False, (160, 315)),
        ((84, 48, None, 0, 128), True, (84, 260)),
        ((84, 48, 132, 0, 128), True, (84, 260)),
        ((84, 48, 300, 0, 128), True, (84, 300)),
        ((84, 48, 260, 0, 128), False, (84, 260)),
        ((100, 10, None, 500, 0), False, (100, 610)),
        ((10, 2, None, None, None), False, (10, 12)),
        ((None, 2, 9, 1, 1), False, (None, 9)),
        ((10, None, None, 4, None), False, (6, None)),
        ((None, None, None, None, None), True, (None, None)),
    ],
)
def test_tokens_are_counted_as_aws_does(told: Told, exclusive: bool, counted: tuple[int | None, int | None]) -> None:  # noqa: FBT001
    """Input is without cache and total with it; a total stays as told unless it provably lacks the cache.

    An input smaller than its cached tokens was told without them after all, and so was one that makes the total with
    them.
    """
    assert as_aws(*told, exclusive=exclusive) == counted


def test_the_scope_tells_the_habit() -> None:
    """Bedrock's instrumentations leave the cache out, all others count it in."""
    assert is_exclusive("opentelemetry.instrumentation.botocore.bedrock-runtime")
    assert not is_exclusive("strands.telemetry.tracer")
