"""How emitters write GenAI telemetry: one dialect a file, each a table from attribute to member and a few functions.

``DIALECTS`` is the order of precedence: where two dialects on one span fill one member, the first that says something
usable wins. A new dialect is a new file and a line here.
"""

from typing import Final

from spanglass.conventions import (
    gen_ai,
    gen_ai_indexed,
    openinference,
    pydantic_ai,
    spanglass,
    strands,
    traceloop,
    vercel,
)
from spanglass.conventions.dialect import Dialect

DIALECTS: Final[tuple[Dialect, ...]] = (
    spanglass.DIALECT,  # whoever writes our own attributes means them
    gen_ai.DIALECT,  # the standard; other dialects' emitters are moving to it
    strands.DIALECT,
    pydantic_ai.DIALECT,
    openinference.DIALECT,
    traceloop.DIALECT,
    gen_ai_indexed.DIALECT,
    vercel.DIALECT,
)
