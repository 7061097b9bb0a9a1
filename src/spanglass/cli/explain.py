"""``spanglass explain``: what became of each attribute of a span."""

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from spanglass.app import open_store
from spanglass.config import Config, listed
from spanglass.mapping import Mapper
from spanglass.mapping.explain import explain, explain_record
from spanglass.mapping.identity import span_uuid
from spanglass.model.explanation import Claimed, Explanation
from spanglass.model.place import parse_uuid
from spanglass.otlp.codec import decode_protobuf
from spanglass.otlp.errors import RequestError
from spanglass.otlp.json_codec import decode_json

OTEL_SPAN_ID_CHARS = 16
"""Hexadecimal digits of a span id as OpenTelemetry writes it."""
PIPED_COLUMNS = 200
"""Width where the output is no terminal."""


class NotFoundError(Exception):
    """There is nothing to explain; the message says what was looked for."""


def explain_command(
    target: Annotated[str, typer.Argument(metavar="FILE|SPAN", help="An OTLP export, or the id of a stored span.")],
    *,
    store: Annotated[
        str | None, typer.Option(help="Where the span is kept: sqlite:///PATH.", show_default="sqlite:///spanglass.db")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, an object a line.")] = False,
) -> None:
    """Tell which dialect claims which attribute of a span, what became of it, and what nobody claims.

    FILE is the body of an OTLP trace export, protobuf or JSON: all of its spans are explained. SPAN is a spanId of
    ListSpans, or TRACE:SPAN as OpenTelemetry writes them, of a span in the store.

    Example: spanglass explain export.pb
    """
    path, config = Path(target), Config.from_environment({"store": store})
    found = _of_file(path, config) if path.is_file() else _of_store(target, config)
    for explanation in found:
        if as_json:
            sys.stdout.write(msgspec.json.encode(explanation).decode() + "\n")
        else:
            _show(explanation)


def _of_file(path: Path, config: Config) -> Iterator[Explanation]:
    limits, sessions = config.limits, listed(config.session_attributes)
    body = path.read_bytes()
    decode = decode_json if body.lstrip().startswith(b"{") else decode_protobuf
    try:
        spans = decode(body, limits).spans
    except RequestError as error:
        raise NotFoundError(f"{path}: no OTLP export of traces: {error}") from None
    if not spans:
        raise NotFoundError(f"{path}: no spans in it")
    mapper = Mapper(
        memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max, sessions=sessions
    )
    records = {record.span_id: record for part in mapper.parts(spans) for record in part.spans}
    return (explain(span, records[span_uuid(span.trace_id, span.span_id)], sessions) for span in spans)


def _of_store(target: str, config: Config) -> Iterator[Explanation]:
    span_id = _span_id(target)
    if span_id is None:
        raise NotFoundError(f"{target}: neither a file nor the id of a span")
    opened = open_store(config.store, config.limits)
    try:
        found = opened.span(span_id)
    finally:
        opened.close()
    if found is None:
        raise NotFoundError(f"{target}: no such span in {config.store}")
    yield explain_record(found[1], listed(config.session_attributes))


def _span_id(target: str) -> bytes | None:
    if (parsed := parse_uuid(target)) is not None:
        return parsed.bytes
    trace, _, span = target.partition(":")
    try:
        return span_uuid(uuid.UUID(trace).bytes, bytes.fromhex(span)) if len(span) == OTEL_SPAN_ID_CHARS else None
    except ValueError:
        return None


def _show(explanation: Explanation) -> None:
    console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else PIPED_COLUMNS)
    console.print(f"{explanation.name}  {explanation.trace_id}:{explanation.span_id}", style="bold", soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("attribute", no_wrap=True)
    table.add_column("becomes", overflow="fold")
    table.add_column("dialect", no_wrap=True, style="dim")
    for claim in explanation.claims:
        made = " (made of others)" if claim.made else ""
        table.add_row(claim.attribute + made, _becomes(claim), claim.dialect, style="" if _is_used(claim) else "dim")
    console.print(table)
    said = ", ".join(f"{count} {kind}" for kind, count in explanation.messages.items() if count)
    console.print(f"messages: {said or 'none'}")
    console.print(f"members: {msgspec.json.encode(explanation.members).decode()}", soft_wrap=True)
    if explanation.withheld:
        console.print(f"withheld: {msgspec.json.encode(explanation.withheld).decode()}", soft_wrap=True)
    console.print()


def _is_used(claim: Claimed) -> bool:
    return claim.outcome in {"used", "part"}


def _becomes(claim: Claimed) -> str:
    return {
        "used": claim.member,
        "outranked": f"{claim.member}, but {claim.by} stands before it",
        "unusable": f"{claim.member}, but says nothing usable",
        "part": f"part of {claim.by}",
        "kept": "claimed by nobody, kept verbatim",
    }[claim.outcome]
