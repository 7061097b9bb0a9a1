"""The client for programs with an event loop: the blocking one, each of whose requests has a thread."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final, ParamSpec, Self, TypeAlias, TypeVar, Unpack

from spanglass.client.blocking import Client, ListSpansRequest, Options, following
from spanglass.client.spans import Span, SpanPage

P = ParamSpec("P")
T = TypeVar("T")
_END: Final = object()


class AsyncClient:
    """``Client``, whose operations are awaited and whose pages and spans are iterated over with ``async for``.

    As many requests are under way at a time as the client has connections (``max_pool_connections`` of botocore's
    ``Config``, 10 by default); others wait. A request that is cancelled is no longer waited for, and ends by itself.

    Raises:
        botocore.exceptions.BotoCoreError: As of ``Client``.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._client: Final = Client(**options)
        self._threads: Final = ThreadPoolExecutor(self._client.meta.config.max_pool_connections, "spanglass-client")

    async def list_spans(self, **request: Unpack[ListSpansRequest]) -> dict[str, Any]:
        """Return a page of a session's spans; raises what ``Client.list_spans`` raises."""
        return await self._run(self._client.list_spans, **request)

    async def span_page(self, **request: Unpack[ListSpansRequest]) -> SpanPage:
        """Return what ``list_spans`` returns, as types; raises what ``Client.span_page`` raises."""
        return await self._run(self._client.span_page, **request)

    async def spans(self, **request: Unpack[ListSpansRequest]) -> AsyncIterator[Span]:
        """Yield a session's spans, page by page as they are asked for; raises what ``Client.spans`` raises."""
        asked: ListSpansRequest | None = request
        while asked is not None:
            page = await self.span_page(**asked)
            for span in page.spans:
                yield span
            asked = following(asked, page)

    def get_paginator(self, operation_name: str) -> "AsyncPaginator":
        """Return what iterates over an operation's pages; raises what boto3's raises."""
        return AsyncPaginator(self._client.get_paginator(operation_name), self._run)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (botocore has no types)
        """Return an operation to be awaited, or whatever else botocore's client has under a name."""
        found = getattr(self._client, name)
        return functools.partial(self._run, found) if name in self._client.meta.method_to_api_mapping else found

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *dir(self._client)})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and threads; what is under way ends by itself."""
        self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Call in a thread, in the caller's context, which instrumentation looks at."""
        run = functools.partial(copy_context().run, call, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


_Run: TypeAlias = Callable[..., Any]


class AsyncPaginator:
    """A paginator of botocore's whose pages are asked for in threads."""

    def __init__(self, paginator: Any, run: _Run) -> None:  # noqa: ANN401 (botocore has no types)
        self._paginator: Final = paginator
        self._run: Final = run

    def paginate(self, **request: Any) -> "AsyncPages":  # noqa: ANN401 (an operation's parameters)
        """Return pages, which nothing is asked for yet; takes a ``PaginationConfig`` as boto3's does."""
        return AsyncPages(self._paginator.paginate(**request), self._run)


class AsyncPages:
    """The pages of an operation, to be iterated over with ``async for``."""

    def __init__(self, pages: Any, run: _Run) -> None:  # noqa: ANN401 (botocore has no types)
        self._pages: Final = pages
        self._run: Final = run

    @property
    def resume_token(self) -> str | None:
        """What ``StartingToken`` of a PaginationConfig goes on with, after an iteration that ended early."""
        token: str | None = self._pages.resume_token
        return token

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self._each(self._pages)

    def search(self, expression: str) -> AsyncIterator[Any]:
        """Yield what a JMESPath expression finds in each page."""
        return self._each(self._pages.search(expression))

    async def build_full_result(self) -> dict[str, Any]:
        """Return all pages as one."""
        result: dict[str, Any] = await self._run(self._pages.build_full_result)
        return result

    async def _each(self, blocking: Iterable[Any]) -> AsyncIterator[Any]:
        iterator = iter(blocking)
        while (item := await self._run(next, iterator, _END)) is not _END:
            yield item
