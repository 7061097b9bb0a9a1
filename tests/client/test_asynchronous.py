"""The asynchronous client answers as boto3's does."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

import spanglass
from spanglass.client.answering import RawBody
from spanglass.mapping import received
from spanglass.store.sqlite import SqliteStore
from spanglass.testing import SCENARIOS
from spanglass.testing.serving import Server, serve
from tests.client.answering import OPTIONS, PLACE, canonical

SECONDS_MAX: Final = 30
SESSION: Final = SCENARIOS["parallel_tools"]()
REQUEST: Final[dict[str, Any]] = {"assistantId": SESSION.assistant_id, "sessionId": SESSION.session_id, "maxResults": 2}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve() as server:
        server.add(SESSION)
        yield server


@pytest.fixture
async def client(server: Server) -> AsyncIterator[spanglass.AsyncClient]:
    async with spanglass.AsyncClient(endpoint_url=server.endpoint_url, **OPTIONS) as client:
        yield client


async def test_it_returns_what_boto3_returns(client: spanglass.AsyncClient, server: Server) -> None:
    """A page is the dictionary of boto3's client, but for what differs from request to request."""
    ours, theirs = await client.list_spans(**REQUEST), server.client.list_spans(**REQUEST)
    assert ours.pop("ResponseMetadata").keys() == theirs.pop("ResponseMetadata").keys()
    del ours["nextToken"], theirs["nextToken"]
    assert canonical(ours) == canonical(theirs)


async def test_spans_go_over_all_pages(client: spanglass.AsyncClient) -> None:
    """Types come page by page, to the end."""
    page = await client.span_page(**REQUEST)
    told = [span async for span in client.spans(**REQUEST)]
    assert told[:2] == list(page.spans)
    assert [span.span_id for span in told] == [span["spanId"] for span in SESSION.spans]


async def test_paginators_are_iterated_over(client: spanglass.AsyncClient, server: Server) -> None:
    """Pages, full results, searches and resuming give what boto3's paginator gives."""
    ours, theirs = client.get_paginator("list_spans"), server.client.get_paginator("list_spans")
    pages = [page async for page in ours.paginate(**REQUEST)]
    assert [len(page["spans"]) for page in pages] == [len(page["spans"]) for page in theirs.paginate(**REQUEST)]
    found = ours.paginate(**REQUEST).search("spans[].spanName")
    assert [name async for name in found] == list(theirs.paginate(**REQUEST).search("spans[].spanName"))
    some = ours.paginate(**REQUEST, PaginationConfig={"MaxItems": 3})
    first = await some.build_full_result()
    assert some.resume_token == first["NextToken"]
    rest = ours.paginate(**REQUEST, PaginationConfig={"StartingToken": some.resume_token})
    full = theirs.paginate(**REQUEST).build_full_result()
    assert first["spans"] + (await rest.build_full_result())["spans"] == full["spans"]


async def test_all_else_is_botocores_client(client: spanglass.AsyncClient) -> None:
    """Other operations are awaited, errors have their classes, and what is no request is as it is."""
    assert len((await client.list_assistants())["assistantSummaries"]) == 1
    with pytest.raises(client.exceptions.ValidationException):
        await client.list_spans(assistantId="a", sessionId="s")
    assert client.can_paginate("list_spans")
    assert {"list_spans", "create_session"} <= set(dir(client))


ASKING: ContextVar[str] = ContextVar("asking", default="nobody")


class Held:
    """An answer that waits until ``expected`` are asked for at a time."""

    def __init__(self, client: spanglass.AsyncClient, expected: int) -> None:
        self.asked = list[str]()
        self.is_asked = threading.Event()
        self.all_asked = threading.Barrier(expected)
        client.meta.events.register_first("before-send.qconnect", self.answer)

    def answer(self, request: Any, **_: object) -> AWSResponse:
        self.asked.append(ASKING.get())
        self.is_asked.set()
        self.all_asked.wait(SECONDS_MAX)
        return AWSResponse(request.url, 200, HeadersDict({}), RawBody(b'{"spans": []}'))


async def test_requests_are_under_way_together() -> None:
    """As many as there are connections, each in the context of who asks; the loop goes on meanwhile."""
    async with spanglass.AsyncClient(config=Config(max_pool_connections=4), **OPTIONS) as client:
        held = Held(client, expected=5)

        async def ask(name: str) -> dict[str, Any]:
            ASKING.set(name)
            return await client.list_spans(**PLACE)

        asking = [asyncio.create_task(ask(name)) for name in "abcd"]
        await asyncio.to_thread(held.all_asked.wait, SECONDS_MAX)
        assert [page["spans"] for page in await asyncio.gather(*asking)] == [[]] * 4
        assert sorted(held.asked) == ["a", "b", "c", "d"]


async def test_a_request_that_is_cancelled_is_not_waited_for() -> None:
    """Who gives up gets away at once, and the client serves others."""
    async with spanglass.AsyncClient(config=Config(max_pool_connections=1), **OPTIONS) as client:
        held = Held(client, expected=2)
        asking = asyncio.create_task(client.list_spans(**PLACE))
        assert await asyncio.to_thread(held.is_asked.wait, SECONDS_MAX)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        again = asyncio.create_task(client.list_spans(**PLACE))
        for _ in range(2):  # the one that was given up, and the one behind it
            await asyncio.to_thread(held.all_asked.wait, SECONDS_MAX)
        assert (await again)["spans"] == []


async def test_a_store_is_read_within_the_process(tmp_path: Path) -> None:
    """As by the blocking client, several requests at a time."""
    path = tmp_path / "spans.db"
    with closing(SqliteStore(path)) as store:
        store.write([received.part(SESSION.spans, (SESSION.assistant_id, SESSION.session_id))])
    async with spanglass.AsyncClient(store=str(path)) as client:
        pages = await asyncio.gather(*(client.span_page(**REQUEST) for _ in range(4)))
        assert [[span.span_id for span in page.spans] for page in pages] == [
            [span["spanId"] for span in SESSION.spans[:2]]
        ] * 4
