"""``make fuzz``: many generated requests to a server of its own, and what was wrong with its answers."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.runs import fuzzed

SHOWN_MAX = 20
LOGGED_CHARS_MAX = 500

parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
parser.add_argument("--requests", type=int, default=100_000)
parser.add_argument("--seed", type=int, default=int(time.time()))
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    started = time.monotonic()
    fuzz, logged = fuzzed(Path(folder), options.requests, options.seed)
for (face, status), count in sorted(fuzz.answered.items()):
    print(f"{face:16} {status or 'closed':>6} {count:8}")
print(f"{sum(fuzz.answered.values())} requests in {time.monotonic() - started:.0f} s, seed {options.seed}")
print(*fuzz.wrong[:SHOWN_MAX], *{line[-LOGGED_CHARS_MAX:] for line in logged}, sep="\n")
print(f"{len(fuzz.wrong)} answers wrong, {len(logged)} errors logged")
sys.exit(bool(fuzz.wrong or logged))
