"""What keeps a server on loopback from every web page that its user visits: Host, Origin and Sec-Fetch-… headers.

A browser sends requests to any address for any page, but tells truthfully by which name and for whose page. A name that
is not ours has been rebound to our address; a page that is not ours may only link to us.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable
from typing import Final, TypeAlias

from spanglass.access.errors import ForeignSiteError

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Headers as ASGI has them, names in lower case."""
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]{1,5})?")
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""The usual names of loopback; any other address of it is one as well."""
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Sites:
    """Tells requests of our own pages and of programs from those of other sites' pages."""

    def __init__(self, hosts: Collection[str] | None) -> None:
        """Take the names that are served besides loopback's; None is any name."""
        self._hosts = None if hosts is None else LOOPBACK | {name.lower() for name in hosts}

    def check(self, method: str, headers: RawHeaders, allowed_origins: Collection[str] = ()) -> None:
        """Let pass what a program, one of our pages, or a page of an allowed origin sends.

        Raises:
            ForeignSiteError: It is for a page of another site, or came by a name that is not served.
        """
        told: dict[bytes, list[str]] = {}
        for name, value in headers:  # one pass: this is asked of every request
            if name in {b"host", b"origin"} or name.startswith(b"sec-fetch-"):
                told.setdefault(name, []).append(value.decode("latin-1").lower())
        hosts, origins = told.get(b"host", []), told.get(b"origin", [])
        host = hosts[0] if len(hosts) == 1 else ""
        if self._hosts is not None and not self._is_served(host):
            raise ForeignSiteError(
                "This server answers to loopback names alone: the Host of the request is none, and is not allowed in"
                " SPANGLASS_ALLOWED_HOSTS either."
            )
        if len(told) == len(hosts) == 1 or any(origin in allowed_origins for origin in origins):
            return
        if any(_authority(origin) not in _spellings(host) for origin in origins):
            raise ForeignSiteError("Pages of another origin may not send requests to this server.")
        is_foreign = told.get(b"sec-fetch-site", ["none"]) not in (["none"], ["same-origin"])
        if is_foreign and not _is_navigation(method, told):
            raise ForeignSiteError("Pages of another site may link to this server, and nothing else.")

    def _is_served(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None or self._hosts is None:
            return False
        name = match["name"]
        if name in self._hosts:
            return True
        try:
            return ipaddress.ip_address(name.strip("[]")).is_loopback
        except ValueError:
            return False


def _authority(origin: str) -> str:
    """Return what a Host header would say for an origin; nothing for ``null`` and whatever else is none."""
    scheme, _, authority = origin.partition("://")
    return authority.removesuffix(_DEFAULT_PORTS[scheme]) if scheme in _DEFAULT_PORTS else ""


def _spellings(host: str) -> set[str]:
    """Return a Host with and without a default port; behind a proxy nobody here knows which scheme was used."""
    return {host, *(host.removesuffix(port) for port in _DEFAULT_PORTS.values())} - {""}


def _is_navigation(method: str, told: dict[bytes, list[str]]) -> bool:
    """Return whether somebody followed a link: a whole new page, which the page with the link cannot look into."""
    return (
        method in {"GET", "HEAD"}
        and told.get(b"sec-fetch-mode") == ["navigate"]
        and told.get(b"sec-fetch-dest", ["document"]) == ["document"]
    )
