"""The store for more than one machine: a keyspace of Apache Cassandra, and servers that keep nothing themselves.

Nothing of the driver is loaded before a store is opened.
"""

from collections.abc import Mapping

import msgspec

from spanglass.store.cassandra.address import Credentials, parse
from spanglass.store.interface import Store


def open_cassandra(
    address: str, secrets: Mapping[str, str], *, known_fragments_max: int = 400_000, existing: bool = False
) -> Store:
    """Open the keyspace that an address names, without ``cassandra://``; see ``address.Address``.

    ``secrets`` are the fields of ``address.Credentials``. ``existing`` makes nothing and brings nothing up to date.

    Raises:
        NewerSchemaError: A newer Spanglass made the tables.
        StoreError: It is no address, the cluster cannot be reached, or the keyspace is not as it has to be.
    """
    parsed = parse(address)
    credentials = msgspec.convert(dict(secrets), Credentials)
    if existing:
        parsed = msgspec.structs.replace(parsed, options=msgspec.structs.replace(parsed.options, migrate="never"))
    from spanglass.store.cassandra.store import CassandraStore  # noqa: PLC0415 (see above)

    return CassandraStore(parsed, credentials, known_fragments_max=known_fragments_max)
