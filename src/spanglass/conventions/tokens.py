"""Counting tokens as AWS does: input without what the cache gave or took, total with it."""

from typing import Final

EXCLUSIVE_SCOPES: Final = (
    "opentelemetry.instrumentation.botocore",
    "opentelemetry.instrumentation.genai.bedrock",
    "opentelemetry.instrumentation.bedrock",
)
"""Beginnings of the scopes whose input tokens leave out the cache, as Bedrock's API does. Everybody else counts cached
tokens in, as the conventions ask. The numbers of one span seldom tell which, so this table must."""


def is_exclusive(scope_name: str) -> bool:
    """Tell whether the scope's input tokens leave out cached ones."""
    return scope_name.startswith(EXCLUSIVE_SCOPES)


def as_aws(
    uncached: int | None,
    output: int | None,
    total: int | None,
    read: int | None,
    write: int | None,
    *,
    exclusive: bool,
) -> tuple[int | None, int | None]:
    """Return AWS's input and total tokens for what an emitter tells; None where nothing is known.

    ``uncached`` is the emitter's input. A total is kept as it was told, unless it provably lacks the cache; one that
    was not told is the sum. One that is the sum with the cache proves that the input is without.
    """
    cached = (read or 0) + (write or 0)
    proven = None not in (uncached, output, total) and total == (uncached or 0) + (output or 0) + cached
    if uncached is not None and not exclusive and not proven and uncached >= cached:
        uncached -= cached
    if uncached is None or output is None:
        return uncached, total
    told_without_cache = cached and total == uncached + output
    return uncached, uncached + output + cached if total is None or told_without_cache else total
