"""Sessions of a file as conversations: their orders, found as far as needed, and the messages that hold words."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final

import apsw

from spanglass.store.compression import Compression
from spanglass.store.conversation import REMEMBERED_MAX, read_said, said_before
from spanglass.store.interface import Said, SaidPage
from spanglass.store.sqlite import index
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.order import Order
from spanglass.store.sqlite.reader import Blocks
from spanglass.store.views import Piece, holds, said_page

HITS_MAX: Final = 200
"""Hits of one session that are looked at for the first ones."""


class Conversations:
    """Reads what was said in sessions; used from any thread."""

    def __init__(self, compression: Compression) -> None:
        self._compression = compression
        self._lock = threading.Lock()
        self._orders: OrderedDict[int, Order] = OrderedDict()

    def page(self, connection: apsw.Connection, session: int, piece: Piece) -> SaidPage:
        """Return messages of a session in order; see ``interface.Store.said``."""
        end = piece.first if piece.back else piece.first + piece.limit
        order = self._order(connection, session, lambda order: len(order.uttered) > end)
        blocks = Blocks(connection, self._compression, session)
        return said_page(order.uttered, partial(read_said, blocks, order.entries), piece)

    def before(self, connection: apsw.Connection, session: int, before_ms: int) -> int:
        """Return how many messages of a session were said before a time; see ``interface.Store.said_before``."""
        order = self._order(connection, session, lambda order: order.is_known_before(before_ms))
        return said_before(order.uttered, before_ms)

    def hits(self, connection: apsw.Connection, session: int, text: str, limit: int) -> list[Said]:
        """Return the first messages of a session that hold all words of a text; see ``interface.Store.hits``."""
        ordinals = set(index.hits(connection, session, text, HITS_MAX))
        if not ordinals:
            return []
        order = self._order(connection, session, lambda order: order.holds(ordinals, limit))
        wanted = [each for each in order.said if each[1] in ordinals]
        blocks = Blocks(connection, self._compression, session)
        return [each for each in read_said(blocks, order.entries, wanted[:limit]) if holds(each.message, text)]

    def _order(self, connection: apsw.Connection, session: int, is_enough: Callable[[Order], bool]) -> Order:
        """Return a session's order, found as far as it is enough, or whole."""
        ((version,),) = fetch(connection, "SELECT change FROM sessions WHERE number = ?", (session,))
        with self._lock:
            order = self._orders.get(session)
            if order is None or order.version != version:
                order = self._orders[session] = Order(session, version)
            self._orders.move_to_end(session)
        with order.lock:
            while not order.is_whole and not is_enough(order):
                order.go_on(connection, self._compression)
        with self._lock:
            while len(self._orders) > 1 and sum(len(each.said) for each in self._orders.values()) > REMEMBERED_MAX:
                self._orders.popitem(last=False)
        return order
