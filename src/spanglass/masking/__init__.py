"""Masking: what looks like a secret is replaced on its way in, before anything of it is stored or logged.

``rules`` are the built-in rules, a table; ``patterns`` reads those of the user's own; ``masker`` applies both to
telemetry. A masked text is a function of the text alone, so what comes twice is still recognised.
"""

from spanglass.masking.masker import Masker, Masks
from spanglass.masking.patterns import read_patterns
from spanglass.masking.rules import RULES

__all__ = ["RULES", "Masker", "Masks", "read_patterns"]
