"""Speaking to a cluster: connecting, statements prepared once, many at a time, errors as the store's."""

import logging
import re
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeAlias

from spanglass.store.cassandra.address import Address, Credentials
from spanglass.store.cassandra.clock import Clock
from spanglass.store.interface import StoreError, UnavailableError

try:
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.connection import ConnectionBusy, ConnectionException
    from cassandra.policies import (
        ConstantSpeculativeExecutionPolicy,
        DCAwareRoundRobinPolicy,
        ExponentialReconnectionPolicy,
        NoSpeculativeExecutionPolicy,
        RetryPolicy,
        TokenAwarePolicy,
    )
    from cassandra.pool import NoConnectionsAvailable
    from cassandra.protocol import ErrorMessage
    from cassandra.query import BatchStatement, BatchType, tuple_factory

    from cassandra import (
        AuthenticationFailed,
        ConsistencyLevel,
        DriverException,
        InvalidRequest,
        OperationTimedOut,
        RequestExecutionException,
        Unauthorized,
        UnresolvableContactPoints,
    )
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
except ImportError as error:
    raise StoreError(
        "store: cassandra:// needs the driver of Cassandra; install it with `pip install 'spanglass[cassandra]'`"
    ) from error

AT_ONCE_MAX: Final = 64
"""Statements of one call that are under way at a time."""
RETRIES_MAX: Final = 3
"""How often a statement that may run twice is sent again after a replica failed."""
PAGE_ROWS: Final = 1_000
"""Rows that are fetched at a time."""
CONNECT_SECONDS: Final = 10.0
RECONNECT_SECONDS: Final = 1.0
"""After which a node that does not answer is tried again; it doubles, up to ``RECONNECT_SECONDS_MAX``, for ever."""
RECONNECT_SECONDS_MAX: Final = 10.0
PROTOCOL: Final = 4
"""The version of CQL's protocol: the latest that all clusters speak, also those that are being upgraded."""
_TABLE: Final = re.compile(r"\b(?:FROM|INTO|UPDATE) (?!system)")
"""What stands before a table of ours, whose name nodes want with the keyspace's."""
_NOW: Final = "SELECT toUnixTimestamp(now()) FROM system.local"
_BROKEN: Final = (
    NoHostAvailable,
    NoConnectionsAvailable,
    ConnectionException,
    ConnectionBusy,
    OperationTimedOut,
    RequestExecutionException,
    ErrorMessage,
)
"""What may pass by itself: nodes that are down, too slow or too busy, and what they say of it."""

Statement: TypeAlias = tuple[str, Sequence[Any]]
"""CQL with a question mark for each value, and the values."""


class Batch(NamedTuple):
    """Statements on rows of one partition, which take effect together."""

    statements: Sequence[Statement]


class Node(NamedTuple):
    """A node as the cluster tells of it; whether those of a data centre that is not asked are down is not known."""

    centre: str
    release: str
    is_down: bool


class _Retries(RetryPolicy):  # type: ignore[misc]  # the driver has no types
    """Sends what may run twice to the next node when one fails; the rest is decided by whoever sent it."""

    def on_read_timeout(self, query: Any, consistency: Any, *_: Any, retry_num: int = 0, **__: Any) -> Any:
        return self._again(query, consistency, retry_num)

    def on_write_timeout(self, query: Any, consistency: Any, *_: Any, retry_num: int = 0, **__: Any) -> Any:
        return self._again(query, consistency, retry_num)

    def on_unavailable(self, query: Any, consistency: Any, *_: Any, retry_num: int = 0, **__: Any) -> Any:
        return self._again(query, consistency, retry_num)

    def on_request_error(self, query: Any, consistency: Any, error: Any, retry_num: int) -> Any:  # noqa: ARG002 (named so by the driver)
        return self._again(query, consistency, retry_num)

    def _again(self, query: Any, consistency: Any, retry_num: int) -> Any:
        if query.is_idempotent and retry_num < RETRIES_MAX:
            return self.RETRY_NEXT_HOST, consistency
        return self.RETHROW, None


class _Brief(logging.Filter):
    """Has the driver tell an exception in a line, as a warning: whatever matters is raised, too."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception):
            record.msg, record.args, record.exc_info = f"{record.getMessage()} {_told(error)}", (), None
        record.levelno = min(record.levelno, logging.WARNING)
        record.levelname = logging.getLevelName(record.levelno)
        return True


for _name in ("cluster", "connection", "pool"):
    logging.getLogger(f"cassandra.{_name}").addFilter(_Brief())


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn the driver's errors into the store's: what may pass by itself is ``UnavailableError``."""
    try:
        yield
    except (InvalidRequest, Unauthorized) as error:
        raise StoreError(f"the cluster refuses: {error}") from error
    except _BROKEN as error:
        raise UnavailableError(f"the cluster cannot answer now: {_told(error)}") from error
    except DriverException as error:
        raise StoreError(f"the store failed: {error}") from error


def _told(error: Exception) -> str:
    """Return what an error says, without addresses of objects and attempts that the driver names."""
    if not isinstance(error, NoHostAvailable):
        return str(error)
    reasons = sorted(
        f"{getattr(host, 'endpoint', host)}: {_LAST.sub('', str(reason))}" for host, reason in _reasons(error).items()
    )
    return "no node answers" + "".join(f"; {reason}" for reason in reasons[:3])


_LAST: Final = re.compile(r"^.*Last error: ", re.DOTALL)


def _reasons(error: NoHostAvailable) -> Mapping[Any, Any]:
    """Return why nodes did not answer, by node; none where no node was asked."""
    return error.errors if isinstance(error.errors, Mapping) else {}


class Database:
    """A session with a cluster; used from any thread."""

    def __init__(self, address: Address, credentials: Credentials) -> None:
        """Connect.

        Raises:
            StoreError: The cluster cannot be reached, or does not let us in.
        """
        options = address.options
        self.address = address
        self.clock = Clock()
        self._statements: dict[str, Any] = {}
        self._lock = threading.Lock()
        speculate = options.speculate_seconds
        profile = ExecutionProfile(
            load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(options.dc)),
            retry_policy=_Retries(),
            consistency_level=ConsistencyLevel.name_to_value[options.consistency],
            serial_consistency_level=ConsistencyLevel.name_to_value[options.serial],
            request_timeout=options.timeout_seconds,
            row_factory=tuple_factory,
            speculative_execution_policy=(
                ConstantSpeculativeExecutionPolicy(speculate, 1) if speculate else NoSpeculativeExecutionPolicy()
            ),
        )
        try:
            self._cluster = Cluster(
                list(address.hosts),
                port=address.port,
                auth_provider=PlainTextAuthProvider(address.user, credentials.password) if address.user else None,
                ssl_context=_tls(credentials) if options.tls else None,
                protocol_version=PROTOCOL,
                execution_profiles={EXEC_PROFILE_DEFAULT: profile},
                connect_timeout=CONNECT_SECONDS,
                reconnection_policy=ExponentialReconnectionPolicy(
                    RECONNECT_SECONDS, RECONNECT_SECONDS_MAX, max_attempts=None
                ),
            )
        except UnresolvableContactPoints as error:
            raise StoreError(f"store: the address names no host that is known: {', '.join(address.hosts)}") from error
        try:
            self._session = self._connected()
            self.clock.set(*self.row(_NOW) or (0,))
        except BaseException:
            self._cluster.shutdown()
            raise
        self._session.default_fetch_size = PAGE_ROWS

    def _connected(self) -> Session:
        user, centre = self.address.user, self.address.options.dc
        try:
            with store_errors():
                return self._cluster.connect()
        except UnavailableError as unavailable:
            error = unavailable.__cause__
            reasons = _reasons(error) if isinstance(error, NoHostAvailable) else {}
            if any(isinstance(reason, AuthenticationFailed) for reason in reasons.values()):
                wrong = (
                    f"does not know user {user!r} with this password" if user else "wants a user: cassandra://USER@…"
                )
                raise StoreError(f"the cluster {wrong}; SPANGLASS_CASSANDRA_PASSWORD holds the password") from error
            centres = {node.centre for node in self.nodes()}
            if centre and centres and centre not in centres:
                there = ", ".join(sorted(centres))
                raise StoreError(f"store: the cluster has no data centre {centre}; there is {there}") from error
            raise

    def use(self, keyspace: str) -> None:
        """Have statements mean tables of a keyspace."""
        with store_errors():
            self._session.set_keyspace(keyspace)

    def define(self, cql: str) -> None:
        """Run a statement that changes the schema, and wait until all nodes agree."""
        with store_errors():
            self._session.execute(cql, timeout=max(60.0, self.address.options.timeout_seconds))

    def keyspaces(self) -> set[str]:
        """Return the keyspaces that there are."""
        rows = self.rows("SELECT keyspace_name FROM system_schema.keyspaces")
        return {name for (name,) in rows}

    def nodes(self) -> list[Node]:
        """Return the nodes that there are."""
        hosts = self._cluster.metadata.all_hosts()
        return [Node(host.datacenter, host.release_version, host.is_up is False) for host in hosts]

    def rows(self, cql: str, *values: Any, fetch: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, fetched by and by."""
        statement = self._bound((cql, values))
        if fetch is not None:
            statement.fetch_size = fetch
        with store_errors():
            yield from self._session.execute(statement)

    def row(self, cql: str, *values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None."""
        with store_errors():
            found: tuple[Any, ...] | None = self._session.execute(self._bound((cql, values))).one()
            return found

    def all(self, statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
        """Return all rows of several queries, which run at the same time."""
        return [list(result) for result in self._together([self._bound(each) for each in statements])]

    def streams(self, statements: Sequence[Statement], fetch: int) -> list[Iterator[tuple[Any, ...]]]:
        """Ask several queries at the same time; return the rows of each, of which so many are fetched ahead."""
        asked: list[Any] = []
        for statement in statements:
            bound = self._bound(statement)
            bound.fetch_size = fetch
            with store_errors():
                if len(asked) >= AT_ONCE_MAX:
                    asked[-AT_ONCE_MAX].result()
                asked.append(self._session.execute_async(bound))
        return [_ahead(each) for each in asked]

    def write(self, statements: Sequence[Statement | Batch]) -> None:
        """Run statements that may run twice, at the same time; on return all of them are done."""
        self._together([self._batch(each) if isinstance(each, Batch) else self._bound(each) for each in statements])

    def swap(self, cql: str, *values: Any) -> tuple[Any, ...] | None:
        """Run a compare-and-set; return None if it took effect, else the columns of the row as it is.

        Raises:
            UnavailableError: It is unknown whether it took effect.
        """
        with store_errors():
            applied, *columns = self._session.execute(self._bound((cql, values), idempotent=False)).one()
        return None if applied else tuple(columns)

    def close(self) -> None:
        """Close all connections."""
        self._cluster.shutdown()

    def _prepared(self, cql: str) -> Any:
        prepared = self._statements.get(cql)
        if prepared is None:
            with self._lock, store_errors():
                named = _TABLE.sub(rf"\g<0>{self.address.keyspace}.", cql)
                prepared = self._statements[cql] = self._session.prepare(named)
        return prepared

    def _bound(self, statement: Statement, *, idempotent: bool = True) -> Any:
        cql, values = statement
        bound = self._prepared(cql).bind(values)
        bound.is_idempotent = idempotent
        return bound

    def _batch(self, batch: Batch) -> Any:
        together = BatchStatement(BatchType.UNLOGGED)
        together.is_idempotent = True
        for statement in batch.statements:
            together.add(self._bound(statement))
        return together

    def _together(self, statements: Sequence[Any]) -> list[Any]:
        results: list[Any] = []
        with store_errors():
            for start in range(0, len(statements), AT_ONCE_MAX):
                asked = [self._session.execute_async(each) for each in statements[start : start + AT_ONCE_MAX]]
                results += [each.result() for each in asked]
        return results


def _ahead(asked: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query that was asked, while those after them are under way."""
    while True:
        with store_errors():
            rows = asked.result().current_rows
            more = asked.has_more_pages
            if more:
                asked.start_fetching_next_page()
        yield from rows
        if not more:
            return


def _tls(credentials: Credentials) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=credentials.tls_ca or None)
        if credentials.tls_certificate:
            context.load_cert_chain(credentials.tls_certificate, credentials.tls_key or None)
    except OSError as error:
        named = filter(None, (credentials.tls_ca, credentials.tls_certificate, credentials.tls_key))
        raise StoreError(f"store: the files of TLS, {', '.join(named)}, cannot be used: {error}") from error
    return context
