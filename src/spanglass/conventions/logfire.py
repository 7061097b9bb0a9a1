"""Logfire's placeholders: a span that is exported as it begins, so that a trace can be seen while it runs.

A placeholder has an id of its own, is a child of the span that it stands for, begins with it and ends at once, and
tells that span's parent in an attribute
(https://github.com/pydantic/logfire/blob/main/logfire/_internal/exporters/processor_wrapper.py and ``tracer.py``).
"""

from typing import Final

import msgspec

from spanglass.telemetry import Span

SPAN_TYPE: Final = "logfire.span_type"
PENDING: Final = "pending_span"
PARENT: Final = "logfire.pending_parent_id"
_ID_BYTES: Final = 8


def is_placeholder(span: Span) -> bool:
    """Tell whether a span stands for another, which runs."""
    return span.attributes.get(SPAN_TYPE) == PENDING and bool(span.parent_span_id)


def stood_for(placeholder: Span) -> Span:
    """Return the running span that a placeholder stands for; of a parent that is not told it is a root."""
    told = placeholder.attributes.get(PARENT)
    try:
        parent = bytes.fromhex(told) if isinstance(told, str) else b""
    except ValueError:
        parent = b""
    return msgspec.structs.replace(
        placeholder,
        span_id=placeholder.parent_span_id,
        parent_span_id=parent if len(parent) == _ID_BYTES and any(parent) else b"",
        end_ns=0,
    )
