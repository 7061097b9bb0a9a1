"""The order of a session's messages, found no further than pages need it.

It is found by going over entries in order of their spans' start, without reading messages: what was said before the
next span starts can be said earlier by none that follows.
"""

import heapq
import threading
from collections.abc import Iterable
from typing import Final

import apsw

from spanglass.store.compression import Compression
from spanglass.store.conversation import Lists
from spanglass.store.items import Entries, Place, spread
from spanglass.store.records import Entry
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.reader import Blocks, read_entries
from spanglass.store.views import Sayer, earlier_sayer

CHUNK_SPANS: Final = 256
"""Spans that are gone over at a time."""
NEAR: Final = 64
"""Ordinals between two entries up to which they are read in one go, with what lies between."""
REACHES_MAX: Final = CHUNK_SPANS // 4
"""Reads that one chunk may take: a session that was written in another order than its spans start is read whole."""


class Order:
    """Who said what first in a session as of a change, in order, by ordinal; ``uttered`` is without instructions."""

    def __init__(self, session: int, version: int) -> None:
        self.version = version
        self.lock = threading.Lock()
        """Held by who goes on; what is in order already changes no more."""
        self.is_whole = False
        self.said: list[tuple[Sayer, int]] = []
        self.uttered: list[tuple[Sayer, int]] = []
        self.entries: dict[bytes, int] = {}
        """The ordinals of the spans that were gone over, by id."""
        self._session = session
        self._after: tuple[int, bytes] = (-1, b"")
        """The last span that was gone over."""
        self._starts: dict[int, int] = {}
        """When the spans that were gone over start in ms, by the ordinal of their entry."""
        self._instructions: set[int] = set()
        self._placed: set[int] = set()
        self._sayers: dict[int, Sayer] = {}
        """Who said what first as far as is known, of what is not in order yet."""
        self._times: list[tuple[int, int]] = []
        """When that was, in ms, and its ordinal, as a heap; also of sayers that others took the place of."""

    def holds(self, ordinals: set[int], count: int) -> bool:
        """Return whether at least so many of these ordinals are in order."""
        return len(ordinals & self._placed) >= min(count, len(ordinals))

    def is_known_before(self, ms: int) -> bool:
        """Return whether all that was said before a time is in order."""
        return self._after[0] // 1_000_000 >= ms

    def go_on(self, connection: apsw.Connection, compression: Compression) -> None:
        """Go over some more spans."""
        places: list[Place] = fetch(
            connection,
            "SELECT start_ns, id, ordinal FROM spans WHERE session = ? AND (start_ns, id) > (?, ?)"
            " ORDER BY start_ns, id LIMIT ?",
            (self._session, *self._after, CHUNK_SPANS),
        )
        lists = Lists(Entries(Blocks(connection, compression, self._session)))
        reaches = _reaches(ordinal for _, _, ordinal in places)
        scattered = len(reaches) > REACHES_MAX
        if scattered:
            self._go_over_all(connection, compression, lists)
        else:
            found: dict[int, Entry] = {}
            for low, high in reaches:
                found.update(read_entries(connection, compression, self._session, low, high))
            for place in places:
                self._place_before(place[0] // 1_000_000)
                self._note(place, found[place[2]], lists)
            self._after = places[-1][:2] if places else self._after
        if scattered or len(places) < CHUNK_SPANS:
            self._place_before(1 << 62)
            self.is_whole = True

    def _go_over_all(self, connection: apsw.Connection, compression: Compression, lists: Lists) -> None:
        """Go over all entries in order of writing: none is read twice, but nothing is known before the last."""
        rows = connection.execute("SELECT start_ns, id, ordinal FROM spans WHERE session = ?", (self._session,))
        places: dict[int, Place] = {place[2]: place for place in rows}
        for ordinal, entry in read_entries(connection, compression, self._session):
            if ordinal in places:  # else another version of the span has taken its place
                self._note(places[ordinal], entry, lists)

    def _note(self, place: Place, entry: Entry, lists: Lists) -> None:
        """Take note of what a span says."""
        start_ns, span_id, ordinal = place
        began_ms = self._starts.get(ordinal - entry.back)
        self._starts[ordinal] = start_ns // 1_000_000
        self.entries[span_id] = ordinal
        self._instructions.update(spread(entry.system))
        for ordinals, first, ms, output in lists.tellings(ordinal, entry, start_ns, began_ms):
            for at in range(first, len(ordinals)):
                if ordinals[at] not in self._placed:
                    self._note_message(ordinals[at], (ms, start_ns, span_id, output, at))

    def _note_message(self, message: int, sayer: Sayer) -> None:
        known = self._sayers.get(message)
        if known is None or sayer[0] < known[0]:
            self._sayers[message] = sayer
            heapq.heappush(self._times, (sayer[0], message))
        elif sayer[0] == known[0]:
            self._sayers[message] = earlier_sayer(known, sayer)

    def _place_before(self, ms: int) -> None:
        """Put in order what was said before a time."""
        ready: list[tuple[Sayer, int]] = []
        while self._times and self._times[0][0] < ms:
            said_ms, message = heapq.heappop(self._times)
            sayer = self._sayers.get(message)
            if sayer is not None and sayer[0] == said_ms:
                ready.append((sayer, message))
                del self._sayers[message]
                self._placed.add(message)
        ready.sort()
        self.said += ready
        self.uttered += [each for each in ready if each[1] not in self._instructions]


def _reaches(ordinals: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and last ordinals of those that lie near each other."""
    reaches: list[tuple[int, int]] = []
    for ordinal in sorted(ordinals):
        if reaches and ordinal - reaches[-1][1] <= NEAR:
            reaches[-1] = reaches[-1][0], ordinal
        else:
            reaches.append((ordinal, ordinal))
    return reaches
