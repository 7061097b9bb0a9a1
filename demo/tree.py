"""What boto3 reads of a session, drawn as a tree by parentSpanId."""

import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from rich.text import Text

Span: TypeAlias = dict[str, Any]
"""A span as boto3 returns it."""

TELLING = frozenset({"inference", "execute_tool"})
"""Operations whose messages are drawn; agents repeat those of their calls."""
FIGURES_COLUMNS = 33
"""Columns of what stands at the right of a span: tokens, time, status."""
STATUS_STYLES = {"OK": "dim", "ERROR": "bold red", "TIMEOUT": "bold red"}


def sessions(url: str, width: int) -> Iterator[list[Text]]:
    """Read each session with boto3's paginator and yield it as lines of at most ``width`` columns, newest first."""
    client = boto3.client(
        "qconnect", endpoint_url=url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    with urllib.request.urlopen(f"{url}/api/sessions") as answer:  # noqa: S310 (http, on loopback)
        listed = json.load(answer)["sessions"]
    for session in listed:
        pages = client.get_paginator("list_spans").paginate(
            assistantId=session["assistantId"], sessionId=session["sessionId"]
        )
        yield _drawn(session, [span for page in pages for span in page["spans"]], width)


def _drawn(session: dict[str, Any], spans: list[Span], width: int) -> list[Text]:
    title = Text.assemble((session["assistantName"], "bold"), f"   session {session['sessionId']}")
    children: dict[str | None, list[Span]] = defaultdict(list)
    known = {span["spanId"] for span in spans}
    for span in spans:
        parent = span.get("parentSpanId")
        children[parent if parent in known else None].append(span)
    lines = [title, *_branches(children, None, "", width)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _branches(children: dict[str | None, list[Span]], parent: str | None, guide: str, width: int) -> Iterator[Text]:
    """Draw the spans below one; ``guide`` is what stands before them."""
    spans = children[parent]
    for span in spans:
        last = span is spans[-1]
        inner = guide + ("   " if last else "│  ")
        name, figures = _name(span, guide + ("└─ " if last else "├─ ")), _figures(span)
        name.truncate(width - FIGURES_COLUMNS, overflow="ellipsis", pad=True)
        yield name + figures
        for word, said in _said(span):
            style = "red" if word == "fails" else ""
            yield Text.assemble((f"{inner}{'│' if children[span['spanId']] else ' '}  {word:<8}", "dim"), (said, style))
        yield from _branches(children, span["spanId"], inner, width)


def _name(span: Span, guide: str) -> Text:
    """Name a span by its operation, then by what its own name adds to that."""
    operation, name = span["attributes"].get("operationName", ""), span["spanName"]
    rest = name.removeprefix(operation).strip() if operation else name
    return Text.assemble((guide, "dim"), (operation, "bold"), " " if operation and rest else "", rest)


def _figures(span: Span) -> Text:
    milliseconds = (span["endTimestamp"] - span["startTimestamp"]).total_seconds() * 1000
    tokens = span["attributes"].get("usageTotalTokens")
    told = f"{tokens:,} tokens" if tokens else ""
    status = span["status"]
    return Text.assemble((f"{told:>13}{milliseconds:>8,.0f} ms  ", "dim"), (status, STATUS_STYLES[status]))


def _said(span: Span) -> Iterator[tuple[str, str]]:
    """Yield what was said in a span, each with a word for what it is; of its inputs only a question just asked."""
    attributes = span["attributes"]
    if span["status"] != "OK":
        yield "fails", ": ".join(filter(None, (attributes.get("errorType"), span.get("statusDescription"))))
    if attributes.get("operationName") not in TELLING:
        return
    asked = attributes.get("inputMessages", [])[-1:]
    said = attributes.get("outputMessages", [])
    for message in asked if asked and asked[0]["participant"] == "CUSTOMER" else []:
        yield from (("asks", _line(value)) for value in message["values"])
    for message in said:
        yield from ((_word(value), _line(value)) for value in message["values"])


def _word(value: dict[str, Any]) -> str:
    (kind,) = value
    return {"text": "says", "reasoning": "thinks", "toolUse": "calls", "toolResult": "returns"}[kind]


def _line(value: dict[str, Any]) -> str:
    """Put a value on one line."""
    ((kind, content),) = value.items()
    if kind == "toolUse":
        return f"{content['name']}({json.dumps(content['arguments'], ensure_ascii=False)})"
    if kind == "toolResult":
        return " ".join(_line(inner) for inner in content["values"])
    return " ".join(content["value"].split())
