"""Prose that looks like English to a compressor: Zipf-distributed words, phrases that recur, names, numbers, ids.

Random words alone compress worse than a language, and repeated paragraphs far better, so either would lie about disk.
A vocabulary of some 6,000 words, set phrases and a topic that a text keeps coming back to give the ratios of English
documentation under zstd -3: about 1.5 for 300 bytes, 2.0 for 1,200, 2.5 for 8,000 and 3.1 for 64,000.
"""

# ruff: noqa: S311, SIM905 (a seeded generator is the point; a word list reads best as text)

import itertools
import random
from collections.abc import Iterator
from typing import Final

COMMON: Final = """
the of and to a in is that for it as was with be by on not he i this are or his from at which but have an had they you
were their one all we can her has there been if more when will would who so no she other its may these what them than
some him time into only do such my new about out also two any up first could our then most see me should after said your
very between made many over before those how must being through where well both under such year because people way work
day each last same state even just like since long good make without might down number part own against here take great
little still between against system order account please number check help customer service thank contact delivery
payment address card date today tomorrow week month email phone question problem issue request detail information
available update change cancel return refund confirm need want know look find sure let give send receive arrive open
close start end price amount total fee charge balance item product store report status tracking package ship warehouse
booking flight hotel room seat ticket reservation policy plan support team agent member level access password reset
device line network data usage limit option offer discount code invoice billing cycle credit debit bank transfer
""".split()
"""The words that make up about half of any text, most frequent first."""

NAMES: Final = """
Amina Becker Carlos Dimitri Elena Farouk Greta Hiroshi Ingrid Jamal Keiko Liam Mbeki Nadia Okafor Priya Quentin Rosa
Stefan Tanaka Ursula Vikram Wanjiru Xiomara Yusuf Zoltan Almeida Bergstrom Castellanos Delacroix Eriksen Fitzgerald
Goldberg Hernandez Ivanova Jankowski Kowalczyk Lindqvist Moreau Nakamura Papadopoulos Rasmussen Schneider Takahashi
Lisbon Nairobi Osaka Toronto Valencia Warsaw Zürich Dublin Chicago Brisbane São Müller Béatrice Łukasz
""".split()

ONSETS: Final = "b c d f g h l m n p r s t v br ch cl cr dr fl gr pl pr sh sp st th tr".split()
NUCLEI: Final = "a e i o u a e i o ea ee io ou".split()
CODAS: Final = "n r s t l d nd nt st ll rm ct m p ck".split()
ENDINGS: Final = "s ed ing er ly tion ment able al".split()

WORDS: Final = 6000
PHRASES: Final = 2500
TOPIC_WORDS: Final = 50
TOPIC_PHRASES: Final = 12
ZIPF_OFFSET: Final = 2.7
"""Mandelbrot's constant: flattens the head of the distribution as languages do."""
SHARES: Final = {"word": 0.59, "phrase": 0.17, "turn": 0.11, "topic": 0.10, "fact": 0.03}
"""How often a piece of a sentence is what, found by comparing with English under zstd."""
COMMA_SHARE: Final = 0.08
PARAGRAPH_SHARE: Final = 0.12


def _cumulative(count: int) -> list[float]:
    """Return the cumulative Zipf-Mandelbrot weights of ``count`` ranks."""
    return list(itertools.accumulate(1 / (rank + ZIPF_OFFSET) for rank in range(1, count + 1)))


class Vocabulary:
    """The words and phrases that all texts of one seed share, most frequent first."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        words = dict.fromkeys(COMMON)
        while len(words) < WORDS:
            stem = "".join(rng.choice(ONSETS) + rng.choice(NUCLEI) for _ in range(rng.choice((1, 1, 2))))
            stem += rng.choice(CODAS)
            endings = ("", *rng.sample(ENDINGS, rng.choice((0, 1, 2))))
            words.update(dict.fromkeys(stem + ending for ending in endings))
        self.words: Final = list(words)[:WORDS]
        self._word_weights: Final = _cumulative(WORDS)
        self.phrases: Final = [" ".join(self.draw(rng, rng.choice((2, 3, 3, 4, 5)))) for _ in range(PHRASES)]
        self._phrase_weights: Final = _cumulative(PHRASES)

    def draw(self, rng: random.Random, count: int) -> list[str]:
        """Draw ``count`` words by frequency."""
        return rng.choices(self.words, cum_weights=self._word_weights, k=count)

    def phrase(self, rng: random.Random) -> str:
        """Draw a set phrase by frequency."""
        return rng.choices(self.phrases, cum_weights=self._phrase_weights)[0]


class Writer:
    """Writes the texts of one conversation: they share a topic, so words and phrases recur as in talk."""

    def __init__(self, vocabulary: Vocabulary, rng: random.Random) -> None:
        self._vocabulary = vocabulary
        self._rng = rng
        self._topic = vocabulary.draw(rng, TOPIC_WORDS)
        self._turns = [" ".join(vocabulary.draw(rng, rng.randint(3, 6))) for _ in range(TOPIC_PHRASES)]

    def text(self, length: int) -> str:
        """Write whole sentences, together about ``length`` characters."""
        sentences: list[str] = []
        written = 0
        while written < length:
            sentence = self.sentence()
            written += len(sentence) + 1
            sentences.append(sentence + ("\n\n" if self._rng.random() < PARAGRAPH_SHARE else " "))
        return "".join(sentences).strip()

    def sentence(self) -> str:
        """Write one sentence of 5 to 22 words or phrases."""
        words = " ".join(self._pieces(self._rng.randint(5, 22)))
        return words[0].upper() + words[1:] + self._rng.choice("......?!")

    def words(self, count: int) -> str:
        """Write a label of ``count`` words."""
        return " ".join(self._vocabulary.draw(self._rng, count))

    def name(self) -> str:
        """Return a first and a last name."""
        return " ".join(self._rng.sample(NAMES, 2))

    def order_id(self) -> str:
        """Return an id such as people read out on the phone."""
        return f"{self._rng.choice(('ORD', 'INV', 'RMA', 'BKG'))}-{self._rng.randrange(10**8):08d}"

    def _pieces(self, count: int) -> Iterator[str]:
        vocabulary, rng = self._vocabulary, self._rng
        words = vocabulary.draw(rng, count)
        for word, kind in zip(words, rng.choices(tuple(SHARES), tuple(SHARES.values()), k=count), strict=True):
            match kind:
                case "phrase":
                    piece = vocabulary.phrase(rng)
                case "turn":
                    piece = rng.choice(self._turns)
                case "topic":
                    piece = rng.choice(self._topic)
                case "fact":
                    piece = rng.choice((self.name, self.order_id, self.amount, self.date))()
                case _:
                    piece = word
            yield piece + "," if rng.random() < COMMA_SHARE else piece

    def amount(self) -> str:
        """Return a sum of money."""
        return f"${self._rng.randrange(100, 250_000) / 100:.2f}"

    def date(self) -> str:
        """Return a day of 2026."""
        return f"2026-{self._rng.randint(1, 12):02d}-{self._rng.randint(1, 28):02d}"
