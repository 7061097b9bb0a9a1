"""Patterns of the user's own: a line each, ``name = pattern``, in RE2's syntax."""

import re
from typing import Final, TypeAlias

import re2  # type: ignore[import-untyped]  # has no types

from spanglass.masking.rules import RULES

PATTERNS_MAX: Final = 100
"""Patterns in all; each is looked for in every text."""
PATTERN_CHARS_MAX: Final = 1_000
"""Characters of a pattern."""
PATTERN_BYTES_MAX: Final = 8 << 20
"""Memory that a compiled pattern may take, for matching included; what takes more is refused."""
UNION_BYTES_MAX: Final = 64 << 20
"""The same for all patterns in one. With less than a match needs RE2 falls back to an engine fifty times slower."""
Regexp: TypeAlias = "re2._Regexp"  # noqa: SLF001 (what re2.compile returns has no other name)
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def compiled(pattern: str, bytes_max: int = PATTERN_BYTES_MAX) -> Regexp:
    """Compile a pattern for texts in UTF-8.

    Raises:
        ValueError: It is no pattern, is too large, or matches an empty text, which is everywhere.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = bytes_max
    try:
        regexp = re2.compile(pattern.encode(), options)
    except re2.error as error:
        raise ValueError(error.args[0].decode(errors="replace")) from None
    if regexp.search(b""):
        raise ValueError("it matches an empty text")
    return regexp


def read_patterns(text: str) -> tuple[tuple[str, str], ...]:
    """Read names and patterns; empty lines and those that begin with ``#`` say nothing.

    A name stands for what is masked: ``employee = E[0-9]{6}`` puts ``[employee]`` for ``E123456``.

    Raises:
        ValueError: A line is none such; the message names it.
    """
    patterns: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, pattern = (piece.strip() for piece in line.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise ValueError(f"line {number} is not `name = pattern` with a name of lower-case letters and digits")
        if name in RULES or name in patterns:
            raise ValueError(f"line {number}: there is a rule {name} already")
        if len(pattern) > PATTERN_CHARS_MAX:
            raise ValueError(f"line {number}: the pattern is longer than {PATTERN_CHARS_MAX} characters")
        try:
            compiled(pattern)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        patterns[name] = pattern
        if len(patterns) > PATTERNS_MAX:
            raise ValueError(f"line {number}: there are more than {PATTERNS_MAX} patterns")
    return tuple(patterns.items())
