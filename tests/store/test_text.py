"""What is searched: an index that knows ASCII alone finds the words that a query is made of."""

import re

from hypothesis import given
from hypothesis import strategies as st

from spanglass.store.text import plain_words, words

PIECES = st.sampled_from(
    ["Größe", "naïve", "snake_case", "17*23", "\uff21\uff11", "Straße", "e\u0301", "İ", "日本語", "\u00a0", "\u2028"]
)


def indexed(text: str) -> list[str]:
    """Split as FTS5's tokenizer "ascii" does: other characters than ASCII's are letters, ASCII's are folded."""
    found = re.findall("[a-zA-Z0-9\x80-\U0010ffff]+", text)
    return [re.sub("[A-Z]", lambda letter: letter[0].lower(), word) for word in found]


@given(st.lists(st.text() | PIECES | st.sampled_from([" ", "\n", "_", "-"])).map("".join))
def test_an_index_of_ascii_has_the_words(text: str) -> None:
    """Whatever the script, the index holds the words that ``words`` finds, in order."""
    assert indexed(plain_words(text)) == words(text)
