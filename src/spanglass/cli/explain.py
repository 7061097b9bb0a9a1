"""``spanglass explain``: what became of each attribute of a span."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec import UNSET

from spanglass.answers import Claim, Explanation
from spanglass.cli.output import Column, Output
from spanglass.cli.reading import reads
from spanglass.cli.visible import one_line, visible
from spanglass.config import Config, listed
from spanglass.mapping import Mapper
from spanglass.mapping.explain import explain as explain_span
from spanglass.mapping.identity import span_uuid
from spanglass.model.place import parse_uuid
from spanglass.otlp.codec import decode_protobuf
from spanglass.otlp.errors import RequestError
from spanglass.otlp.json_codec import decode_json
from spanglass.traces import NotFoundError, ReadError, Traces
from spanglass.viewer.spans import explained

OTEL_SPAN_ID_CHARS: Final = 16
"""Hexadecimal digits of a span id as OpenTelemetry writes it."""
COLUMNS: Final = (Column("attribute"), Column("becomes", least=30), Column("dialect", rank=1))
UNUSED: Final = "dim"


@reads
def explain(
    target: Annotated[str, typer.Argument(metavar="FILE|SPAN", help="An OTLP export, or the id of a span.")],
    *,
    opening: Callable[[], Traces],
    output: Output,
) -> None:
    """Tell which dialect claims which attribute of a span, what became of it, and what nobody claims.

    FILE is the body of an OTLP trace export, protobuf or JSON: all of its spans are explained. SPAN is a spanId of
    ListSpans, or TRACE:SPAN as OpenTelemetry writes them. --json prints a span a line.

    Examples:
      spanglass explain export.pb

      spanglass explain 5b8efff798038103d269b633813fc60c:eee19b7ec3c1b174
    """
    path = Path(target)
    for explanation in _of_file(path) if path.is_file() else _of_span(target, opening):
        if output.json:
            output.document(explanation)
        else:
            _show(explanation, output)


def _of_file(path: Path) -> Iterator[Explanation]:
    config = Config.from_environment()
    limits, sessions = config.limits, listed(config.session_attributes)
    body = path.read_bytes()
    decode = decode_json if body.lstrip().startswith(b"{") else decode_protobuf
    try:
        spans = decode(body, limits).spans
    except RequestError as error:
        raise ReadError(f"{path}: no OTLP export of traces: {error}") from None
    if not spans:
        raise NotFoundError(f"{path}: no spans in it")
    mapper = Mapper(
        memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max, sessions=sessions
    )
    records = {record.span_id: record for part in mapper.parts(spans) for record in part.spans}
    for span in spans:
        record = records.get(span_uuid(span.trace_id, span.span_id))
        if record is not None:  # else it carries a span in ListSpans's shape, of which there is nothing to explain
            yield explained(explain_span(span, record, sessions))


def _of_span(target: str, opening: Callable[[], Traces]) -> Iterator[Explanation]:
    with opening() as traces:
        yield traces.explanation(_span_id(target))


def _span_id(target: str) -> str:
    """Return what may be the id of a span, of OpenTelemetry's of a trace and a span the spanId.

    Raises:
        ReadError: It is none.
    """
    trace, _, span = target.rpartition(":")
    try:
        if trace and len(span) == OTEL_SPAN_ID_CHARS:
            return str(uuid.UUID(bytes=span_uuid(uuid.UUID(trace).bytes, bytes.fromhex(span))))
        if parse_uuid(target) is not None or len(bytes.fromhex(target)) == OTEL_SPAN_ID_CHARS // 2:
            return target
    except ValueError:
        pass
    raise ReadError(f"{target}: neither a file nor the id of a span")


def _show(explanation: Explanation, output: Output) -> None:
    output.line((one_line(explanation.name), "bold"), f"  {explanation.trace_id}:{explanation.otel_span_id}")
    output.table(COLUMNS, map(_row, explanation.claims), [_style(claim) for claim in explanation.claims])
    counts = msgspec.structs.asdict(explanation.messages)
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    output.text(f"messages: {said or 'none'}")
    output.text(f"members: {msgspec.json.encode(explanation.members).decode()}")
    if explanation.withheld:
        output.text(f"withheld: {msgspec.json.encode(explanation.withheld).decode()}")
    output.line()


def _row(claim: Claim) -> list[str]:
    made = " (made of others)" if claim.made else ""
    return [visible(claim.attribute) + made, visible(_becomes(claim)), claim.dialect or ""]


def _style(claim: Claim) -> str:
    return "" if claim.outcome in {"used", "part"} else UNUSED


def _becomes(claim: Claim) -> str:
    member = "" if claim.member is UNSET else claim.member
    return {
        "used": member,
        "outranked": f"{member}, but {claim.by} stands before it",
        "unusable": f"{member}, but says nothing usable",
        "part": f"part of {claim.by}",
        "kept": "claimed by nobody, kept verbatim",
    }[claim.outcome]
