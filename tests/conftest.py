"""What all tests share."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "spanglass",
    deadline=None,  # timings decide nothing: machines differ and are shared
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,  # a chance find should not stop what it has nothing to do with
)
settings.load_profile("spanglass")


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, which is what serves."""
    return "asyncio"
