"""What boto3 reads of a session, drawn as a tree by parentSpanId."""

import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from rich.text import Text
from rich.tree import Tree

_STYLES = {"OK": "green", "ERROR": "bold red", "TIMEOUT": "bold yellow"}
_TEXT_CHARS = 96


def session_trees(url: str) -> Iterator[Tree]:
    """List the sessions, read each with boto3's paginator, and yield a tree a session, newest first."""
    client = boto3.client(
        "qconnect", endpoint_url=url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    with urllib.request.urlopen(f"{url}/api/sessions") as answer:  # noqa: S310 (http, on loopback)
        sessions = json.load(answer)["sessions"]
    for session in sessions:
        pages = client.get_paginator("list_spans").paginate(
            assistantId=session["assistantId"], sessionId=session["sessionId"]
        )
        yield _tree(session, [span for page in pages for span in page["spans"]])


def _tree(session: dict[str, Any], spans: list[dict[str, Any]]) -> Tree:
    title = Text.assemble((session["assistantName"], "bold"), "  session ", (session["sessionId"], "cyan"))
    children = defaultdict(list)
    known = {span["spanId"] for span in spans}
    for span in spans:
        parent = span.get("parentSpanId")
        children[parent if parent in known else None].append(span)
    tree = Tree(title)
    _grow(tree, None, children)
    return tree


def _grow(tree: Tree, parent: str | None, children: dict[str | None, list[dict[str, Any]]]) -> None:
    for span in children[parent]:
        branch = tree.add(_line(span))
        for message in span["attributes"].get("outputMessages", []):
            for value in message["values"]:
                branch.add(Text(_shown(value), style="dim", no_wrap=True, overflow="ellipsis"))
        _grow(branch, span["spanId"], children)


def _line(span: dict[str, Any]) -> Text:
    attributes = span["attributes"]
    seconds = (span["endTimestamp"] - span["startTimestamp"]).total_seconds()
    tokens = attributes.get("usageTotalTokens")
    return Text.assemble(
        (attributes.get("operationName", "span"), "bold"),
        f"  {span['spanName']}",
        (f"  {seconds * 1000:,.0f} ms", "dim"),
        (f"  {tokens:,} tokens", "dim") if tokens else "",
        "  ",
        (span["status"], _STYLES[span["status"]]),
        f"  {attributes['errorType']}" if "errorType" in attributes else "",
    )


def _shown(value: dict[str, Any]) -> str:
    ((kind, content),) = value.items()
    match kind:
        case "toolUse":
            text = f"→ {content['name']}({json.dumps(content['arguments'], ensure_ascii=False)})"
        case "toolResult":
            results = " ".join(_shown(inner) for inner in content["values"])
            text = f"← {content.get('error') or results}"
        case "reasoning":
            text = f"(thinks) {content['value']}"
        case _:
            text = content["value"]
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_CHARS else line[: _TEXT_CHARS - 1] + "…"
