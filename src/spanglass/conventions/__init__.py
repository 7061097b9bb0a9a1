"""How emitters write GenAI telemetry: one dialect a file, each a table from attribute to member and a few functions.

``DIALECTS`` is the order of precedence: where two dialects on one span fill one member, the first that says something
usable wins. A new dialect is a new file and a line here.
"""

from typing import Final

from spanglass.conventions import (
    aws,
    crewai,
    frameworks,
    gen_ai,
    gen_ai_indexed,
    google_adk,
    langfuse,
    langsmith,
    llama_index,
    openai_agents,
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
    crewai.DIALECT,  # its spans claim in the conventions' words to be agents that are crews and tasks
    google_adk.DIALECT,  # so do its spans that merge what tools answered
    llama_index.DIALECT,  # an instrumentation of it leaves calls of tools out of the conventions' messages
    gen_ai.DIALECT,  # the standard; other dialects' emitters are moving to it
    strands.DIALECT,  # frameworks, which know more of their own than instrumentations from outside
    pydantic_ai.DIALECT,
    openai_agents.DIALECT,
    openinference.DIALECT,  # instrumentations of frameworks and providers, in the order of how much they tell
    vercel.DIALECT,
    langsmith.DIALECT,
    langfuse.DIALECT,
    traceloop.DIALECT,
    gen_ai_indexed.DIALECT,  # older than all of the above where both are written
    aws.DIALECT,  # the service's side, which knows of no messages
    frameworks.DIALECT,  # no provider's names, so behind whatever tells one
)
