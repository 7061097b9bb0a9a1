"""How often tests do what is done again and again: as often as a commit can wait for, or so many times that."""

import os
from typing import Final

EFFORT: Final = max(1, int(os.environ.get("EFFORT", "1")))
"""``make test-long`` sets it to four."""
