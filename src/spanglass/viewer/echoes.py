"""What of a conversation only repeats what stands elsewhere in it, and is not to be told twice.

Frameworks tell one answer several times, and seldom in the same words: the model's call, the agent around it (with a
newline more, without the reasoning, with all calls of tools once again), the next call's history (with the text that
the first telling left out). A message that is told again as it was is one message already (``store/conversation.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from spanglass.model.message import SpanMessage
from spanglass.store.interface import Said
from spanglass.viewer.spans import AttributeMembers, SpanMembers

INFERENCE: Final = "inference"


class Heard(NamedTuple):
    """A message of a page (``shown``) or of what is around it, with what its span says of itself."""

    said: Said
    message: SpanMessage
    span: SpanMembers
    attributes: AttributeMembers
    shown: bool

    @property
    def by_model(self) -> bool:
        """Whether it is the answer of a model's call."""
        return self.said.output and self.attributes.operation_name == INFERENCE


class _Content(NamedTuple):
    """What a message says: its text without the space around it, the calls of tools that it makes, and whether more."""

    text: str
    uses: frozenset[str]
    thinks: bool
    more: bool

    def within(self, other: "_Content") -> bool:
        """Return whether another message says all of it."""
        return not (self.thinks or self.more) and self.uses <= other.uses and self.text in {"", other.text}


def _content(heard: Heard) -> _Content:
    values = heard.message.values
    text = "".join(value.text.value for value in values if value.text is not None).strip()
    uses = frozenset(value.tool_use.tool_use_id for value in values if value.tool_use is not None)
    thinks = any(value.reasoning is not None for value in values)
    more = any(value.tool_result is not None or (value.text is not None and value.text.citations) for value in values)
    return _Content(text, uses, thinks, more)


def without_echoes(heard: Sequence[Heard]) -> list[Heard]:
    """Return messages, in order, without those that agents repeat; fuller tellings stand in the place of the first."""
    return list(_unrepeated(_fullest(heard)))


def _fullest(heard: Sequence[Heard]) -> list[Heard]:
    """Put each message in the place of earlier ones that told a part of it; what these say stands in it then."""
    contents = [_content(each) for each in heard]
    placed = [[each] for each in heard]
    makers: dict[str, int] = {}
    previous: int | None = None
    for at, (each, content) in enumerate(zip(heard, contents, strict=True)):
        if content.uses and (each.by_model or not each.said.output):
            parts = {makers[use] for use in content.uses if use in makers}
            if previous is not None and _begins(heard[previous], contents[previous], each, content):
                parts.add(previous)
                placed[previous] = []
            if parts and all(contents[part].within(content) for part in parts):
                first = min(parts)
                placed[at] = []
                placed[first].insert(0, _instead(each, heard[first]))
        for use in content.uses:
            makers.setdefault(use, at)
        if each.message.participant == "BOT":
            previous = at
    return [each for place in placed for each in place]


def _begins(first: Heard, content: _Content, again: Heard, whole: _Content) -> bool:
    """Return whether an answer is the text of one that the next call's history tells with its calls of tools."""
    told = first.by_model and not again.said.output
    return told and not content.uses and bool(content.text) and content.within(whole)


def _instead(fuller: Heard, first: Heard) -> Heard:
    """Return a fuller telling in the place and at the time of the first; it is the model's, where one of them is."""
    teller = fuller if fuller.by_model else first
    values, timestamp = fuller.message.values, first.message.timestamp
    message = msgspec.structs.replace(teller.message, values=values, timestamp=timestamp)
    return teller._replace(message=message, shown=first.shown)


def _unrepeated(heard: Sequence[Heard]) -> Iterator[Heard]:
    """Leave out what agents answer with the words of a model that they called meanwhile."""
    contents = [_content(each) for each in heard]
    made = (
        content.uses for each, content in zip(heard, contents, strict=True) if each.by_model or not each.said.output
    )
    uses = frozenset[str]().union(*made)
    answers: dict[tuple[bytes, str], list[Heard]] = {}
    for each, content in zip(heard, contents, strict=True):
        if each.by_model and content.text:
            answers.setdefault((each.said.span.request_id, content.text), []).append(each)
    for each, content in zip(heard, contents, strict=True):
        if not _is_echo(each, content, uses, answers):
            yield each


def _is_echo(
    heard: Heard, content: _Content, uses: frozenset[str], answers: Mapping[tuple[bytes, str], Sequence[Heard]]
) -> bool:
    if not heard.said.output or heard.by_model or content.more or not content.uses <= uses:
        return False
    around = heard.said.span
    return any(
        around.start_ns <= each.said.span.start_ns and (not around.end_ns or each.said.span.start_ns <= around.end_ns)
        for each in answers.get((around.request_id, content.text), ())
    )
