"""The sampling profiler: what it charges to which function."""

import threading
import time

from bench.sampling import Sampler


def spin(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_processor_time_goes_to_the_function_that_used_it() -> None:
    """A busy function is charged with its time and a waiting thread with none."""
    done = threading.Event()
    waiting = threading.Thread(target=done.wait, name="waiting")
    waiting.start()
    sampler = Sampler()
    sampler.start()
    spin(0.3)
    report = sampler.stop()
    done.set()
    waiting.join()
    own = {
        line.split("  ")[-1]: float(line.split()[0]) for line in report.partition("thread: line")[2].splitlines()[1:]
    }
    assert next(spent for name, spent in own.items() if "spin" in name) > 0.15
    assert not any(spent for name, spent in own.items() if name.startswith("waiting: "))
