"""ListSpans offline in one line: a double of AWS's QConnect for the tests of code that reads spans.

``double.Double`` keeps sessions in memory and answers as the service does, over a port (``serving.serve``) or without
one (``offline.offline``). ``builders.Session`` and ``scenarios.SCENARIOS`` make sessions, ``faults.Faults`` breaks
answers, ``assertions`` looks at what was read, and ``replay`` keeps real answers. ``pytest_plugin`` has the fixtures.
"""

from spanglass.testing.assertions import (
    assert_no_errors,
    assert_tokens_under,
    assert_tools_called,
    read_spans,
    tokens_used,
    tools_called,
)
from spanglass.testing.builders import Session, Tool
from spanglass.testing.double import Double
from spanglass.testing.faults import Faults
from spanglass.testing.offline import offline
from spanglass.testing.replay import recorded, replayed
from spanglass.testing.scenarios import SCENARIOS
from spanglass.testing.serving import serve

__all__ = [
    "SCENARIOS",
    "Double",
    "Faults",
    "Session",
    "Tool",
    "assert_no_errors",
    "assert_tokens_under",
    "assert_tools_called",
    "offline",
    "read_spans",
    "recorded",
    "replayed",
    "serve",
    "tokens_used",
    "tools_called",
]
