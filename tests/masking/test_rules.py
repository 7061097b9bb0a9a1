"""What the built-in rules take for a secret, and what they leave."""

import pytest

from spanglass.masking import RULES, Masker, Masks

MASKER = Masker(Masks(tuple(RULES)))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("pay with 4111111111111111 now", "pay with [card] now"),
        ("4111 1111 1111 1111", "[card]"),
        ("378282246310005, 5555-5555-5555-4444", "[card], [card]"),
        ("3782 822463 10005", "[card]"),
        ("2020 4111 1111 1111 1111 123", "2020 [card] 123"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[card] [card]"),
        ("4111 1111 1111 1111 1225", "[card] 1225"),
        ("6011000990139424 2223003122003222", "[card] [card]"),
    ],
)
def test_cards(text: str, masked: str) -> None:
    """Numbers that are a card's by length, beginning and check digit, in whatever company."""
    assert MASKER.text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "1700000000000000000",
        "1234 5678 9012 3452",
        "41111111111111111111111",
        "a4111111111111111",
        "411111111111",
        "17*23 = 391",
        "2026-11-25 23:31:24",
        "11111111-2222-4333-8444-555555555555",
    ],
)
def test_other_digits_stay(text: str) -> None:
    """Digits that fail the check, begin otherwise, are too few or too many, or part of a word are none."""
    assert MASKER.text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to bob.o'neil+x@mail.example.co.uk.", "write to [email]."),
        ("<müller@bücher.example>", "<[email]>"),
        ("a@b.cc", "[email]"),
    ],
)
def test_emails(text: str, masked: str) -> None:
    """Addresses, in any script."""
    assert MASKER.text(text) == masked


@pytest.mark.parametrize("text", ["@mention", "left-pad@1.3.0", "x = a @ b", "user@localhost"])
def test_no_emails(text: str) -> None:
    """What has no domain of letters is no address."""
    assert MASKER.text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call +49 151 23456789", "call [phone]"),
        ("+1-415-555-2671", "[phone]"),
        ("(415) 555-2671 or 415.555.2671", "[phone] or [phone]"),
        ("+4915123456789", "[phone]"),
    ],
)
def test_phones(text: str, masked: str) -> None:
    """Numbers with a country, and North American ones in groups."""
    assert MASKER.text(text) == masked


KEYS = [
    "sk-proj-abcdefghij0123456789",
    "sk-ant-api03-abcdefghijklmnop",
    "sk_live_abcdefghijklmnop",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_abcdefghijklmnopqrstuvwxyz",
    "glpat-abcdefghijklmnopqrst",
    "xoxb-1234567890-abcdef",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
    "ya29.abcdefghijklmnopqrstuvwxyz",
    "hf_abcdefghijklmnopqrstuvwxyz",
    "lsv2_pt_abcdefghijklmnopqrstuvwxyz",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "Bearer abcdefghijklmnopqrstuvwxyz",
    "password=hunter22",
    "api_key: 'abcdef123456",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nabc that was cut off",
]


@pytest.mark.parametrize("key", KEYS)
def test_keys(key: str) -> None:
    """Keys and tokens by how they begin, and what is assigned to a name that says secret."""
    assert MASKER.text(f"use {key}").startswith("use [key]")
    assert key[-6:] not in MASKER.text(f"use {key}")


@pytest.mark.parametrize("text", ["the key to success", "bearer of good news", "password: ?", "task-force of skills"])
def test_no_keys(text: str) -> None:
    """Words are no secrets."""
    assert MASKER.text(text) == text


def test_only_rules_that_are_on_apply() -> None:
    """A rule that was not asked for finds nothing."""
    text = "bob@mail.example 4111111111111111"
    assert Masker(Masks(("cards",))).text(text) == "bob@mail.example [card]"
    assert Masker(Masks()).text(text) == text


@pytest.mark.parametrize("text", ["4 " * 20_000, "411 " * 20_000, "a@" * 20_000, "+1 " * 20_000, "sk- " * 20_000])
def test_texts_made_to_be_slow_are_not(text: str) -> None:
    """A text of many near misses is masked in the time of its length; the test's own limit is its proof."""
    assert MASKER.text(text) == text
