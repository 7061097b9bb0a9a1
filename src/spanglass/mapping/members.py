"""Members of a span, in two texts: what recurs over the spans of one role, and what is this span's alone."""

from typing import Final

import msgspec

from spanglass.conventions.plain import Plain, clean
from spanglass.conventions.readers import as_text
from spanglass.conventions.roles import SpanRole, is_timeout, provider, role_of
from spanglass.conventions.tokens import as_aws
from spanglass.mapping.fitting import fitted, without_stack
from spanglass.mapping.layout import Facts
from spanglass.mapping.text import legal_name
from spanglass.model.record import Members
from spanglass.telemetry import Span

CLIENT_KIND: Final = 3
SERVER_KIND: Final = 2
STATUS_ERROR: Final = 2
DESCRIPTION_CHARS_MAX: Final = 1024
REQUEST_ID_CHARS_MAX: Final = 256
EXCEPTION: Final = "exception"
"""The name of the event that records an exception."""
UNNAMED: Final = "span"
"""The spanName of a span that has neither a name nor an operation."""

_encode: Final = msgspec.json.Encoder().encode


def recurring(span: Span, facts: Facts) -> tuple[Members, dict[str, Plain]]:
    """Write what the spans of one role share, and return beside it what the service model does not admit."""
    does = role_of(facts.get("operation", ""))
    word = does or facts.get("operation")
    derived: Facts = {"operation_name": word} if word else {}
    if "provider_name" in facts:
        facts = facts | {"provider_name": provider(facts["provider_name"])}
    attributes, withheld = fitted(derived | facts)
    shown: dict[str, object] = {
        "spanName": legal_name(clean(span.name) or word or UNNAMED),
        "spanType": _span_type(span, does),
    }
    return Members(_members(shown), _members(attributes)), withheld


def is_named(span: Span) -> bool:
    """Tell whether the spanName is the span's name as it came."""
    return bool(span.name) and legal_name(span.name) == span.name


def _span_type(span: Span, does: SpanRole) -> str:
    """Return CLIENT and SERVER as they came; where the kind says nothing, what AWS shows for the role."""
    if span.kind == CLIENT_KIND:
        return "CLIENT"
    if span.kind == SERVER_KIND or (does == "invoke_agent" and not span.parent_span_id):
        return "SERVER"
    return "CLIENT" if does == "inference" else "INTERNAL"


class Failure(msgspec.Struct, frozen=True):
    """What became of a span: its status, and if it failed the class of the failure, what it and its exception say."""

    status: str = "OK"
    type: str = ""
    message: str = ""
    exception: str = ""


_FINE: Final = Failure()


def failure(span: Span, facts: Facts) -> Failure:
    """Return whether and how a span failed; the class of failure is error.type, else that of its last exception."""
    if span.status_code != STATUS_ERROR and "failed" not in facts:
        return _FINE if "error_type" not in facts else Failure(type=facts["error_type"])
    exception = next((event.attributes for event in reversed(span.events) if event.name == EXCEPTION), {})
    kind = facts.get("error_type") or as_text(exception.get("exception.type")) or ""
    late = is_timeout(kind, facts.get("http_status"), facts.get("grpc_status"))
    message = as_text(exception.get("exception.message")) or facts.get("failure_message", "")
    return Failure("TIMEOUT" if late else "ERROR", kind, clean(span.status_message).strip() or message, message)


def own(does: SpanRole, facts: Facts, failed: Failure, *, exclusive: bool) -> tuple[Members, dict[str, Plain]]:
    """Write what is one span's alone, and return beside it what the service model does not admit.

    Tokens stand on inferences only, so that a session's sum counts each once: agents repeat those of their calls.
    """
    span: dict[str, object] = {"status": failed.status}
    if failed.message:
        span["statusDescription"] = without_stack(failed.message)[:DESCRIPTION_CHARS_MAX]
    origin = facts.get("origin_request_id") or facts.get("provider_request_id") or facts.get("response_id")
    if origin:
        span["originRequestId"] = origin[:REQUEST_ID_CHARS_MAX]
    if failed.type:
        facts["error_type"] = failed.type
    shown, withheld = fitted(facts)
    attributes = _tokens(facts, exclusive=exclusive) | shown if does == "inference" else shown
    return Members(_members(span), _members(attributes)), withheld


def _tokens(facts: Facts, *, exclusive: bool) -> dict[str, object]:
    """Return the members that count tokens; cached ones that are zero are left out, as AWS leaves them out."""
    get = facts.get
    output, read, write = get("output_tokens"), get("cache_read_tokens"), get("cache_write_tokens")
    uncached, total = as_aws(get("input_tokens"), output, get("total_tokens"), read, write, exclusive=exclusive)
    members: dict[str, object] = {}
    if uncached is not None:
        members["usageInputTokens"] = uncached
    if output is not None:
        members["usageOutputTokens"] = output
    if total is not None:
        members["usageTotalTokens"] = total
    if read:
        members["cacheReadInputTokens"] = read
    if write:
        members["cacheWriteInputTokens"] = write
    return members


def _members(values: dict[str, object]) -> bytes:
    """Write members as JSON without braces."""
    return _encode(values)[1:-1]
