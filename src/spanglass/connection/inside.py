"""An ASGI application within this process, asked as if over HTTP, from any thread."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from queue import SimpleQueue
from typing import Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from spanglass.connection.interface import NO_HEADERS, Answer, Streamed

HOST: Final = "localhost"


class Inside:
    """Asks an application that runs in a thread of its own; see ``interface.Connection``."""

    def __init__(self, opening: AbstractAsyncContextManager[ASGIApp], place: str) -> None:
        """Enter what opens the application, in its thread; whatever that raises is raised here."""
        self.place: Final = place
        self._opening = opening
        self._loop: Final = asyncio.new_event_loop()
        self._thread: Final = threading.Thread(target=self._loop.run_forever, name="spanglass-inside", daemon=True)
        self._thread.start()
        try:
            self._app = asyncio.run_coroutine_threadsafe(opening.__aenter__(), self._loop).result()
        except BaseException:
            self._stop()
            raise

    def ask(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """See ``interface.Connection``."""
        with self.stream(method, target, body, headers) as streamed:
            return Answer(streamed.status, streamed.headers, b"".join(streamed.pieces))

    @contextmanager
    def stream(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS
    ) -> Iterator[Streamed]:
        """See ``interface.Connection``."""
        told: SimpleQueue[Message | None] = SimpleQueue()
        answering = asyncio.run_coroutine_threadsafe(
            self._answer(_scope(method, target, {"host": HOST, **headers}), body, told), self._loop
        )
        answering.add_done_callback(lambda _: told.put(None))

        def messages() -> Iterator[Message]:
            yield from iter(told.get, None)
            answering.result()  # raises what the application raised

        coming = messages()
        try:
            start = next(coming)
            names = {name.decode(): value.decode() for name, value in start["headers"]}
            yield Streamed(start["status"], names, (message.get("body", b"") for message in coming))
        finally:
            answering.cancel()

    async def _answer(self, scope: Scope, body: bytes, told: SimpleQueue[Message | None]) -> None:
        whole: list[Message] = [{"type": "http.request", "body": body}]

        async def receive() -> Message:
            if not whole:
                await asyncio.Event().wait()  # nobody hangs up but by cancelling
            return whole.pop()

        async def send(message: Message) -> None:
            told.put(message)
            await asyncio.sleep(0)  # so that an answer that never ends can be ended

        await self._app(scope, receive, send)

    def close(self) -> None:
        """See ``interface.Connection``."""
        try:
            asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
            asyncio.run_coroutine_threadsafe(self._opening.__aexit__(None, None, None), self._loop).result()
        finally:
            self._stop()

    async def _hang_up(self) -> None:
        """End all answers that are under way."""
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for answering in under_way:
            answering.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _scope(method: str, target: str, headers: Mapping[str, str]) -> Scope:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
