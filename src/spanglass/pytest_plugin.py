"""The pytest plugin: fixtures, each in a line of a test.

def test_mine(list_spans_server):
    list_spans_server.add(...)
    my_code(endpoint_url=list_spans_server.endpoint_url)
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # what the plugin needs is imported by the tests that use it
    from collections.abc import Iterator

    from spanglass.testing.offline import Offline
    from spanglass.testing.serving import Server


@pytest.fixture
def list_spans_server() -> "Iterator[Server]":
    """Serve an empty double of QConnect on a loopback port; ``.client`` is a boto3 client of it."""
    from spanglass.testing.serving import serve  # noqa: PLC0415 (see above)

    with serve() as server:
        yield server


@pytest.fixture
def list_spans_offline() -> "Iterator[Offline]":
    """Answer the ``qconnect`` clients that the test makes from an empty double, without a port."""
    from spanglass.testing.offline import offline  # noqa: PLC0415 (see above)

    with offline() as asked:
        yield asked
