"""Where nodes listen: at addresses of the loopback that no other run uses.

So nodes have the ports that Cassandra has by default, and nothing of this machine that connects anywhere takes one.
"""

import itertools
import random
import socket
from typing import Final, NamedTuple

from tests.cassandra.node import CQL_PORT, NODES_PORT

TRIES: Final = 100


class Site(NamedTuple):
    """Where a node listens, and the command that starts it there."""

    host: str
    prefix: tuple[str, ...] = ()


def loopback(nodes: int) -> list[Site]:
    """Return addresses of the loopback whose ports are free."""
    for _ in range(TRIES):
        block = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}"  # noqa: S311 (no secret)
        hosts = [f"{block}.{number}" for number in range(1, nodes + 1)]
        if all(_free(host, port) for host, port in itertools.product(hosts, (CQL_PORT, NODES_PORT))):
            return [Site(host) for host in hosts]
    raise AssertionError(f"no free addresses in the loopback after {TRIES} tries")


def _free(host: str, port: int) -> bool:
    try:
        socket.create_server((host, port)).close()
    except OSError:
        return False
    return True
