"""How fast AWS is asked."""

from spanglass.moving.pace import Pace


class Clock:
    """A clock that goes on only where somebody waits."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def passed(pace: Pace, clock: Clock, calls: int) -> float:
    """Return how long so many calls take."""
    before = clock.now
    for _ in range(calls):
        pace.wait()
    return clock.now - before


def test_calls_keep_the_pace() -> None:
    """So many a second in the long run, whatever a pause before."""
    clock = Clock()
    pace = Pace(10, clock=clock, sleep=clock.sleep)
    assert round(passed(pace, clock, 101), 6) == 10.0
    clock.now += 60
    assert round(passed(pace, clock, 1), 6) == 0
    assert round(passed(pace, clock, 100), 6) == 10.0


def test_a_fast_pace_is_kept_in_small_pieces() -> None:
    """A tenth of a second's calls may pass at once after a pause, no more."""
    clock = Clock()
    pace = Pace(1000, clock=clock, sleep=clock.sleep)
    clock.now += 60
    assert round(passed(pace, clock, 100), 6) == 0
    assert round(passed(pace, clock, 1000), 6) == 1.0
