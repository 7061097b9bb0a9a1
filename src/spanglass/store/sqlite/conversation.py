"""Sessions of a file as conversations: their orders, and the messages that hold words."""

from typing import Final

import apsw

from spanglass.store.compression import Compression
from spanglass.store.conversation import Order, Orders, ordered, read_said, said_page
from spanglass.store.interface import Said, SaidPage
from spanglass.store.sqlite import index
from spanglass.store.sqlite.database import fetch
from spanglass.store.sqlite.reader import Blocks, read_entries
from spanglass.store.views import holds

HITS_MAX: Final = 200
"""Hits of one session that are looked at for the first ones."""


class Conversations:
    """Reads what was said in sessions; used from any thread."""

    def __init__(self, compression: Compression) -> None:
        self._compression = compression
        self._orders = Orders()

    def page(self, connection: apsw.Connection, session: int, first: int, limit: int, bytes_max: int) -> SaidPage:
        """Return messages of a session in order; see ``interface.Store.said``."""
        blocks = Blocks(connection, self._compression, session)
        return said_page(blocks, self._order(connection, session), first, limit, bytes_max)

    def hits(self, connection: apsw.Connection, session: int, text: str, limit: int) -> list[Said]:
        """Return the first messages of a session that hold all words of a text; see ``interface.Store.hits``."""
        ordinals = set(index.hits(connection, session, text, HITS_MAX))
        if not ordinals:
            return []
        order = self._order(connection, session)
        wanted = [each for each in order.said if each[1] in ordinals]
        blocks = Blocks(connection, self._compression, session)
        return [each for each in read_said(blocks, order, wanted[:limit]) if holds(each.message, text)]

    def _order(self, connection: apsw.Connection, session: int) -> Order:
        ((version,),) = fetch(connection, "SELECT change FROM sessions WHERE number = ?", (session,))
        return self._orders.of(session, version, lambda: self._find(connection, session))

    def _find(self, connection: apsw.Connection, session: int) -> Order:
        """Go over the entries of a session."""
        places = {
            ordinal: (start_ns, span_id)
            for start_ns, span_id, ordinal in connection.execute(
                "SELECT start_ns, id, ordinal FROM spans WHERE session = ?", (session,)
            )
        }
        written = read_entries(connection, self._compression, session)
        return ordered(written, places, Blocks(connection, self._compression, session))
