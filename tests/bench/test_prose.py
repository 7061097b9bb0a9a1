"""Generated prose is alike for one seed, and as varied as it is meant to be."""

# ruff: noqa: S311 (seeded generators are under test)

import random

import pytest
from backports import zstd

from bench.prose import Vocabulary, Writer


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(7)


@pytest.mark.parametrize(
    ("length", "least", "most"),
    [(300, 1.4, 1.65), (1200, 1.75, 2.15), (8000, 2.3, 2.85), (64_000, 2.9, 3.4)],
)
def test_compresses_like_english(vocabulary: Vocabulary, length: int, least: float, most: float) -> None:
    """Under zstd -3 a text is as small as English of its length, so that disk figures are not flattered."""
    texts = [
        Writer(vocabulary, random.Random(number)).text(length).encode() for number in range(max(3, 60_000 // length))
    ]
    ratio = sum(map(len, texts)) / sum(len(zstd.compress(text, 3)) for text in texts)
    assert least < ratio < most


def test_is_the_same_for_the_same_seed() -> None:
    """Two vocabularies of a seed write the same text, and another seed another one."""
    first, again, other = (Writer(Vocabulary(seed), random.Random(1)).text(500) for seed in (7, 7, 8))
    assert first == again != other


def test_vocabulary_is_large_and_without_repetition(vocabulary: Vocabulary) -> None:
    """There are several thousand different words."""
    assert len(vocabulary.words) == len(set(vocabulary.words)) == 6000


def test_text_is_about_as_long_as_asked(vocabulary: Vocabulary) -> None:
    """A text ends with the sentence that reaches the length."""
    lengths = [len(Writer(vocabulary, random.Random(number)).text(600)) for number in range(50)]
    assert min(lengths) >= 590
    assert max(lengths) < 1100
