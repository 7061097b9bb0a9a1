"""What the driver raises is the store's to tell."""

import logging

import pytest
from cassandra.connection import ConnectionBusy, ConnectionShutdown
from cassandra.pool import NoConnectionsAvailable
from cassandra.protocol import OverloadedErrorMessage

from cassandra import InvalidRequest, OperationTimedOut, Unavailable, UnsupportedOperation
from cassandra.cluster import NoHostAvailable
from spanglass.store.cassandra.database import store_errors
from spanglass.store.interface import StoreError, UnavailableError


@pytest.mark.parametrize(
    "error",
    [
        NoHostAvailable("none", {"10.0.0.1:9042": "refused"}),
        NoConnectionsAvailable("all are busy"),
        ConnectionShutdown("reset by peer"),  # which a node that is killed leaves behind
        ConnectionBusy("too many requests"),
        OperationTimedOut(),
        Unavailable("too few replicas"),
        OverloadedErrorMessage(0, "overloaded", None),
    ],
)
def test_what_may_pass_by_itself_is_told_so(error: Exception) -> None:
    """Nodes that are down, slow or busy, and connections that break, are nothing that a client did wrong."""
    with pytest.raises(UnavailableError, match="the cluster cannot answer now"), store_errors():
        raise error


def test_the_driver_logs_no_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    """What the driver logs of an exception is one line and no error: what of it matters is raised."""
    error = NoHostAvailable("none", {"10.0.0.1:9042": "refused"})
    logging.getLogger("cassandra.cluster").error("Error preparing %s:", "query", exc_info=error)
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage() == "Error preparing query: no node answers; 10.0.0.1:9042: refused"


@pytest.mark.parametrize("error", [InvalidRequest("no such table"), UnsupportedOperation("too old")])
def test_what_does_not_pass_is_told_so(error: Exception) -> None:
    """What will be so the next time, too, is another error."""
    with pytest.raises(StoreError) as told, store_errors():
        raise error
    assert not isinstance(told.value, UnavailableError)
