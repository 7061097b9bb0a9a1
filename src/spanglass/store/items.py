"""A session's items by ordinal, and what is made of them: spans, whole or without what was said in them."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from spanglass.model.record import Fragment, Members, SpanRecord
from spanglass.store.records import RUNNING, Entry, Item, decode_entry, unrun
from spanglass.store.rollups import operation
from spanglass.store.views import Call

SAID_MAX: Final = 512
"""Entries whose messages are held while a session is read: later ones of one conversation refer to them."""

Place = tuple[int, bytes, int]
"""A span's place in the order: start, id, ordinal of its entry."""


class Items(dict[int, Item], ABC):
    """The items of one session by ordinal, read from a backend as they are asked for and kept while this lives."""

    def __init__(self) -> None:
        self._messages: dict[int, tuple[Fragment, ...]] = {}

    @abstractmethod
    def prepare(self, ordinals: Sequence[int]) -> None:
        """Read what of these items a backend reads better at once than one by one."""

    def records(self, places: Sequence[Place]) -> list[SpanRecord]:
        """Return the spans at these places."""
        self.prepare([ordinal for _, _, ordinal in places])
        return [self._record(*place) for place in places]

    def _record(self, start_ns: int, span_id: bytes, ordinal: int) -> SpanRecord:
        entry = decode_entry(self[ordinal])
        inputs, outputs = self._said(ordinal, entry)
        return SpanRecord(
            span_id,
            entry.parent_span_id,
            entry.request_id,
            start_ns,
            0 if entry.duration_ns == RUNNING else start_ns + entry.duration_ns,
            self.fragment(entry.recurring),
            Members(entry.own_span, entry.own_attributes),
            inputs,
            outputs,
            unrun(entry.system, self.fragment),
            unrun(entry.details, self.fragment),
            entry.own_detail,
            entry.inputs_shown_from,
            entry.outputs_shown_from,
        )

    def _said(self, ordinal: int, entry: Entry) -> tuple[tuple[Fragment, ...], tuple[Fragment, ...]]:
        inputs, outputs = unrun(entry.inputs, self.fragment), unrun(entry.outputs, self.fragment)
        if entry.back:
            inputs = self._said_by(ordinal - entry.back)[: entry.kept] + inputs
        self._messages[ordinal] = inputs + outputs
        return inputs, outputs

    def _said_by(self, ordinal: int) -> tuple[Fragment, ...]:
        """Return the messages of an entry, inputs then outputs."""
        if ordinal not in self._messages:
            self._said(ordinal, decode_entry(self[ordinal]))
        return self._messages[ordinal]

    def fragment(self, ordinal: int) -> Fragment:
        """Return a fragment."""
        return self[ordinal]  # type: ignore[return-value]  # entries refer to fragments


class Entries:
    """The entries of a session, with the ordinals of their messages."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self._said: OrderedDict[int, tuple[list[int], list[int]]] = OrderedDict()

    def entry(self, ordinal: int) -> Entry:
        """Return an entry."""
        return decode_entry(self.items[ordinal])

    def record(self, place: Place) -> SpanRecord:
        """Return the span at a place without messages, instructions and details."""
        start_ns, span_id, ordinal = place
        entry = self.entry(ordinal)
        self._messages(ordinal, entry)
        return SpanRecord(
            span_id=span_id,
            parent_span_id=entry.parent_span_id,
            request_id=entry.request_id,
            start_ns=start_ns,
            end_ns=0 if entry.duration_ns == RUNNING else start_ns + entry.duration_ns,
            recurring=self.items.fragment(entry.recurring),
            own=Members(entry.own_span, entry.own_attributes),
        )

    def call(self, place: Place, record: SpanRecord) -> Call:
        """Return the span at a place as a call that a later one may go on from."""
        inputs, outputs = self.said(place[2])
        return Call(record.span_id, operation(record), inputs + outputs)

    def said(self, ordinal: int) -> tuple[list[int], list[int]]:
        """Return the ordinals of an entry's inputs and outputs."""
        return self._said.get(ordinal) or self._messages(ordinal, self.entry(ordinal))

    def _messages(self, ordinal: int, entry: Entry) -> tuple[list[int], list[int]]:
        inputs, outputs = spread(entry.inputs), spread(entry.outputs)
        if entry.back:
            earlier_inputs, earlier_outputs = self.said(ordinal - entry.back)
            inputs = (earlier_inputs + earlier_outputs)[: entry.kept] + inputs
        self._said[ordinal] = inputs, outputs
        while len(self._said) > SAID_MAX:
            self._said.popitem(last=False)
        return inputs, outputs


def spread(coded: Sequence[int]) -> list[int]:
    """Return the ordinals that runs stand for; see ``records.runs``."""
    ordinals: list[int] = []
    for first, count in zip(coded[::2], coded[1::2], strict=True):
        ordinals.extend(range(first, first + count))
    return ordinals
