"""A client of QConnect as boto3's is one, which reads ListSpans several times faster.

``blocking.Client`` is botocore's own client in all but one step, which ``pages`` does in its place; ``spans`` has the
types that a page can be read as instead. ``asynchronous.AsyncClient`` is the same for programs with an event loop.
"""

try:
    import botocore  # noqa: F401 (told apart from what else may be missing)
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "spanglass.Client needs botocore: pip install 'spanglass[client]'", name="botocore"
    ) from error

from spanglass.client.asynchronous import AsyncClient
from spanglass.client.blocking import Client
from spanglass.client.pages import accelerate
from spanglass.client.spans import (
    GuardrailPolicyResult,
    Span,
    SpanAttributes,
    SpanGuardrailAssessment,
    SpanMessage,
    SpanMessageValue,
    SpanPage,
    SpanToolResultValue,
)

__all__ = [
    "AsyncClient",
    "Client",
    "GuardrailPolicyResult",
    "Span",
    "SpanAttributes",
    "SpanGuardrailAssessment",
    "SpanMessage",
    "SpanMessageValue",
    "SpanPage",
    "SpanToolResultValue",
    "accelerate",
]
