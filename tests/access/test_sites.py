"""Which hosts and origins a request may name."""

import pytest
from starlette.datastructures import Headers

from spanglass.access.errors import ForeignSiteError
from spanglass.access.sites import Sites

LOOPBACK = Sites([])
NAVIGATION = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def check(sites: Sites, *, method: str = "GET", **headers: str) -> None:
    named = {"host": "localhost:4318"} | {name.replace("_", "-"): value for name, value in headers.items()}
    sites.check(method, Headers(named).raw)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:4318", "127.0.0.1", "127.0.0.1:65535", "127.9.9.9:1", "[::1]", "[::1]:4318"],
)
def test_loopback_names_are_served(host: str) -> None:
    """A program on this machine reaches the server by any name and port of loopback."""
    check(LOOPBACK, host=host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4318",
        "localhost.evil.example",
        "localhost.",
        "evil.localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "192.168.0.10:4318",
        "0.0.0.0",  # noqa: S104 (a name to refuse)
        "[::]",
        "[::1",
        "::1",
        "[::1]evil",
        "localhost:",
        "localhost:evil",
        "localhost:4318:4318",
        "localhost, evil.example",
        "2130706433",
        "127.1",
        "0x7f.0.0.1",
    ],
)
def test_a_rebound_name_is_refused(host: str) -> None:
    """A name that somebody's DNS has pointed at loopback is none of ours, however it is spelt."""
    with pytest.raises(ForeignSiteError):
        check(LOOPBACK, host=host)


def test_hosts_must_be_one() -> None:
    """Without a Host, or with two, nobody can tell what the browser was asked for."""
    for raw in ([], [(b"host", b"localhost"), (b"host", b"evil.example")], [(b"host", b"localhost")] * 2):
        with pytest.raises(ForeignSiteError):
            LOOPBACK.check("GET", raw)


def test_a_setting_allows_names() -> None:
    """A name of the setting is served in any case and by any port, and no other."""
    sites = Sites(["Spans.Example"])
    check(sites, host="spans.example:4318")
    with pytest.raises(ForeignSiteError):
        check(sites, host="other.example")


def test_with_keys_any_name_is_served() -> None:
    """Where each request proves who sends it, names need not be known."""
    check(Sites(None), host="anything.example")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:4318", "file://", "http://localhost"],
)
def test_pages_of_other_origins_send_nothing(method: str, origin: str) -> None:
    """Another origin is refused by any method, a local one on another port or name included."""
    with pytest.raises(ForeignSiteError):
        check(LOOPBACK, method=method, origin=origin)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:4318", "localhost:4318"),
        ("http://LOCALHOST:4318", "localhost:4318"),
        ("http://[::1]:4318", "[::1]:4318"),
        ("http://localhost", "localhost:80"),
        ("http://localhost:80", "localhost"),
        ("https://spans.example", "spans.example"),
        ("https://spans.example:443", "spans.example"),
        ("https://spans.example:8443", "spans.example:8443"),
    ],
)
def test_our_own_pages_may_send(origin: str, host: str) -> None:
    """The origin is ours if it is the Host, behind a proxy that ends TLS, too."""
    check(Sites(["spans.example"]), method="POST", origin=origin, host=host, sec_fetch_site="same-origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_other_sites_load_nothing(site: str) -> None:
    """What another site's page embeds, fetches or posts is refused, even where the browser names no origin."""
    for mode, dest in [("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")]:
        with pytest.raises(ForeignSiteError):
            check(LOOPBACK, sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest)
    with pytest.raises(ForeignSiteError):
        check(LOOPBACK, method="POST", sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="document")


def test_other_sites_may_link() -> None:
    """Somebody who follows a link arrives."""
    check(LOOPBACK, **NAVIGATION)


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_typed_and_own_requests_pass(site: str) -> None:
    """An address that was typed, and our own page's requests, pass."""
    check(LOOPBACK, method="POST", sec_fetch_site=site, sec_fetch_mode="cors", sec_fetch_dest="empty")


def test_a_setting_allows_origins() -> None:
    """A page of an allowed origin may send, but not by a rebound name."""
    headers = {"origin": "https://app.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    LOOPBACK.check("POST", Headers(headers | {"host": "localhost"}).raw, ["https://app.example"])
    with pytest.raises(ForeignSiteError):
        LOOPBACK.check("POST", Headers(headers | {"host": "evil.example"}).raw, ["https://app.example"])
    with pytest.raises(ForeignSiteError):
        LOOPBACK.check("POST", Headers(headers | {"host": "localhost"}).raw, ["https://other.example"])
