"""What ``spanglass doctor`` finds of a cluster: its tables, nodes, replicas and clocks."""

from collections.abc import Iterator
from typing import Final

from spanglass.cli.figures import plural
from spanglass.cli.finding import SKEW_SECONDS_MAX, Finding
from spanglass.config import Config
from spanglass.connection.connecting import CASSANDRA
from spanglass.store.cassandra.address import parse
from spanglass.store.interface import StoreError

REPLICAS: Final = 3
"""Replicas of which one may be lost while the others are still a quorum."""


def look_at_cluster(config: Config) -> Iterator[Finding]:
    """Look at the cluster and the keyspace that a server would use."""
    try:
        address = parse(config.store.removeprefix(CASSANDRA))
        from spanglass.store.cassandra.condition import examine  # noqa: PLC0415 (its driver may not be installed)

        condition = examine(address, config.cassandra_secrets)
    except StoreError as error:
        yield Finding("wrong", "store", str(error), "see that the address is right and the cluster up")
        return
    keyspace = f"keyspace {address.keyspace}"
    old = f"{keyspace} has schema version {condition.version}, this Spanglass needs {condition.newest}"
    absent = f"{keyspace} is not there yet"
    if condition.version == condition.newest:
        yield Finding("fine", "store", f"{keyspace}, schema version {condition.version}")
    elif address.options.migrate == "never":
        mend = "run `spanglass migrate`: no server will start before"
        yield Finding("wrong", "store", old if condition.version else absent, mend)
    elif condition.version:
        yield Finding("odd", "store", old, "`spanglass serve` or `spanglass migrate` brings it up to date")
    else:
        yield Finding("fine", "store", f"{absent}; `spanglass serve` or `spanglass migrate` makes it")
    releases = ", ".join(condition.releases)
    for name, centre in condition.centres.items():
        asked = name == condition.centre
        there = f"{plural(centre.nodes, 'node')} in {name}{', which is asked' if asked else ''}; release {releases}"
        if centre.down:
            mend = "see what nodes that are up say of them with `nodetool status`"
            yield Finding("odd", "nodes", f"{centre.down} down of {there}", mend)
        else:
            yield Finding("fine", "nodes", there)
        if condition.version and (asked or centre.replicas):
            yield _replicas(name, centre.nodes, centre.replicas, address.keyspace)
    yield _clock(condition.ahead_seconds)


def _replicas(name: str, nodes: int, replicas: int, keyspace: str) -> Finding:
    found = f"{plural(replicas, 'replica')} of everything in {name}"
    change = f"ALTER KEYSPACE {keyspace}, then `nodetool repair --full {keyspace}` on each node"
    if not 0 < replicas <= nodes:
        return Finding("wrong", "replicas", f"{found}, which has {plural(nodes, 'node')}", change)
    if replicas < REPLICAS:
        return Finding("odd", "replicas", f"{found}: no node may fail", f"have {REPLICAS}: {change}")
    return Finding("fine", "replicas", found)


def _clock(ahead: float) -> Finding:
    if abs(ahead) <= SKEW_SECONDS_MAX:
        return Finding("fine", "cluster clock", "a node's is this machine's, to a few seconds")
    side = "ahead of" if ahead > 0 else "behind"
    mend = "set the clocks of all nodes and servers by NTP: changes are ordered by them"
    return Finding("wrong", "cluster clock", f"a node's is {abs(ahead):.0f} s {side} this machine's", mend)
