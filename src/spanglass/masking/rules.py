"""The built-in rules: what a secret looks like, and what takes its place.

Patterns are RE2's, which matches in time linear in the text, whatever the pattern
(https://github.com/google/re2/wiki/Syntax). They look at UTF-8.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import msgspec

Replace: TypeAlias = Callable[[bytes], tuple[bytes, int]]
"""Replaces what is secret in a piece that a pattern matched; returns it and how many secrets it held."""

CARD_DIGITS: Final = range(13, 20)
"""How many digits a card's number has (ISO/IEC 7812)."""
_CARD_BEGINS: Final = b"23456"
"""The first digits of payment cards: Mastercard, Amex and Diners, Visa, Mastercard, Discover and UnionPay."""


class Rule(msgspec.Struct, frozen=True):
    """A rule: its name, the pattern that finds what may be a secret, and what is done with that."""

    name: str
    pattern: str
    replace: Replace


def with_mark(mark: str) -> Replace:
    """Make the replacement of everything matched by ``[mark]``."""
    written = f"[{mark}]".encode()
    return lambda _matched: (written, 1)


def without_cards(digits: bytes) -> tuple[bytes, int]:
    """Replace the cards' numbers in a few groups of digits; each begins and ends with a group."""
    groups = list(re.finditer(rb"[0-9]+", digits))
    pieces, done, first = [], 0, 0
    while first < len(groups):
        last = next((n for n in range(len(groups), first, -1) if _is_card(b"".join(_told(groups[first:n])))), None)
        if last is None:
            first += 1
            continue
        pieces += [digits[done : groups[first].start()], b"[card]"]
        done, first = groups[last - 1].end(), last
    return b"".join([*pieces, digits[done:]]), len(pieces) // 2


def _told(groups: list[re.Match[bytes]]) -> Iterator[bytes]:
    return (group[0] for group in groups)


def _is_card(digits: bytes) -> bool:
    """Tell whether digits are a card's number by length, beginning and check digit (Luhn's)."""
    if len(digits) not in CARD_DIGITS or digits[0] not in _CARD_BEGINS:
        return False
    values = [digit - 48 for digit in digits]
    doubled = [value * 2 - 9 * (value > 4) for value in values[-2::-2]]  # noqa: PLR2004 (Luhn: cross sum of two digits)
    return (sum(values[-1::-2]) + sum(doubled)) % 10 == 0


_TOKEN: Final = "[A-Za-z0-9_-]"  # noqa: S105 (a class of characters)
_NAMES: Final = r"pass(?:word|wd|phrase)|secret(?:[_-]?(?:access)?[_-]?key)?|api[_-]?key|access[_-]?token"
_KEYS: Final = (
    r"\b(?:sk|pk|rk)[-_]" + _TOKEN + "{16,}",  # OpenAI, Anthropic, Stripe, OpenRouter, Langfuse
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",  # AWS
    r"\bgh[opsur]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}",
    r"\bglpat-" + _TOKEN + "{20,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\bAIza" + _TOKEN + "{35}",  # Google
    r"\bya29\.[A-Za-z0-9._-]{20,}",
    r"\b(?:hf|npm|lsv2_pt|lsv2_sk|pypi|dop_v1|shpat|SG)[_.-]" + _TOKEN + "{20,}",
    r"\beyJ" + _TOKEN + r"{8,}\.eyJ" + _TOKEN + r"{8,}\.[A-Za-z0-9_-]*",  # JSON Web Tokens
    r"(?i:\bbearer\s+[A-Za-z0-9._~+/-]{20,}=*)",
    r"(?i:\b(?:" + _NAMES + r")[\"']?\s*[:=]\s*[\"']?[^\s\"',;&]{6,})",
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
)
"""Keys and tokens of services by how they begin, and whatever is assigned to a name that says secret."""

_INTERNATIONAL: Final = r"\+[1-9][0-9]{0,2}(?:[ .()/-]{0,2}[0-9]){6,13}\b"
_NORTH_AMERICAN: Final = r"(?:\(|\b)[2-9][0-9]{2}\)?[ .-]{1,2}[2-9][0-9]{2}[ .-][0-9]{4}\b"

RULES: Final = {
    rule.name: rule
    for rule in (
        Rule("keys", "|".join(_KEYS), with_mark("key")),
        Rule("emails", r"[\pL\pN._%+'-]+@[\pL\pN][\pL\pN.-]*\.\pL{2,24}\b", with_mark("email")),
        Rule("cards", r"\b(?:[0-9]{13,19}|[0-9]{3,7}(?:[ -][0-9]{3,7}){2,9})\b", without_cards),
        Rule(
            "phones",
            _INTERNATIONAL + "|" + _NORTH_AMERICAN,
            with_mark("phone"),
        ),
    )
}
"""The rules by name, in the order of their application: what is part of a key is no card."""

SECRET_NAME: Final = re.compile(
    r"(?i)(?:^|[._-])(?:authorization|cookie|set-cookie|pass(?:word|wd|phrase)|secret|(?:x[._-])?api[._-]?key"
    r"|secret[._-](?:access[._-])?key|private[._-]key|(?:access|auth|refresh|session|security|id)[._-]?token)s?$"
    r"|(?:API|SECRET|ACCESS)_?KEY$|(?:Password|Secret|ApiKey|AccessToken)$"
)
"""Names of attributes and members whose whole value is a secret, for the rule ``keys``."""
