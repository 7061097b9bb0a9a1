"""A server, asked over HTTP."""

import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from spanglass import __version__
from spanglass.config import ConfigError
from spanglass.connection.authorizing import Authorize
from spanglass.connection.interface import NO_HEADERS, Answer, Streamed, UnreachableError

CONNECT_SECONDS_MAX: Final = 10.0
AGAIN: Final = (429, 503)
"""Statuses that say to come back later."""
TRIES_AGAIN_MAX: Final = 5
BACKOFF_SECONDS: Final = 0.2
BACKOFF_SECONDS_MAX: Final = 10.0
CONNECTIONS_MAX: Final = 8
"""Connections that are kept open."""
PIECE_BYTES: Final = 1 << 16
USER_AGENT: Final = f"spanglass/{__version__}"


class Remote:
    """Asks a server; see ``interface.Connection``. Its certificate must be valid, and no redirect is followed."""

    def __init__(self, url: str, authorize: Authorize, *, answer_seconds_max: float) -> None:
        """Take a server's address, with the path that stands before all of its own if it is behind a proxy.

        Raises:
            ConfigError: It is no address.
        """
        self.place: Final = url.rstrip("/")
        self._authorize = authorize
        self._seconds_max = answer_seconds_max
        self._http = _pool(url)

    def ask(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """See ``interface.Connection``."""
        with self._errors():
            response = self._request(method, target, body, headers, whole=True)
            return Answer(response.status, _headers(response), response.data)

    @contextmanager
    def stream(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS
    ) -> Iterator[Streamed]:
        """See ``interface.Connection``."""
        with self._errors():
            response = self._request(method, target, body, headers, whole=False)
        try:
            yield Streamed(response.status, _headers(response), self._pieces(response))
        finally:
            response.close()  # it may not have ended, so its connection is of no more use
            response.release_conn()

    def _request(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, whole: bool
    ) -> urllib3.BaseHTTPResponse:
        url = self.place + target
        told = {"user-agent": USER_AGENT, "accept-encoding": "gzip", **headers}
        again = urllib3.Retry(
            total=TRIES_AGAIN_MAX,
            connect=0,
            read=1,  # a kept connection may have been closed meanwhile; a server that is silent is not asked for long
            redirect=False,
            status_forcelist=AGAIN,
            allowed_methods={"GET"},
            backoff_factor=BACKOFF_SECONDS,
            backoff_max=BACKOFF_SECONDS_MAX,
            retry_after_max=int(BACKOFF_SECONDS_MAX),
            raise_on_status=False,
        )
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS_MAX, read=self._seconds_max)
        signed = self._authorize(method, url, told, body)
        return self._http.request(
            method,
            url,
            body=body or None,
            headers=signed,
            retries=again,
            timeout=timeout,
            redirect=False,
            preload_content=whole,
        )

    def _pieces(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        with self._errors():
            yield from response.stream(PIECE_BYTES)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except HTTPError as error:
            raise UnreachableError(f"{self.place}: {self._reason(error)}") from None

    def _reason(self, error: HTTPError) -> str:
        cause = error.reason if isinstance(error, MaxRetryError) else error
        known = {
            NameResolutionError: "there is no such host",
            NewConnectionError: "nothing answers there",
            ConnectTimeoutError: f"no connection within {CONNECT_SECONDS_MAX:g} seconds",
            ReadTimeoutError: f"no answer within {self._seconds_max:g} seconds",
        }
        return next((told for kind, told in known.items() if isinstance(cause, kind)), str(cause))

    def close(self) -> None:
        """See ``interface.Connection``."""
        self._http.clear()


def _headers(response: urllib3.BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _pool(url: str) -> urllib3.PoolManager:
    """Return what keeps connections, through the proxy that the environment names for a URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"endpoint: {url!r} is no address: {error}") from None
    if not host or parts.query or parts.fragment or parts.username is not None:
        raise ConfigError(f"endpoint: {url!r} is no server's address, such as http://127.0.0.1:4318")
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is None or urllib.request.proxy_bypass(host):
        return urllib3.PoolManager(maxsize=CONNECTIONS_MAX)
    return urllib3.ProxyManager(proxy, maxsize=CONNECTIONS_MAX)
