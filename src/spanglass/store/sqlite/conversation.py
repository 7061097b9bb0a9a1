"""A session as a conversation: which span said each message first, and the messages in that order.

The order is found by going over all entries once, without reading messages. It is remembered for some sessions, since
their pages are read one after the other.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import apsw

from spanglass.store.compression import Compression
from spanglass.store.interface import Said, SaidPage
from spanglass.store.records import RUNNING, Entry
from spanglass.store.sqlite import index
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.outline import Entries, spread
from spanglass.store.sqlite.reader import read_entries, read_place
from spanglass.store.views import Sayer, earlier_sayer, holds, within_bytes

REMEMBERED_MAX: Final = 200_000
"""Messages of all sessions whose order is remembered, some 300 bytes each."""
HITS_MAX: Final = 200
"""Hits of one session that are looked at for the first ones."""


HELD_MAX: Final = 512
"""Entries whose messages are held while a session is gone over."""


class _Order(NamedTuple):
    """Who said what first in a session as of a change, in order, by ordinal; ``uttered`` is without instructions."""

    version: int
    said: list[tuple[Sayer, int]]
    uttered: list[tuple[Sayer, int]]


class Conversations:
    """Reads what was said in sessions; used from any thread."""

    def __init__(self, compression: Compression) -> None:
        self._compression = compression
        self._lock = threading.Lock()
        self._orders: OrderedDict[int, _Order] = OrderedDict()

    def page(self, connection: apsw.Connection, session: int, first: int, limit: int, bytes_max: int) -> SaidPage:
        """Return messages of a session in order; see ``interface.Store.said``."""
        order = self._order(connection, session)
        said = self._read(connection, session, order.uttered[first : first + limit])
        return SaidPage(within_bytes(said, bytes_max), first, len(order.uttered))

    def hits(self, connection: apsw.Connection, session: int, text: str, limit: int) -> list[Said]:
        """Return the first messages of a session that hold all words of a text; see ``interface.Store.hits``."""
        ordinals = set(index.hits(connection, session, text, HITS_MAX))
        if not ordinals:
            return []
        wanted = [each for each in self._order(connection, session).said if each[1] in ordinals]
        return [each for each in self._read(connection, session, wanted[:limit]) if holds(each.message, text)]

    def _read(self, connection: apsw.Connection, session: int, wanted: Sequence[tuple[Sayer, int]]) -> Iterator[Said]:
        entries = Entries(connection, self._compression, session)
        spans = {}
        for (_, start_ns, span_id, output, _), ordinal in wanted:
            if span_id not in spans:
                spans[span_id] = entries.record(read_place(connection, session, start_ns, span_id))
            yield Said(entries.fragment(ordinal), spans[span_id], output)

    def _order(self, connection: apsw.Connection, session: int) -> _Order:
        ((version,),) = fetch(connection, "SELECT change FROM sessions WHERE number = ?", (session,))
        with self._lock:
            known = self._orders.get(session)
            if known is not None and known.version == version:
                self._orders.move_to_end(session)
                return known
        order = self._ordered(connection, session, version)
        with self._lock:
            self._orders[session] = order
            self._orders.move_to_end(session)
            while len(self._orders) > 1 and sum(len(each.said) for each in self._orders.values()) > REMEMBERED_MAX:
                self._orders.popitem(last=False)
        return order

    def _ordered(self, connection: apsw.Connection, session: int, version: int) -> _Order:
        """Go over the entries of a session and find for each message who said it first."""
        places = {
            ordinal: (start_ns, span_id)
            for start_ns, span_id, ordinal in connection.execute(
                "SELECT start_ns, id, ordinal FROM spans WHERE session = ?", (session,)
            )
        }
        sayers: dict[int, Sayer] = {}
        instructions: set[int] = set()
        lists = _Lists(Entries(connection, self._compression, session))
        for ordinal, entry in read_entries(connection, self._compression, session):
            heard, said, inherited = lists.of(ordinal, entry)
            if ordinal not in places:
                continue  # another version of the span has taken its place
            start_ns, span_id = places[ordinal]
            start_ms = start_ns // 1_000_000
            end_ms = start_ms if entry.duration_ns == RUNNING else (start_ns + entry.duration_ns) // 1_000_000
            began = places.get(ordinal - entry.back)
            # What an earlier call had as an input was said by then; only what it said itself may have been said later.
            known = inherited if began is not None and began[0] // 1_000_000 < start_ms else 0
            system = spread(entry.system)
            instructions.update(system)
            for ordinals, first, ms, output in (
                (heard, known, start_ms, False),
                (said, 0, end_ms, True),
                (system, 0, start_ms, False),
            ):
                _note(sayers, ordinals, first, (ms, start_ns, span_id, output))
        order = sorted((sayer, ordinal) for ordinal, sayer in sayers.items())
        return _Order(version, order, [each for each in order if each[1] not in instructions])


class _Lists:
    """What entries heard and said, by ordinal; that of the latest entries is held, as later ones refer to them."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._held: OrderedDict[int, tuple[list[int], list[int]]] = OrderedDict()

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
