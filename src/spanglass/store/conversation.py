"""A session as a conversation: which span said each message first, and the messages in that order.

The order is found by going over all entries once, without reading messages. It is remembered for some sessions, since
their pages are read one after the other.
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass.store.interface import Said
from spanglass.store.items import Entries, Items, spread
from spanglass.store.records import RUNNING, Entry
from spanglass.store.views import Sayer, earlier_sayer

REMEMBERED_MAX: Final = 200_000
"""Messages of all sessions whose order is remembered, some 300 bytes each."""
HELD_MAX: Final = 512
"""Entries whose messages are held while a session is gone over."""


class Order(NamedTuple):
    """Who said what first in a session, in order, by ordinal; ``uttered`` is without instructions.

    ``entries`` are the ordinals of the spans that said something first, by id.
    """

    said: list[tuple[Sayer, int]]
    uttered: list[tuple[Sayer, int]]
    entries: dict[bytes, int]


class Orders:
    """Orders of sessions, each as of a state of its session; used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: OrderedDict[Hashable, tuple[Hashable, Order]] = OrderedDict()

    def of(self, session: Hashable, version: Hashable, find: Callable[[], Order]) -> Order:
        """Return the order of a session in a state; ``find`` is called where it is not remembered."""
        with self._lock:
            known = self._orders.get(session)
            if known is not None and known[0] == version:
                self._orders.move_to_end(session)
                return known[1]
        order = find()
        with self._lock:
            self._orders[session] = version, order
            self._orders.move_to_end(session)
            while len(self._orders) > 1 and sum(len(kept.said) for _, kept in self._orders.values()) > REMEMBERED_MAX:
                self._orders.popitem(last=False)
        return order


def said_before(uttered: Sequence[tuple[Sayer, int]], before_ms: int) -> int:
    """Return how many messages of an order were said before a time."""
    return bisect_left(uttered, before_ms, key=lambda each: each[0][0])


def read_said(items: Items, entries: Mapping[bytes, int], wanted: Sequence[tuple[Sayer, int]]) -> Iterator[Said]:
    """Yield some messages of an order; ``entries`` are the ordinals of the spans that said them, by id."""
    read = Entries(items)
    items.prepare([ordinal for _, ordinal in wanted])
    spans = {}
    for (_, start_ns, span_id, output, _), ordinal in wanted:
        if span_id not in spans:
            spans[span_id] = read.record((start_ns, span_id, entries[span_id]))
        yield Said(items.fragment(ordinal), spans[span_id], output)


def ordered(written: Iterable[tuple[int, Entry]], places: Mapping[int, tuple[int, bytes]], items: Items) -> Order:
    """Go over the entries of a session, in order of writing, and find for each message who said it first.

    ``places`` are the start and id of the span of each entry that no other version has taken the place of.
    """
    sayers: dict[int, Sayer] = {}
    instructions: set[int] = set()
    lists = Lists(Entries(items))
    for ordinal, entry in written:
        if ordinal not in places:
            lists.of(ordinal, entry)
            continue  # another version of the span has taken its place
        start_ns, span_id = places[ordinal]
        began = places.get(ordinal - entry.back)
        instructions.update(spread(entry.system))
        for told in lists.tellings(ordinal, entry, start_ns, None if began is None else began[0] // 1_000_000):
            _note(sayers, told.ordinals, told.first, (told.ms, start_ns, span_id, told.output))
    order = sorted((sayer, ordinal) for ordinal, sayer in sayers.items())
    saying = {sayer[2] for sayer in sayers.values()}
    entries = {span_id: ordinal for ordinal, (_, span_id) in places.items() if span_id in saying}
    return Order(order, [each for each in order if each[1] not in instructions], entries)


class Telling(NamedTuple):
    """Messages that a span tells, those of its list from number ``first`` on, and when, in ms."""

    ordinals: list[int]
    first: int
    ms: int
    output: bool


class Lists:
    """What entries heard and said, by ordinal; that of the latest entries is held, as later ones refer to them."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._held: OrderedDict[int, tuple[list[int], list[int]]] = OrderedDict()

    def tellings(self, ordinal: int, entry: Entry, start_ns: int, began_ms: int | None) -> Sequence[Telling]:
        """Return what an entry tells that may be told first by it.

        ``began_ms`` is the start of the span of the entry that it goes on from, None if that has no place any more.
        """
        heard, said, inherited = self.of(ordinal, entry)
        start_ms = start_ns // 1_000_000
        end_ms = start_ms if entry.duration_ns == RUNNING else (start_ns + entry.duration_ns) // 1_000_000
        # What an earlier call had as an input was said by then; only what it said itself may have been said later.
        known = inherited if began_ms is not None and began_ms < start_ms else 0
        return (
            Telling(heard, known, start_ms, output=False),
            Telling(said, 0, end_ms, output=True),
            Telling(spread(entry.system), 0, start_ms, output=False),
        )

    def of(self, ordinal: int, entry: Entry) -> tuple[list[int], list[int], int]:
        """Return the inputs and outputs of an entry, and how many inputs are inputs of the entry it goes on from."""
        inputs, outputs, inherited = spread(entry.inputs), spread(entry.outputs), 0
        if entry.back:
            earlier = self._held.get(ordinal - entry.back) or self._entries.said(ordinal - entry.back)
            inputs = (earlier[0] + earlier[1])[: entry.kept] + inputs
            inherited = min(entry.kept, len(earlier[0]))
        self._held[ordinal] = inputs, outputs
        if len(self._held) > HELD_MAX:
            self._held.popitem(last=False)
        return inputs, outputs, inherited


def _note(sayers: dict[int, Sayer], ordinals: Sequence[int], first: int, said: tuple[int, int, bytes, bool]) -> None:
    """Take note that a span says these messages, from one on; most were said before, which has to be seen quickly."""
    ms = said[0]
    for place in range(first, len(ordinals)):
        ordinal = ordinals[place]
        known = sayers.get(ordinal)
        if known is None or ms < known[0]:
            sayers[ordinal] = (*said, place)
        elif ms == known[0]:
            sayers[ordinal] = earlier_sayer(known, (*said, place))
