"""A conversation is written once: what a long one takes on disk, beside what was said in it."""

# ruff: noqa: S311 (a seeded generator is the point, nothing here is secret)

import json
import random
import string
from pathlib import Path
from typing import Final

import pytest

from tests.integration.exports import Conversation, export
from tests.integration.serving import start

TURNS: Final = 200
RATIO_MAX: Final = 1.3
VOCABULARY: Final = 3000


def vocabulary(rng: random.Random) -> list[str]:
    """Return words of which some are said far more often than others, as in any language (Zipf's law)."""
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 11))) for _ in range(VOCABULARY)]
    return [word for rank, word in enumerate(words, start=1) for _ in range(VOCABULARY // rank)]


def stored(path: Path, *bodies: bytes) -> int:
    """Return the size of the file in which a server has kept requests, once it has stopped and left no other."""
    with start(path) as server:
        server.export(*bodies)
        assert server.stop() == 0
    assert {each.name for each in path.parent.iterdir()} == {path.name, server.log.name}
    return path.stat().st_size


@pytest.mark.parametrize(("words", "counts_empty_store"), [(30, False), (100, True)])
def test_takes_little_more_than_was_said(tmp_path: Path, *, words: int, counts_empty_store: bool) -> None:
    """A conversation of 200 turns takes at most 1.3 times the bytes of its distinct messages.

    Said are 800 messages of a role and a part each: 200 questions, calls of a tool, results and answers, a text being
    30 or 100 words; counted are the bytes of each one's JSON, once. They come in 800 spans, a turn a request: what was
    sent is some 200 times as much. Taken is the growth of the file against that of an empty store: messages, spans with
    all their members and what no member holds, and the full-text index. With texts of 100 words the bound holds for
    the whole file, too.
    """
    rng = random.Random(11)
    conversation = Conversation(rng, words=words, vocabulary=vocabulary(rng))
    bodies = [export(*turn).body for turn in conversation.turns(TURNS)]
    said = {json.dumps(message, ensure_ascii=False).encode() for message in conversation.messages}
    assert len(said) == 4 * TURNS
    (tmp_path / "empty").mkdir()
    empty = 0 if counts_empty_store else stored(tmp_path / "empty" / "spans.db")
    (tmp_path / "said").mkdir()
    taken = stored(tmp_path / "said" / "spans.db", *bodies) - empty
    assert taken <= RATIO_MAX * sum(map(len, said))
