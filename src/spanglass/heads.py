"""HTTP/1.1 as uvicorn's httptools protocol speaks it; heads are bounded, ends and shutdowns told to all concerned."""

from collections.abc import Sequence
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from spanglass.config import HEAD_BYTES_MAX

CLOSING: Final = "closing"
"""The name, among an application's state, of an ``asyncio.Event`` that is set once the server shuts down: answers that
would never end by themselves end then."""
REFUSAL: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b"
)


class HeadBoundedProtocol(HttpToolsProtocol):
    """Answers 400 and closes once a request line and its headers go on beyond ``HEAD_BYTES_MAX``.

    Bytes are counted a read at a time, those of the read that a head begins in not at all.

    Of requests that came before their predecessor was answered, uvicorn tells the last alone that the client is gone;
    here each is told. Others would write to a closed connection, or wait for the client for ever.
    """

    _head_bytes = 0
    _in_head = False
    _is_refused = False
    _pipelined: Sequence[RequestResponseCycle] = ()

    def shutdown(self) -> None:
        """Say that the server shuts down, and close or finish."""
        closing = self.app_state.get(CLOSING)
        if closing is not None:
            closing.set()
        super().shutdown()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._head_bytes, self._in_head = 0, True

    def on_headers_complete(self) -> None:
        """Stop counting."""
        self._in_head = False
        super().on_headers_complete()
        self._pipelined = [one for one in (*self._pipelined, self.cycle) if one and not one.response_complete]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all that is being answered."""
        self._give_up()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        for one in self._pipelined:
            one.disconnected = True
            one.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Parse what came, then see how long the head has become."""
        if self._is_refused:
            return
        began_before = self._in_head  # else most of this read may be the body before
        super().data_received(data)
        if began_before and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self.send_400_response("The head of the request is too long.")

    def send_400_response(self, msg: str) -> None:
        """Answer, and close later: closing with bytes unread would reset the connection, and the answer with it."""
        self._is_refused = True
        self._give_up()
        self.transport.write(REFUSAL % (len(msg), msg.encode("ascii")))
        self.transport.write_eof()
        self.loop.call_later(self.timeout_keep_alive, self.transport.close)
