"""Nodes each in a network of its own, which can be cut off from the others: needs root and the program ip."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from tests.cassandra.network import Site

PREFIX: Final = "sg"
"""What the names of this project's networks begin with; a name of one has at most 15 characters."""


def undividable() -> str | None:
    """Return why nodes cannot be cut off from each other on this machine, or None."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "networks of their own need root and the program ip, so partitions were NOT tested"
    name = f"{PREFIX}-{os.getpid()}"
    tried = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)  # noqa: S607
    if tried.returncode:
        return f"this machine allows no networks of their own ({tried.stderr.strip()}), so partitions were NOT tested"
    _ip("netns", "delete", name)
    return None


class Divided:
    """Sites in networks of their own, joined by a bridge that this machine stands at, too."""

    def __init__(self, names: Sequence[str], sites: Sequence[Site]) -> None:
        self.sites = sites
        self._names = names

    def cut(self, number: int) -> None:
        """Cut a site off from all others, so that no packet passes; whoever is on this machine reaches it still."""
        self._routes("add", number)

    def mend(self, number: int) -> None:
        """Join a site with all others again."""
        self._routes("delete", number)

    def _routes(self, verb: str, number: int) -> None:
        for other in range(len(self.sites)):
            if other != number:
                for at, to in ((number, other), (other, number)):
                    _ip("-n", self._names[at], "route", verb, "blackhole", self.sites[to].host)


@contextmanager
def divided(nodes: int) -> Iterator[Divided]:
    """Make networks for nodes; they are gone at the end of the block."""
    number = random.randint(0, 0x1FF)  # noqa: S311 (no secret)
    block = f"198.{18 + (number >> 8)}.{number & 0xFF}"  # addresses that RFC 2544 keeps for tests
    bridge = f"{PREFIX}{number:x}"
    names = [f"{bridge}-{node}" for node in range(1, nodes + 1)]
    with ExitStack() as made:
        _ip("link", "add", bridge, "type", "bridge")
        made.callback(_ip, "link", "delete", bridge)
        _ip("address", "add", f"{block}.254/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for node, name in enumerate(names, 1):
            _ip("netns", "add", name)
            made.callback(_ip, "netns", "delete", name)
            _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            made.callback(_ip, "link", "delete", name)
            _ip("link", "set", name, "master", bridge, "up")
            _ip("-n", name, "address", "add", f"{block}.{node}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", "eth0", "up")
        prefixes = [("ip", "netns", "exec", name) for name in names]
        yield Divided(names, [Site(f"{block}.{node}", prefix) for node, prefix in enumerate(prefixes, 1)])


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)  # noqa: S607
