"""What keeps a server on loopback from every web page that its user visits: Host, Origin and Sec-Fetch-… headers.

A browser sends requests to any address for any page, but tells truthfully by which name and for whose page. A name that
is not ours has been rebound to our address; a page that is not ours may only link to us.
"""

import ipaddress
import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers

from spanglass.access.errors import ForeignSiteError

_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]{1,5})?")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Sites:
    """Tells requests of our own pages and of programs from those of other sites' pages."""

    def __init__(self, hosts: Collection[str] | None) -> None:
        """Take the names that are served besides loopback's; None is any name."""
        self._hosts = None if hosts is None else frozenset(name.lower() for name in hosts)

    def check(self, method: str, headers: Headers, allowed_origins: Collection[str] = ()) -> None:
        """Let pass what a program, one of our pages, or a page of an allowed origin sends.

        Raises:
            ForeignSiteError: It is for a page of another site, or came by a name that is not served.
        """
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        if self._hosts is not None and not self._is_served(host):
            raise ForeignSiteError(
                "This server answers to loopback names alone: the Host of the request is none, and is not allowed in"
                " SPANGLASS_ALLOWED_HOSTS either."
            )
        if any(origin in allowed_origins for origin in origins):
            return
        if any(_authority(origin.lower()) not in _spellings(host) for origin in origins):
            raise ForeignSiteError("Pages of another origin may not send requests to this server.")
        is_foreign = headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
        if is_foreign and not _is_navigation(method, headers):
            raise ForeignSiteError("Pages of another site may link to this server, and nothing else.")

    def _is_served(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None or self._hosts is None:
            return False
        name = match["name"]
        if name == "localhost" or name in self._hosts:
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


def _is_navigation(method: str, headers: Headers) -> bool:
    """Return whether somebody followed a link: a whole new page, which the page with the link cannot look into."""
    return (
        method in {"GET", "HEAD"}
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
    )
