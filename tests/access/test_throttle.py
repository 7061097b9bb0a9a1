"""How often a key may call an operation."""

import pytest

from spanglass.access.errors import ThrottledError
from spanglass.access.throttle import BUCKETS_MAX, Throttle


class Clock:
    """Stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(2.0, 3, clock)


def taken(throttle: Throttle, key_id: str = "a", operation: str = "ListSpans") -> int:
    """Take until there is none left, and return how many there were."""
    count = 0
    while True:
        try:
            throttle.take(key_id, operation)
        except ThrottledError:
            return count
        count += 1


def test_a_bucket_lets_a_burst_through_and_fills_up_again(throttle: Throttle, clock: Clock) -> None:
    """A burst goes through at once, then so many a second, and never more than a burst."""
    assert taken(throttle) == 3
    clock.now += 1
    assert taken(throttle) == 2
    clock.now += 0.4
    assert taken(throttle) == 0
    clock.now += 0.1
    assert taken(throttle) == 1
    clock.now += 3600
    assert taken(throttle) == 3


def test_the_wait_is_told(throttle: Throttle, clock: Clock) -> None:
    """Who waits as long as told gets through, in milliseconds, or rounded up to whole seconds."""
    assert taken(throttle) == 3
    with pytest.raises(ThrottledError) as raised:
        throttle.take("a", "ListSpans")
    assert (raised.value.retry_after_ms, raised.value.retry_after_seconds) == (501, 1)
    clock.now += raised.value.retry_after_ms / 1000
    throttle.take("a", "ListSpans")


def test_keys_and_operations_have_buckets_of_their_own(throttle: Throttle) -> None:
    """One key's calls of one operation take nothing from others."""
    assert taken(throttle) == 3
    assert taken(throttle, operation="GetSession") == 3
    assert taken(throttle, "b") == 3


def test_buckets_are_bounded(throttle: Throttle) -> None:
    """However many keys and operations there are, only so many buckets are held; the oldest goes first."""
    assert taken(throttle) == 3
    for number in range(BUCKETS_MAX):
        throttle.take(str(number), "ListSpans")
    assert len(throttle._buckets) == BUCKETS_MAX
    assert taken(throttle) == 3
