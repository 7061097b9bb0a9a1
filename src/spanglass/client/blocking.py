"""The client for programs without an event loop."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Required, Self, TypedDict, Unpack

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import PaginationError

from spanglass.client.answering import EVENT, answered
from spanglass.client.pages import READ, Page, accelerate
from spanglass.client.spans import Span, SpanPage, read_page
from spanglass.config import ConfigError, Target
from spanglass.connection import connect
from spanglass.connection.connecting import WEB

NOWHERE: Final = "http://localhost"
REGION: Final = "us-east-1"
"""What a client has as endpoint and region that asks a store."""
_PAGE: Final = "spanglassPage"
"""Where a page as types stands in what botocore returns."""


def _as_page(body: bytes) -> Page:
    return {_PAGE: read_page(body)}


class Options(TypedDict, total=False):
    """What a client is made of: what boto3's is, looked up as boto3 does where it is left out, or a ``store``."""

    endpoint_url: str | None
    region_name: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    aws_session_token: str | None
    aws_account_id: str | None
    profile_name: str | None
    verify: bool | str | None
    use_ssl: bool
    api_version: str | None
    config: Config | None
    store: str | None


class ListSpansRequest(TypedDict, total=False):
    """The parameters of ListSpans; both ids may be ARNs."""

    assistantId: Required[str]
    sessionId: Required[str]
    nextToken: str
    maxResults: int


class Client:
    """AWS's QConnect as boto3 offers it, against Spanglass or AWS.

    All operations, ``get_paginator``, ``exceptions``, ``meta`` and the rest are botocore's own, and so are credentials,
    signatures, endpoints and retries. ListSpans returns what boto3's client returns, several times faster.

    A ``store``, ``sqlite:///PATH``, a path or ``cassandra://HOST/KEYSPACE``, is opened for reading within the process
    instead, and needs neither region nor credentials.

    Raises:
        botocore.exceptions.BotoCoreError: There is no such region, profile and so on, in botocore's words.
        ConfigError: ``store`` names none, or there is an endpoint, too.
        StoreError: The store cannot be opened.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        store = _store(options)
        session = botocore.session.Session(profile=options.pop("profile_name", None))
        self._client: Final = session.create_client("qconnect", **options)
        accelerate(self._client)
        self._inside: Final = connect(Target(store=store)) if store else None
        if (inside := self._inside) is not None:
            self._client.meta.events.register_first(EVENT, lambda request, **_: answered(inside, request))

    if TYPE_CHECKING:

        def list_spans(self, **request: Unpack[ListSpansRequest]) -> dict[str, Any]:
            """Return a page of a session's spans.

            Raises:
                botocore.exceptions.ClientError: The service answers with an error, an instance of what is under its
                    name in ``exceptions``.
                botocore.exceptions.BotoCoreError: There is no answer, or a parameter is none of the operation's.
            """

    def span_page(self, **request: Unpack[ListSpansRequest]) -> SpanPage:
        """Return what ``list_spans`` returns, as types.

        Raises:
            botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: As of ``list_spans``.
            botocore.parsers.ResponseParserError: The answer is no page of spans.
        """
        reading = READ.set(_as_page)
        try:
            page: SpanPage = self._client.list_spans(**request)[_PAGE]
        finally:
            READ.reset(reading)
        return page

    def spans(self, **request: Unpack[ListSpansRequest]) -> Iterator[Span]:
        """Yield a session's spans, page by page as they are asked for; ``maxResults`` is a page's size.

        Raises:
            botocore.exceptions.PaginationError: The service answers with the token that it was asked with.
            botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: As of ``span_page``.
        """
        asked: ListSpansRequest | None = request
        while asked is not None:
            page = self.span_page(**asked)
            yield from page.spans
            asked = following(asked, page)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (botocore has no types)
        """Return what botocore's client has under a name."""
        return getattr(self._client, name)

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *dir(self._client)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections, and of the store."""
        self._client.close()
        if self._inside is not None:
            self._inside.close()


def _store(options: Options) -> str | None:
    """Take the store from options, if they name one, and leave those of a client that sends its requests nowhere."""
    if (store := options.pop("store", None)) is None:
        return None
    if not store or store.startswith(WEB):
        raise ConfigError(f"{store!r} is no store: sqlite:///PATH, a path, or cassandra://HOST/KEYSPACE")
    if options.get("endpoint_url"):
        raise ConfigError("a client has an endpoint_url or a store, not both")
    unsigned = Config(signature_version=UNSIGNED)
    config = options.get("config")
    options |= {"endpoint_url": NOWHERE, "config": config.merge(unsigned) if config else unsigned}
    options.setdefault("region_name", REGION)
    return store


def following(request: ListSpansRequest, page: SpanPage) -> ListSpansRequest | None:
    """Return the request for the page behind one, None behind the last.

    Raises:
        PaginationError: The page's token is the request's, which would lead to the same page for ever.
    """
    if not page.next_token:
        return None
    if page.next_token == request.get("nextToken"):
        raise PaginationError(message=f"The same next token was received twice: {page.next_token}")
    return {**request, "nextToken": page.next_token}
