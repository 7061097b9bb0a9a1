"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.cassandra.network import loopback
from tests.cassandra.node import PATIENT, Node, install, missing
from tests.effort import EFFORT

TESTS: Final = Path(__file__).parent

os.environ.pop("COLUMNS", None)  # xdist tells its workers a width, which commands under test would heed
settings.register_profile(
    "spanglass",
    max_examples=50 * EFFORT,
    deadline=None,  # timings decide nothing: machines differ and are shared
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,  # a chance find should not stop what it has nothing to do with
)
settings.load_profile("spanglass")


def pytest_runtest_setup() -> None:
    """Forget how an earlier test had logs set up, or silenced."""
    structlog.reset_defaults()


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, which is what serves."""
    return "asyncio"


@pytest.fixture(scope="session")
def cassandra_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Return a Cassandra that runs to the end of all tests."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    install()
    with Node(tmp_path_factory.mktemp("cassandra"), loopback(1)[0].host, settings=PATIENT) as node:
        yield node


PURE: Final = frozenset({"model", "conventions", "masking", "mapping"})
"""The packages whose tests cover them whole, without examples that are drawn."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs Cassandra in one process, which starts it once; mark what coverage is measured by."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in PURE and not is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.pure)
        if isinstance(item, pytest.Function) and cassandra_node.__name__ in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("cassandra"))
