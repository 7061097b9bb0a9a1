"""How a cluster is: what an operator would ask of it before anything else."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from typing import Final

import msgspec

from spanglass.store.cassandra import schema
from spanglass.store.cassandra.address import Address, Credentials
from spanglass.store.cassandra.database import Database

_REPLICATION: Final = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?"
_LOCAL: Final = "SELECT data_center, toUnixTimestamp(now()) FROM system.local"


class Centre(msgspec.Struct, frozen=True):
    """A data centre: its nodes, how many of them are down, and how many replicas the keyspace has there."""

    nodes: int
    down: int
    replicas: int


class Condition(msgspec.Struct, frozen=True):
    """What a cluster tells of itself and of a keyspace.

    ``centre`` is the data centre that is asked. ``version`` is that of the keyspace's schema, 0 where there is none,
    ``newest`` that of this Spanglass. ``ahead_seconds`` is by how much a node's clock is ahead of this machine's.
    """

    centres: Mapping[str, Centre]
    centre: str
    releases: tuple[str, ...]
    version: int
    newest: int
    ahead_seconds: float


def examine(address: Address, secrets: Mapping[str, str]) -> Condition:
    """Ask a cluster how it is; nothing is made or changed. See ``open_cassandra`` for the secrets.

    Raises:
        StoreError: It cannot be reached, or the keyspace is of a newer Spanglass or of another program.
    """
    with closing(Database(address, msgspec.convert(dict(secrets), Credentials))) as db:
        known = schema.scripts()
        if db.address.keyspace in db.keyspaces():
            db.use(db.address.keyspace)
        nodes = db.nodes()
        db.row(_LOCAL)  # which prepares it: that takes longer than to ask
        began = time.time()
        centre, unix_ms = db.row(_LOCAL) or ("", 0)
        ahead_seconds = unix_ms / 1000 - (began + time.time()) / 2
        return Condition(
            centres=_centres(db),
            centre=centre,
            releases=tuple(sorted({node.release for node in nodes})),
            version=schema.version_of(db, known),
            newest=len(known),
            ahead_seconds=ahead_seconds,
        )


def _centres(db: Database) -> dict[str, Centre]:
    row = db.row(_REPLICATION, db.address.keyspace)
    told: dict[str, str] = dict(row[0]) if row else {}
    everywhere = told.get("replication_factor", "0")  # of SimpleStrategy, which knows no data centres
    nodes = Counter(node.centre for node in db.nodes())
    down = Counter(node.centre for node in db.nodes() if node.is_down)
    return {name: Centre(count, down[name], int(told.get(name, everywhere))) for name, count in sorted(nodes.items())}
