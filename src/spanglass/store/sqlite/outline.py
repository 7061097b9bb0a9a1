"""A session's spans without what was said in them: entries are read, messages only counted and compared by ordinal."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

import apsw

from spanglass.model.record import Fragment, Members, SpanRecord
from spanglass.store.compression import Compression
from spanglass.store.interface import LOOK_BACK, Cursor, Outlined, OutlinePage
from spanglass.store.records import RUNNING, Entry, decode_entry
from spanglass.store.rollups import operation, tool_used
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.reader import DENSE, Blocks, Place
from spanglass.store.views import Call, goes_on_from

REMEMBERED_MAX: Final = 512
"""Entries whose messages are held while a page is read: later ones of one conversation refer to them."""


def read_outline(
    connection: apsw.Connection, compression: Compression, session: int, after: Cursor | None, limit: int
) -> OutlinePage:
    """Return a page of a session's outline; see ``interface.Store.outline``."""
    start = (after.start_ns, after.span_id) if after else (-1, b"")
    places = fetch(
        connection,
        "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND (start_ns, id) > (?, ?)"
        " ORDER BY start_ns, id LIMIT ?",
        (session, *start, limit + 1),
    )
    before = fetch(
        connection,
        "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND (start_ns, id) <= (?, ?)"
        " ORDER BY start_ns DESC, id DESC LIMIT ?",
        (session, *start, LOOK_BACK),
    )
    entries = Entries(connection, compression, session)
    entries.prepare([*before, *places])
    calls: deque[Call] = deque(maxlen=LOOK_BACK)
    for place in reversed(before):
        calls.append(entries.call(place, entries.record(place)))
    page: list[Outlined] = []
    for place in places[:limit]:
        record = entries.record(place)
        page.append(entries.outlined(place, record, calls))
        calls.append(entries.call(place, record))
    more = len(places) > limit
    return OutlinePage(page, Cursor(page[-1].span.start_ns, page[-1].span.span_id) if more else None)


class Entries:
    """The entries of a session, with the ordinals of their messages."""

    def __init__(self, connection: apsw.Connection, compression: Compression, session: int) -> None:
        self._blocks = Blocks(connection, compression, session)
        self._said: OrderedDict[int, tuple[list[int], list[int]]] = OrderedDict()

    def prepare(self, places: Sequence[Place]) -> None:
        """Read the blocks of these places at once where they lie close together."""
        ordinals = [ordinal for _, _, ordinal in places]
        if ordinals and max(ordinals) - min(ordinals) < DENSE * len(ordinals):
            self._blocks.read(min(ordinals), max(ordinals) + 1)

    def entry(self, ordinal: int) -> Entry:
        """Return an entry."""
        return decode_entry(self._blocks[ordinal])

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
            recurring=self.fragment(entry.recurring),
            own=Members(entry.own_span, entry.own_attributes),
        )

    def call(self, place: Place, record: SpanRecord) -> Call:
        """Return the span at a place as a call that a later one may go on from."""
        inputs, outputs = self.said(place[2])
        return Call(record.span_id, operation(record), inputs + outputs)

    def outlined(self, place: Place, record: SpanRecord, earlier: Sequence[Call]) -> Outlined:
        """Return the outline of the span at a place."""
        inputs, _ = self.said(place[2])
        role = operation(record)
        previous, kept = goes_on_from(inputs, role, earlier)
        tool = tool_used(self.fragment(inputs[0])) if inputs and role == "execute_tool" else ""
        return Outlined(record, len(inputs), previous, kept, tool)

    def said(self, ordinal: int) -> tuple[list[int], list[int]]:
        """Return the ordinals of an entry's inputs and outputs."""
        return self._said.get(ordinal) or self._messages(ordinal, self.entry(ordinal))

    def _messages(self, ordinal: int, entry: Entry) -> tuple[list[int], list[int]]:
        inputs, outputs = spread(entry.inputs), spread(entry.outputs)
        if entry.back:
            earlier_inputs, earlier_outputs = self.said(ordinal - entry.back)
            inputs = (earlier_inputs + earlier_outputs)[: entry.kept] + inputs
        self._said[ordinal] = inputs, outputs
        while len(self._said) > REMEMBERED_MAX:
            self._said.popitem(last=False)
        return inputs, outputs

    def fragment(self, ordinal: int) -> Fragment:
        """Return a fragment."""
        return self._blocks[ordinal]  # type: ignore[return-value]  # entries refer to fragments


def spread(coded: Sequence[int]) -> list[int]:
    """Return the ordinals that runs stand for; see ``records.runs``."""
    ordinals: list[int] = []
    for first, count in zip(coded[::2], coded[1::2], strict=True):
        ordinals.extend(range(first, first + count))
    return ordinals
