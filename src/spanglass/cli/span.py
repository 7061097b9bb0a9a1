"""``spanglass span``: one span, what it heard and said, and all else that is known of it."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import UNSET

from spanglass.answers import SpanPage, WholeSpan
from spanglass.cli.figures import duration, moment, money
from spanglass.cli.output import STATUS_STYLES, Output
from spanglass.cli.reading import reads
from spanglass.cli.said import INDENT, tell_message, tell_values
from spanglass.cli.visible import one_line, visible
from spanglass.traces import NotFoundError, Traces

SAID: Final = {"inputMessages", "outputMessages", "systemInstructions"}
TOKENS: Final = {
    "usageInputTokens": "input",
    "cacheReadInputTokens": "cache read",
    "cacheWriteInputTokens": "cache write",
    "usageOutputTokens": "output",
    "usageTotalTokens": "total",
}
TOLD: Final = {"operationName", "errorType", "timeToFirstTokenMs", *SAID, *TOKENS}
"""Members that have a place of their own."""


@reads
def span(
    span_id: Annotated[str, typer.Argument(metavar="ID", help="Its spanId, or its id in OpenTelemetry.")],
    *,
    session: Annotated[
        str | None,
        typer.Option(metavar="SESSION", help="The session that it is in; then the beginning of its spanId will do."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--all", "-a", help="Show also what a call repeats of the call before it.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print it as ListSpans gives it.")] = False,
    traces: Traces,
    output: Output,
) -> None:
    """Show one span: what it heard and said, its parameters, tokens and attributes.

    --json prints it whole, as the JSON API has it. The exit code is 1 where there is no such span.

    Examples:
      spanglass span 5f0c9d52-1f43-5d3e-8f6b-1f0e6f1b2a77

      spanglass span 5f0c --session order-7 --raw
    """
    page = traces.span(span_id, session=session)
    if raw:
        if page.raw is UNSET:
            raise NotFoundError(f"{page.span.span_id} has not ended, so ListSpans does not give it")
        output.indented(page.raw)
    elif output.json:
        output.document(page)
    else:
        _tell(page, output, whole=whole)


def _tell(page: SpanPage, output: Output, *, whole: bool) -> None:
    told = page.span
    attributes = told.attributes
    status = "RUNNING" if told.end_timestamp is UNSET else told.status
    operation = attributes.operation_name or ""
    rest = one_line(told.span_name).removeprefix(operation).strip()
    title = [(one_line(operation), "bold"), " " if operation and rest else "", rest]
    output.line(*title, "  ", (status, STATUS_STYLES[status]))
    facts = [each for each in _facts(page) if each[1]]
    columns = max(len(label) for label, _, _ in facts)
    for label, value, style in facts:
        output.line((f"{label:<{columns}}  ", "dim"), (value, style))
    if attributes.system_instructions:
        _heading("instructions", output)
        rest_of_them = told.system_instructions_rest
        tell_values([*attributes.system_instructions, *([] if rest_of_them is UNSET else rest_of_them)], output, INDENT)
    heard = attributes.input_messages or []
    known = 0 if whole or page.previous is UNSET else page.previous.inputs
    if heard[known:] or known:
        again = f"{known} more that the call before had, too; --all shows them" if known else ""
        _heading("heard", output, again)
        _tell_messages(heard[known:], output)
    if attributes.output_messages:
        _heading("said", output)
        _tell_messages(attributes.output_messages, output)
    if page.unclaimed:
        _heading("attributes that became nothing else", output)
        for name, value in page.unclaimed.items():
            output.line(" " * INDENT, (visible(name), "dim"), f"  {_short(value)}")


def _tell_messages(messages: Sequence[Any], output: Output) -> None:
    for message in messages:
        tell_message(message, output)


def _heading(text: str, output: Output, more: str = "") -> None:
    output.line()
    output.line((text, "bold underline"), (f"  {more}" if more else "", "dim"))


def _facts(page: SpanPage) -> Iterator[tuple[str, str, str]]:
    """Yield what is known of a span beside what was said: a label, a value and its style."""
    span = page.span
    members = msgspec.to_builtins(span.attributes)
    told = (span.attributes.error_type or UNSET, span.status_description)
    reasons = [one_line(each) for each in told if each is not UNSET]
    if reasons:
        yield "why", ": ".join(reasons), STATUS_STYLES["OK" if span.status == "OK" else span.status]
    yield from _times(span, members)
    counts = [f"{label} {members[name]:,}" for name, label in TOKENS.items() if name in members]
    if counts:
        cost = "" if page.cost is UNSET else f"  {money(page.cost)}"
        yield "tokens", f"{'  '.join(counts)}{cost}", ""
    for name, value in members.items():
        if name not in TOLD:
            yield name, _short(value), ""
    yield "span", span.span_id, ""
    yield "parent", "" if span.parent_span_id is UNSET else span.parent_span_id, ""
    yield "session", f"{span.assistant_id}/{span.session_id}", ""
    yield "request", span.request_id, ""


def _times(span: WholeSpan, members: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield "started", moment(span.start_timestamp), ""
    if span.end_timestamp is not UNSET:
        first = f"  first token after {members['timeToFirstTokenMs']:,} ms" if "timeToFirstTokenMs" in members else ""
        yield "took", duration((span.end_timestamp - span.start_timestamp) * 1000) + first, ""


def _short(value: object) -> str:
    return one_line(value if isinstance(value, str) else msgspec.json.encode(value).decode())
